from ..wire.chat import ECHO_ALL, ChatDialect
from ..wire.format import Provider, Service
from ..wire.schemas.rules import GRAMMAR, SchemaSupport

PROVIDER = Provider(
    "lmstudio",
    "http://127.0.0.1:1234/v1",
    dialect=ChatDialect(echo=ECHO_ALL, reasoning="effort"),
    services={"embeddings": Service(), "models": Service()},
    label="LM Studio",
    key_env="LMSTUDIO_API_KEY",
    key_needed=False,
    page="setting",
    page_note="switch on “Enable CORS” in the server's settings",
    schemas=SchemaSupport(tools=GRAMMAR, output=GRAMMAR),
)
