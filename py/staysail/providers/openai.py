from ..wire.format import Provider, Service
from ..wire.responses import ResponsesDialect

PROVIDER = Provider(
    "openai",
    "https://api.openai.com/v1",
    chat="responses",
    dialect=ResponsesDialect(),
    services={
        "embeddings": Service(batch=2048, batch_bytes=600_000),
        "transcription": Service(),
        "images": Service(),
        "speech": Service(),
        "models": Service(),
    },
    key_env="OPENAI_API_KEY",
    key_url="https://platform.openai.com/api-keys",
    page_note="a wrong key looks like a network failure: its 401 has no CORS header",
)
