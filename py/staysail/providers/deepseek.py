from ..wire.chat import ChatDialect
from ..wire.format import Provider, Service

PROVIDER = Provider(
    "deepseek",
    "https://api.deepseek.com",
    dialect=ChatDialect(output="json_object", echo=True),
    services={"models": Service()},
    key_env="DEEPSEEK_API_KEY",
    key_url="https://platform.deepseek.com/api_keys",
)
