from ..wire.chat import ChatDialect
from ..wire.format import Provider

PROVIDER = Provider(
    "vllm",
    "http://127.0.0.1:8000/v1",
    dialect=ChatDialect(echo=True),
    key_env="VLLM_API_KEY",
    key_needed=False,
    page="setting",
    page_note="start it with --allowed-origins",
)
