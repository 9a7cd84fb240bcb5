"""Moonshot. Kimi: https://platform.moonshot.ai/docs/guide/use-thinking-models"""

from ..core.ports import ReasoningTraits
from ..wire.chat import ChatDialect
from ..wire.format import Provider, Service
from ..wire.schemas.rules import COUNTS, LENGTHS, NUMBERS, STRUCTURE, SchemaRules, SchemaSupport

# https://github.com/MoonshotAI/walle/blob/main/docs/mfjs-spec.md
_RULES = SchemaRules(keywords=STRUCTURE | NUMBERS | LENGTHS | COUNTS | {"default", "pattern"}, siblings=False, typed_choices=True)

PROVIDER = Provider(
    "moonshot",
    "https://api.moonshot.ai/v1",
    dialect=ChatDialect(
        output="json_object",
        required="",
        echo=("reasoning_content",),
        reasoning="effort",
        every_thought=True,
        files="",
        audio="",
    ),
    models=(
        (r"moonshot-v1|kimi-k2-(0|turbo|instruct)", {"reasoning": ReasoningTraits()}),
        (r"kimi-k[3-9]", {"reasoning": ReasoningTraits(("low", "high", "max"), True), "sampling": "never", "forced_with_reasoning": False}),
        (
            r"kimi-k2\.[56]",
            {"reasoning": ReasoningTraits(("none", "high"), True, style="switch"), "sampling": "never", "forced_with_reasoning": False},
        ),
        (r"kimi", {"reasoning": ReasoningTraits((), by_default=True), "sampling": "never", "forced_tools": False}),
    ),
    services={"models": Service()},
    label="Moonshot",
    examples=("kimi-k3", "kimi-k2.6"),
    key_env="MOONSHOT_API_KEY",
    key_url="https://platform.moonshot.ai/console/api-keys",
    schemas=SchemaSupport(tools=_RULES, output=_RULES),
)
