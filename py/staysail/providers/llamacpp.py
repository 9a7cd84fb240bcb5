from ..wire.chat import ECHO_ALL, ChatDialect
from ..wire.format import Provider, Service
from ..wire.schemas.rules import GRAMMAR, SchemaSupport

PROVIDER = Provider(
    "llamacpp",
    "http://127.0.0.1:8080/v1",
    dialect=ChatDialect(echo=ECHO_ALL, reasoning="template"),
    services={"embeddings": Service(), "rerank": Service(path="rerank"), "models": Service()},
    label="llama.cpp",
    examples=("default",),
    key_env="LLAMACPP_API_KEY",
    key_needed=False,
    page="setting",
    page_note="llama-server allows any page by default",
    schemas=SchemaSupport(tools=GRAMMAR, output=GRAMMAR),
)
