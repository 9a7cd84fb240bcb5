"""DeepSeek. Thinking: https://api-docs.deepseek.com/guides/thinking_mode"""

from ..core.ports import ReasoningTraits
from ..wire.chat import ChatDialect
from ..wire.format import Provider, Service

PROVIDER = Provider(
    "deepseek",
    "https://api.deepseek.com",
    dialect=ChatDialect(output="json_object", echo=("reasoning_content",), reasoning="thinking", every_thought=True, images=False),
    models=(
        (r"deepseek-chat", {"reasoning": ReasoningTraits()}),
        (r"reasoner|-r1", {"reasoning": ReasoningTraits((), by_default=True), "forced_tools": False}),
        # Thinks unless thinking is disabled; no tool can be forced while the model thinks.
        (r"", {"reasoning": ReasoningTraits(("none", "low", "high", "max"), by_default=True), "forced_with_reasoning": False}),
    ),
    services={"models": Service()},
    label="DeepSeek",
    examples=("deepseek-v4-flash",),
    key_env="DEEPSEEK_API_KEY",
    key_url="https://platform.deepseek.com/api_keys",
)
