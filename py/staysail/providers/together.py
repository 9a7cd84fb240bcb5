from ..wire.chat import ECHO_ALL, ChatDialect
from ..wire.format import Provider, Service

PROVIDER = Provider(
    "together",
    "https://api.together.xyz/v1",
    dialect=ChatDialect(echo=ECHO_ALL, reasoning="effort", files=""),
    services={"embeddings": Service(batch=128), "models": Service(form="bare")},
    label="Together",
    key_env="TOGETHER_API_KEY",
    key_url="https://api.together.ai/settings/api-keys",
)
