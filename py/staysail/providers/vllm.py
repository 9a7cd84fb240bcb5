from ..wire.chat import ECHO_ALL, ChatDialect
from ..wire.format import Provider, Service

PROVIDER = Provider(
    "vllm",
    "http://127.0.0.1:8000/v1",
    dialect=ChatDialect(echo=ECHO_ALL, reasoning="template"),
    services={"embeddings": Service(), "rerank": Service(path="rerank"), "models": Service()},
    key_env="VLLM_API_KEY",
    key_needed=False,
    page="setting",
    page_note="start it with --allowed-origins",
)
