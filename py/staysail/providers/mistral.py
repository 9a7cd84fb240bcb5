"""Mistral. Reasoning: https://docs.mistral.ai/capabilities/reasoning"""

from ..core.ports import ReasoningTraits
from ..wire.chat import ChatDialect
from ..wire.format import Provider, Service
from ..wire.schemas.rules import OPENAI_STRICT, SchemaSupport

PROVIDER = Provider(
    "mistral",
    "https://api.mistral.ai/v1",
    dialect=ChatDialect(
        required="any",
        echo=("parts",),
        usage_option=False,
        strict=True,
        files="document_url",
        audio="base64",
        longest_id=16,
        reasoning="effort",
    ),
    models=(
        (r"magistral", {"reasoning": ReasoningTraits((), by_default=True)}),
        (r"glm-", {"reasoning": ReasoningTraits(("low", "high", "max"), by_default=True)}),
        (
            r"mistral-(small(?!-2[0-5])|medium(?!-2[0-5])|large-4)|devstral|vibe|code-agent",
            {"reasoning": ReasoningTraits(("none", "high"))},
        ),
        (r"", {"reasoning": ReasoningTraits()}),
    ),
    services={
        "embeddings": Service(batch=256, batch_bytes=32_000),
        "transcription": Service(),
        "models": Service(),
        "speech": Service(form="mistral"),
        "ocr": Service(form="mistral"),
        "files": Service(),
        "batches": Service(form="mistral"),
    },
    label="Mistral",
    examples=("mistral-small-latest", "mistral-large-latest"),
    key_env="MISTRAL_API_KEY",
    key_url="https://console.mistral.ai/api-keys",
    hosted_at="mistral-conversations",
    schemas=SchemaSupport(strict=OPENAI_STRICT),
)
