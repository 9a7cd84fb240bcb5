from ..wire.chat import ChatDialect
from ..wire.format import Provider, Service
from ..wire.schemas.rules import AZURE
from .openai import MODELS as OPENAI_MODELS

PROVIDER = Provider(
    "azure",
    # An address of one deployment works too: …/openai/deployments/<name>?api-version=<date>
    "https://<resource>.openai.azure.com/openai/v1",
    dialect=ChatDialect(max_tokens="max_completion_tokens", strict=True, reasoning="effort"),
    models=OPENAI_MODELS,
    services={"embeddings": Service(batch=2048, batch_bytes=600_000), "transcription": Service(), "models": Service()},
    auth="api-key",
    label="Azure OpenAI",
    key_env="AZURE_OPENAI_API_KEY",
    key_url="https://portal.azure.com",
    base_needed=True,
    schemas=AZURE,
)
