from ..wire.chat import ChatDialect
from ..wire.format import Provider

PROVIDER = Provider(
    "openai-compatible",
    "http://127.0.0.1:8000/v1",
    dialect=ChatDialect(echo=True),
    key_env="OPENAI_COMPATIBLE_API_KEY",
    key_needed=False,
    base_needed=True,
    page="setting",
    page_note="whatever its server allows",
)
