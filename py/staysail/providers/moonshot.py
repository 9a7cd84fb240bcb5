from ..wire.chat import ChatDialect
from ..wire.format import Provider, Service

PROVIDER = Provider(
    "moonshot",
    "https://api.moonshot.ai/v1",
    dialect=ChatDialect(output="json_object", required="", echo=True, files="", audio=""),
    services={"models": Service()},
    key_env="MOONSHOT_API_KEY",
    key_url="https://platform.moonshot.ai/console/api-keys",
)
