from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypedDict

from ..core.completion import Document, Reasoning, Timeouts, ToolChoice, check_reasoning, check_sampling, read_document
from ..core.conversations import ConversationStore
from ..core.defaults import Defaults
from ..core.errors import ConfigError, NetworkError, StaysailError
from ..core.hosted import HostedTool, read_hosted
from ..core.ports import Tool
from ..core.retry import Retry
from ..core.schema import Codec, codec
from ..core.tool import as_tool
from ..core.value import NOTHING, Value
from .approval import ApprovalRequest
from .cache import Cache
from .conversation import ConversationRef
from .dynamic_tools import read_toolboxes
from .hooks import HookChain, read_hooks
from .limits import UsageLimits
from .memory_policies import MemoryPolicy, read_memory
from .partial_output import PartialOutput
from .retrieval import Retriever, read_retrievers
from .run_log import RunLog


class RunOptions(TypedDict, total=False):
    """What an agent takes, and any of its calls may override."""

    preamble: str | None
    context: Iterable[Any]
    tools: Iterable[Tool | HostedTool | Callable[..., Any]]
    tool_choice: ToolChoice | None
    tool_concurrency: int
    tool_timeout_s: float | None
    max_turns: int
    temperature: float | None
    max_tokens: int | None
    reasoning: Reasoning | None
    output_type: Any
    output_retries: int
    dynamic_context: Any
    dynamic_tools: Any
    retry: Retry | int | bool | None
    timeout_s: float | Timeouts | None
    headers: Mapping[str, str] | None
    additional_params: Mapping[str, Any] | None
    cache: Cache | None
    hooks: Any
    usage_limits: UsageLimits | None
    approve: Callable[[ApprovalRequest], Any] | None
    approval_timeout_s: float | None
    memory: Any
    conversation: str | None
    conversations: ConversationStore | None
    durable: bool | str | RunLog


class Settings(Value):
    preamble: str | None = None
    context: tuple[Document, ...] = ()
    tools: tuple[Any, ...] = ()
    tool_choice: ToolChoice | None = None
    tool_concurrency: int = 8
    tool_timeout_s: float | None = None
    max_turns: int = 10
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning: Reasoning | None = None
    output_type: Any = None
    output_retries: int = 2
    dynamic_context: tuple[Retriever, ...] = ()
    dynamic_tools: tuple[Retriever, ...] = ()
    retry: Retry = Retry()
    timeout_s: Timeouts = Timeouts()
    headers: Mapping[str, str] = NOTHING
    additional_params: Mapping[str, Any] = NOTHING
    cache: Cache | None = None
    hooks: tuple[Any, ...] = ()
    usage_limits: UsageLimits | None = None
    approve: Callable[[ApprovalRequest], Any] | None = None
    approval_timeout_s: float | None = None
    memory: tuple[MemoryPolicy, ...] = ()
    conversation: str | None = None
    conversations: ConversationStore | None = None
    durable: RunLog | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        context = [self.context] if isinstance(self.context, str) else self.context or ()
        put(self, "context", tuple(read_document(item, n) for n, item in enumerate(context)))
        put(self, "tools", tuple(read_hosted(tool) or as_tool(tool) for tool in self.tools or ()))
        put(self, "retry", Retry.of(self.retry))
        put(self, "timeout_s", Timeouts.of(self.timeout_s))
        put(self, "headers", self.headers or NOTHING)
        put(self, "additional_params", self.additional_params or NOTHING)
        put(self, "dynamic_context", read_retrievers(self.dynamic_context))
        put(self, "dynamic_tools", read_toolboxes(self.dynamic_tools))
        put(self, "hooks", read_hooks(self.hooks))
        put(self, "durable", _read_log(self.durable))
        put(self, "usage_limits", UsageLimits.of(self.usage_limits))
        put(self, "memory", read_memory(self.memory))
        check_sampling(self.temperature, self.max_tokens)
        check_reasoning(self.reasoning)
        if self.tool_concurrency < 1:
            raise ConfigError(f"tool_concurrency is at least 1, got {self.tool_concurrency}")
        names = [tool.name for tool in self.tools]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"two tools have the name {twice[0]!r}; a model could not tell them apart")

    def __repr__(self) -> str:
        """Without the values of headers, which may be keys."""
        shown = (name for name in Settings.__match_args__ if name != "headers" and getattr(self, name) != getattr(DEFAULTS, name))
        return f"Settings({', '.join([*(f'{name}={getattr(self, name)!r}' for name in shown), f'headers={list(self.headers)}'])})"

    def override(self, options: RunOptions) -> Settings:
        """These settings with some changed, and hooks added. Raises ConfigError for an option that cannot work."""
        unknown = [name for name in options if name not in Settings.__match_args__]
        if unknown:
            raise ConfigError(f"there is no option {unknown[0]!r}; there are: {', '.join(Settings.__match_args__)}")
        if not options:
            return self
        changes = dict(options)
        if "hooks" in changes:
            changes["hooks"] = (*self.hooks, *read_hooks(changes["hooks"]))
        return self.replace(**changes)

    @property
    def own_tools(self) -> tuple[Tool, ...]:
        """The tools that run here."""
        return tuple(tool for tool in self.tools if not isinstance(tool, HostedTool))

    @property
    def hosted_tools(self) -> tuple[HostedTool, ...]:
        """The tools that the provider runs."""
        return tuple(tool for tool in self.tools if isinstance(tool, HostedTool))

    def with_hosted(self, kinds: Collection[str], model: str) -> Settings:
        """These settings for a model that has hosted tools of some kinds: a tool of another kind is replaced by its local one. Raises
        ConfigError where there is none."""
        if all(tool.kind in kinds for tool in self.hosted_tools):
            return self
        return self.replace(tools=tuple(_stand_in(tool, kinds, model) if isinstance(tool, HostedTool) else tool for tool in self.tools))

    @property
    def place(self) -> ConversationRef | None:
        """The conversation that runs belong to, if they do."""
        if self.conversation is None:
            return None
        return ConversationRef(self.conversations or Defaults.conversations(), self.conversation)

    @property
    def time_limit_s(self) -> float | None:
        """The shortest of those that hold for the whole run."""
        return min(
            (limit for limit in (self.timeout_s.total_s, *(limits.seconds for limits in self.limits)) if limit is not None), default=None
        )

    def out_of_time(self) -> StaysailError:
        """What a run that took longer than `time_limit_s` ends with."""
        for limits in self.limits:
            if limits.seconds is not None and limits.seconds == self.time_limit_s:
                return limits.out_of_time()
        return NetworkError(f"the run took longer than its limit of {self.timeout_s.total_s:g} s (timeout_s)", code="timeout")

    @property
    def limits(self) -> tuple[UsageLimits, ...]:
        return tuple(hook for hook in (self.usage_limits, *self.hooks) if isinstance(hook, UsageLimits))

    def hook_chain(self, inherited: Iterable[Any] = ()) -> HookChain:
        """The limits stand last, where nothing that another hook skips is counted."""
        return HookChain((*self.hooks, *((self.usage_limits,) if self.usage_limits else ()), *inherited))

    def take_over(self, other: Settings) -> Settings:
        """Another agent's settings, within what holds for the whole run."""
        hooks = (*self.hooks, *(hook for hook in other.hooks if not any(hook is own for own in self.hooks)))
        kept = ("usage_limits", "approve", "approval_timeout_s", "timeout_s", "max_turns", "output_type", "output_retries", "durable")
        return other.replace(hooks=hooks, **{name: getattr(self, name) for name in kept})

    def partial_output(self, schema: Mapping[str, Any] | None) -> PartialOutput | None:
        """What follows a typed answer while it streams; None where the answer is plain text."""
        if schema is None or self.output_type is None:
            return None
        return PartialOutput(schema, wrapped=codec(self.output_type).schema.get("type") != "object")

    @property
    def output_codec(self) -> Codec | None:
        """None where the answer is plain text. Providers want an object, so any other type travels as the `value` of one."""
        if self.output_type is None or self.output_type is str:
            return None
        plain = codec(self.output_type)
        if plain.schema.get("type") == "object":
            return plain
        schema = {key: value for key, value in plain.schema.items() if key != "$defs"}
        wrapped = {
            "type": "object",
            "properties": {"value": schema},
            "required": ["value"],
            "additionalProperties": False,
        }
        defs = {"$defs": plain.schema["$defs"]} if "$defs" in plain.schema else {}
        return Codec(wrapped | defs, lambda value: plain.decode(value["value"]))


def _stand_in(tool: HostedTool, kinds: Collection[str], model: str) -> Any:
    if tool.kind in kinds:
        return tool
    if tool.local is not None:
        return tool.local
    raise ConfigError(
        f"{model} has no {tool.kind}; it has {', '.join(kinds) or 'no hosted tools'}. Give a tool of yours in its place: "
        f"{tool.kind}(…, local=my_tool)"
    )


def _read_log(durable: Any) -> RunLog | None:
    """True is the runtime's own place, text a place by name: a database in a page, a directory on CPython, ":memory:"."""
    if durable is None or durable is False:
        return None
    if isinstance(durable, RunLog):
        return durable
    log: RunLog = Defaults.run_log(None if durable is True else durable)
    return log


DEFAULTS = Settings()
