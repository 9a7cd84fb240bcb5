from ..wire.chat import ChatDialect
from ..wire.format import Provider

PROVIDER = Provider(
    "perplexity",
    "https://api.perplexity.ai",
    dialect=ChatDialect(usage_option=False, tools=False, alternate=True, files="", audio=""),
    key_env="PERPLEXITY_API_KEY",
    key_url="https://www.perplexity.ai/account/api/keys",
)
