from ..wire.chat import ChatDialect
from ..wire.format import Provider

PROVIDER = Provider(
    "galadriel",
    "https://api.galadriel.com/v1/verified",
    dialect=ChatDialect(output="none", files="", audio=""),
    label="Galadriel",
    key_env="GALADRIEL_API_KEY",
    key_url="https://dashboard.galadriel.com",
)
