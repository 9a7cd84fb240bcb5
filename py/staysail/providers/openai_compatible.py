from ..wire.chat import ECHO_ALL, ChatDialect
from ..wire.format import Provider, Service

PROVIDER = Provider(
    "openai-compatible",
    "http://127.0.0.1:8000/v1",
    dialect=ChatDialect(echo=ECHO_ALL, reasoning="effort"),
    services={
        "embeddings": Service(batch=2048),
        "rerank": Service(path="rerank"),
        "transcription": Service(),
        "images": Service(),
        "speech": Service(),
        "models": Service(),
    },
    label="OpenAI-compatible server",
    key_env="OPENAI_COMPATIBLE_API_KEY",
    key_needed=False,
    base_needed=True,
    page="setting",
    page_note="its server has to allow requests of pages (CORS)",
)
