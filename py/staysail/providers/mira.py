from ..wire.chat import ChatDialect
from ..wire.format import Provider, Service

PROVIDER = Provider(
    "mira",
    "https://api.mira.network/v1",
    dialect=ChatDialect(output="none", usage_option=False, tools=False, files="", audio=""),
    services={"models": Service()},
    label="Mira",
    key_env="MIRA_API_KEY",
    key_url="https://console.mira.network",
)
