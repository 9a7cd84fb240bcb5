from ..core.ports import ReasoningTraits
from ..wire.chat import ChatDialect
from ..wire.format import Provider

PROVIDER = Provider(
    "perplexity",
    "https://api.perplexity.ai",
    dialect=ChatDialect(usage_option=False, tools=False, alternate=True, files="", audio="", reasoning="effort"),
    models=(
        (r"reasoning|deep-research", {"reasoning": ReasoningTraits(("minimal", "low", "medium", "high"), by_default=True)}),
        (r"", {"reasoning": ReasoningTraits()}),
    ),
    label="Perplexity",
    examples=("sonar", "sonar-pro"),
    key_env="PERPLEXITY_API_KEY",
    key_url="https://www.perplexity.ai/account/api/keys",
)
