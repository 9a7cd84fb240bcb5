from ..wire.chat import ChatDialect
from ..wire.format import Provider, Service

PROVIDER = Provider(
    "mistral",
    "https://api.mistral.ai/v1",
    dialect=ChatDialect(
        required="any",
        echo=True,
        usage_option=False,
        strict=True,
        files="document_url",
        audio="base64",
        longest_id=16,
    ),
    services={
        "embeddings": Service(batch=256, batch_bytes=32_000),
        "transcription": Service(),
        "models": Service(),
    },
    key_env="MISTRAL_API_KEY",
    key_url="https://console.mistral.ai/api-keys",
)
