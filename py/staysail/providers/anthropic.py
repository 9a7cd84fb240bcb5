"""Anthropic. Thinking, effort, sampling and forced tools: https://platform.claude.com/docs/en/build-with-claude/thinking"""

from ..core.ports import ReasoningTraits
from ..wire.anthropic import MessagesDialect
from ..wire.format import Provider, Service
from ..wire.schemas.rules import ANTHROPIC

EFFORTS = ("low", "medium", "high", "xhigh", "max")


def _adaptive(
    *, off: str = "", by_default: bool = True, sampling: str = "never", forced: bool = True, efforts: tuple[str, ...] = EFFORTS
) -> dict[str, object]:
    """Traits of models that choose how much to think. off: the `thinking.type` that disables thinking, "" for models that always think."""
    levels = ("none", *efforts) if off else efforts
    return {"reasoning": ReasoningTraits(levels, by_default, style=off or "adaptive"), "sampling": sampling, "forced_tools": forced}


def _budget(most_tokens: int) -> dict[str, object]:
    """Traits of models that think within a budget of tokens, and only on request."""
    reasoning = ReasoningTraits(("none",), budget=(1_024, most_tokens - 1_024))
    return {"reasoning": reasoning, "sampling": "without_reasoning", "forced_with_reasoning": False, "max_output_tokens": most_tokens}


# From Opus 4.7 and Sonnet 5 on, Claude takes no sampling parameters; Opus 5.5, Sonnet 5.5, Fable and Mythos 5.1 and 5.2 no forced tools.
MODELS = (
    (r"claude-(fable|mythos)-5-[1-9]", _adaptive(forced=False)),
    (r"claude-(fable|mythos)-", _adaptive()),
    (r"claude-opus-5-[5-9]", _adaptive(forced=False)),
    (r"claude-sonnet-5-[5-9]", _adaptive(forced=False, off="between_tools")),
    (r"claude-(opus|sonnet|haiku)-5", _adaptive(off="disabled")),
    (r"claude-opus-4-[78]", _adaptive(off="disabled", by_default=False)),
    (
        r"claude-(opus|sonnet)-4-6",
        _adaptive(off="disabled", by_default=False, sampling="without_reasoning", efforts=("low", "medium", "high", "max")),
    ),
    (r"claude-(opus|sonnet|haiku)-4-5", _budget(64_000)),
    (r"claude-sonnet-4", _budget(64_000)),
    (r"claude-opus-4", _budget(32_000)),
    (r"claude-3-7", _budget(64_000)),
    (r"claude-3-5", {"reasoning": ReasoningTraits(), "max_output_tokens": 8_192}),
    (r"claude-([123]|instant)", {"reasoning": ReasoningTraits(), "max_output_tokens": 4_096}),
    (r"claude-", _adaptive(off="disabled")),
)
PROVIDER = Provider(
    "anthropic",
    "https://api.anthropic.com/v1",
    chat="anthropic",
    dialect=MessagesDialect(),
    models=MODELS,
    hosted=("web_search", "web_fetch", "url_context", "code_execution", "mcp", "tool_search", "advisor"),
    services={
        "models": Service(form="anthropic"),
        "files": Service(form="anthropic"),
        "batches": Service(form="anthropic"),
    },
    version="v1",
    auth="x-api-key",
    label="Anthropic",
    examples=("claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5"),
    key_env="ANTHROPIC_API_KEY",
    key_url="https://platform.claude.com/settings/keys",
    # The second is Anthropic's opt-in for pages; without it the host sends no CORS headers.
    headers={"anthropic-version": "2023-06-01", "anthropic-dangerous-direct-browser-access": "true"},
    schemas=ANTHROPIC,
)
