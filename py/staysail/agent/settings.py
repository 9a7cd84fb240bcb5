from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypedDict

from ..core.completion import Document, Reasoning, Timeouts, ToolChoice, check_reasoning, check_sampling, read_document
from ..core.conversations import ConversationStore
from ..core.defaults import Defaults
from ..core.errors import ConfigError, NetworkError, StaysailError
from ..core.hosted import HostedTool, McpApproval, read_hosted
from ..core.pickling import refuse_secrets
from ..core.ports import Model, Tool
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
from .output_check import OutputCheck, check_output_check
from .partial_output import PartialOutput
from .preamble import Instructions, Preamble, read_preamble
from .retrieval import Retriever, read_retrievers
from .run_log import RunLog
from .steering import Steering


class CallOptions(TypedDict, total=False):
    """The options whose types depend on no other type. RunOptions has all.

    Attributes:
        preamble: The system prompt: text, a function, async or not, that returns text before each model call, or a list of both. A
            function with a parameter receives the RunContext.
        context: Documents put before every prompt: texts, Documents, or objects with `text` and optionally `id` and `metadata`.
        tools: Functions, Tools, hosted tools of the provider, and agents as tools (`Agent.as_tool`).
        tool_choice: Which tool the model must call first: "auto", "none", "required", or a tool's name.
        tool_concurrency: The most tool calls of one turn that run at once; 8 by default.
        tool_timeout_s: Seconds after which a tool call ends with an error for the model. A tool's own `timeout_s` comes before it.
        max_turns: The most model calls of a run; 10 by default. A run that needs more raises MaxTurnsError.
        temperature: The sampling temperature.
        max_tokens: The most tokens of one answer.
        reasoning: How much the model reasons: "none", "minimal", "low", "medium", "high", "max", or {"budget_tokens": 4096}.
        output_check: A function, async or not, of the output, or of the RunContext and the output. What it raises goes back to the
            model (raise ToolError or ValueError with a text that helps it), at most `output_retries` times.
        output_retries: How often an answer that does not fit `output_type`, or that `output_check` refuses, goes back to the model; 2 by
            default.
        dynamic_context: A store, or (n, store), or several: the n documents nearest to the prompt (4 if left out) are added to the request.
        dynamic_tools: A list of tools or a ToolIndex, (n, tools), (n, tools, embedder), or several: the n tools nearest to the prompt (8 if
        left out) are added to `tools`.
        retry: A Retry, the number of attempts in all, or False for one. Model calls are repeated after errors that time may mend.
        timeout_s: Seconds for the whole run, or Timeouts with limits for the beginning of an answer, a silence and the whole run.
        headers: HTTP headers added to every request to the model.
        additional_params: Fields added to the body of every request to the model, as its provider names them.
        cache: A Cache of model answers; equal requests are answered from it.
        hooks: Hooks, one or several, that observe, change or stop the run. They are added to the agent's.
        usage_limits: UsageLimits of the run: requests, tokens, cost, seconds, tool calls.
        approve: A function, async or not, of the ApprovalRequest that returns Approve(), Refuse(reason), GiveResult(result), True,
            False, or None for no answer yet. Without it, a run that needs an approval pauses.
        approval_timeout_s: Seconds after which an ApprovalRequest without an answer counts as refused.
        memory: A memory policy or several in order, such as SlidingWindow(20): the part of a long history that goes into each
            request.
        conversation: The id of the conversation that the run continues and is appended to.
        conversations: The Conversations that hold it; IndexedDB in a page, the memory of the process elsewhere, if left out.
        durable: Records every step of the run, so that it can be resumed after a crash or a closed tab. True, the name of a place, or
            a RunLog.
        steering: A Steering, through which messages reach the run while it is under way.
    """

    preamble: Instructions | Sequence[Instructions] | None
    context: Iterable[Any]
    tools: Iterable[Tool | HostedTool | Callable[..., Any]]
    tool_choice: ToolChoice | None
    tool_concurrency: int
    tool_timeout_s: float | None
    max_turns: int
    temperature: float | None
    max_tokens: int | None
    reasoning: Reasoning | None
    output_check: OutputCheck | None
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
    steering: Steering | None


class RunOptions(CallOptions, total=False):
    """The options of an agent, each of which any single call may replace (`hooks` are added). Beside these there are the attributes of
    CallOptions.

    Attributes:
        output_type: The type or JSON Schema of the answer; `reply.output` is then a checked value of it.
        deps: A value that tools, hooks, preamble functions and the output check read from their RunContext, such as a database. Agents
            that serve as tools receive it too, unless they have their own. It is never stored: give it again to `resume`.
    """

    output_type: Any
    deps: Any


class Settings(Value):
    """The checked options of an agent or a run. Each is described in RunOptions."""

    preamble: str | Preamble | None = None
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
    output_check: OutputCheck | None = None
    output_retries: int = 2
    deps: Any = None
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
    steering: Steering | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        context = [self.context] if isinstance(self.context, str) else self.context or ()
        put(self, "preamble", read_preamble(self.preamble))
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
        check_output_check(self.output_check)
        if self.tool_concurrency < 1:
            raise ConfigError(f"tool_concurrency is at least 1, got {self.tool_concurrency}")
        names = [tool.name for tool in self.tools]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"two tools have the name {twice[0]!r}; a model could not tell them apart: rename one of them")

    def __reduce__(self) -> tuple[Any, ...]:
        refuse_secrets("an agent", self.headers)
        return super().__reduce__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Settings:
        return self

    def __repr__(self) -> str:
        """Shows the options that differ from the defaults, without the values of headers and deps, which may hold keys."""
        fields = (name for name in Settings.__match_args__ if name not in ("headers", "deps"))
        shown = (name for name in fields if getattr(self, name) != getattr(DEFAULTS, name))
        return f"Settings({', '.join([*(f'{name}={getattr(self, name)!r}' for name in shown), f'headers={list(self.headers)}'])})"

    def override(self, options: RunOptions) -> Settings:
        """Returns these settings with the options replaced, and its hooks added. Raises ConfigError for an option that cannot work."""
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
        """The tools that run in this process."""
        return tuple(tool for tool in self.tools if not isinstance(tool, HostedTool))

    @property
    def callable_tools(self) -> tuple[Tool, ...]:
        """Every tool whose calls reach this side: also those that the provider runs once they are approved here."""
        return (*self.own_tools, *(McpApproval(tool.name) for tool in self.hosted_tools if tool.options.get("approval") == "always"))

    @property
    def hosted_tools(self) -> tuple[HostedTool, ...]:
        """The tools that the provider runs."""
        return tuple(tool for tool in self.tools if isinstance(tool, HostedTool))

    def with_hosted(self, model: Model) -> Settings:
        """Returns these settings for a model. A hosted tool of a kind that the model lacks is replaced by its local tool.

        Raises ConfigError where it has no local tool.
        """
        kinds = model.traits.hosted_tools if self.hosted_tools else ()
        if all(tool.kind in kinds for tool in self.hosted_tools):
            return self
        return self.replace(tools=tuple(_stand_in(tool, kinds, model) if isinstance(tool, HostedTool) else tool for tool in self.tools))

    @property
    def place(self) -> ConversationRef | None:
        """The conversation that the run belongs to, or None."""
        if self.conversation is None:
            return None
        return ConversationRef(self.conversations or Defaults.conversations(), self.conversation)

    @property
    def time_limit_s(self) -> float | None:
        """The shortest of the limits in seconds that hold for the whole run; None without a limit."""
        return min(
            (limit for limit in (self.timeout_s.total_s, *(limits.seconds for limits in self.limits)) if limit is not None), default=None
        )

    def out_of_time(self) -> StaysailError:
        """Returns the error that ends a run which took longer than `time_limit_s`."""
        for limits in self.limits:
            if limits.seconds is not None and limits.seconds == self.time_limit_s:
                return limits.out_of_time()
        return NetworkError(f"the run took longer than its limit of {self.timeout_s.total_s:g} s (timeout_s)", code="timeout")

    @property
    def limits(self) -> tuple[UsageLimits, ...]:
        return tuple(hook for hook in (self.usage_limits, *self.hooks) if isinstance(hook, UsageLimits))

    def hook_chain(self, inherited: Iterable[Any] = ()) -> HookChain:
        """Returns the run's hooks in order. The usage limits stand after the other hooks, so that a call which a hook skips is not
        counted."""
        return HookChain((*self.hooks, *((self.usage_limits,) if self.usage_limits else ()), *inherited))

    def take_over(self, other: Settings) -> Settings:
        """Returns another agent's settings, with the options of this run that hold until its end (limits, approvals, output type)."""
        hooks = (*self.hooks, *(hook for hook in other.hooks if not any(hook is own for own in self.hooks)))
        of_run = ("usage_limits", "approve", "approval_timeout_s", "timeout_s", "max_turns", "durable", "deps")
        kept = (*of_run, "output_type", "output_check", "output_retries")
        return other.replace(hooks=hooks, **{name: getattr(self, name) for name in kept})

    def partial_output(self, schema: Mapping[str, Any] | None) -> PartialOutput | None:
        """Returns the reader of a typed answer while it streams; None where the answer is plain text."""
        if schema is None or self.output_type is None:
            return None
        return PartialOutput(schema, wrapped=codec(self.output_type).schema.get("type") != "object")

    @property
    def output_codec(self) -> Codec | None:
        """The codec of the typed answer; None where the answer is plain text. Providers require an object, so a value of any other type
        travels as the field `value` of one."""
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
        return Codec(wrapped | defs, lambda value: plain.decode(value["value"] if _is_wrapped(value) else value))


def _is_wrapped(value: Any) -> bool:
    """Returns whether an answer is the object that providers require around it. Some models write the value alone."""
    return isinstance(value, Mapping) and value.keys() == {"value"}


def _stand_in(tool: HostedTool, kinds: Collection[str], model: Model) -> Any:
    """Returns the hosted tool if the model has its kind, else the tool's local replacement. Raises ConfigError without one."""
    if tool.kind in kinds:
        return tool
    if tool.local is not None:
        return tool.local
    elsewhere = model.hosted_at(tool.kind) if hasattr(model, "hosted_at") else None
    raise ConfigError(
        f"{model.name} has no {tool.kind}; it has {', '.join(kinds) or 'no hosted tools'}. "
        + (f'"{elsewhere}" has it, with the same key. Use that, or give' if elsewhere else "Give")
        + f" a tool of yours in its place: {tool.kind}(…, local=my_tool)"
    )


def _read_log(durable: Any) -> RunLog | None:
    """Returns the log of durable runs. True is the runtime's default place; text names a place: a database in a page, a directory on
    CPython, or ":memory:"."""
    if durable is None or durable is False:
        return None
    if isinstance(durable, RunLog):
        return durable
    log: RunLog = Defaults.run_log(None if durable is True else durable)
    return log


DEFAULTS = Settings()
