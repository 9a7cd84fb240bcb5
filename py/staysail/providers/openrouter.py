from ..wire.chat import ChatDialect
from ..wire.format import Provider, Service
from ..wire.schemas.rules import OPENAI_STRICT, SchemaSupport

PROVIDER = Provider(
    "openrouter",
    "https://openrouter.ai/api/v1",
    dialect=ChatDialect(
        echo=("reasoning_content", "reasoning", "reasoning_details"),
        usage_option=False,
        strict=True,
        reasoning="object",
        hosted="openrouter",
    ),
    hosted=("web_search", "web_fetch", "image_generation", "advisor"),
    services={
        "embeddings": Service(batch=2048, batch_bytes=600_000),
        "rerank": Service(path="rerank"),
        "transcription": Service(form="openrouter"),
        "images": Service(form="openrouter"),
        "speech": Service(),
        "models": Service(),
    },
    label="OpenRouter",
    examples=("openai/gpt-6-luna", "anthropic/claude-haiku-5.5", "google/gemini-3.8-flash"),
    key_env="OPENROUTER_API_KEY",
    key_url="https://openrouter.ai/settings/keys",
    schemas=SchemaSupport(strict=OPENAI_STRICT),
)
