"""Hooks: objects around an agent's model calls and tool calls, which observe, change, repeat, skip or stop them.

How it works. A hook method returns None (no change), a changed value of the kind that it received, or a decision: `Skip` replaces the
call by a result, `AskAgain` sends feedback to the model, `Stop` ends the run. Hooks are called in the order of the list, and each
receives the value as the hook before it left it. The first Skip, AskAgain or Stop is final. An exception in a hook ends the run with
that exception.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from ..core.completion import Completion, CompletionRequest
from ..core.errors import ConfigError, RunStopped
from ..core.events import Event, ToolResult
from ..core.messages import Message, ToolCall
from ..core.value import Value
from .context import RunContext
from .reply import Reply, Step


class Skip(Value):
    """Skips the call and uses `result` instead. For a model call, `result` is a Completion or its text; for a tool call, any value that
    a tool may return."""

    result: Any


class AskAgain(Value):
    """Sends `feedback` to the model, which continues from there. After a model call, the rejected answer stays in the history; before or
    after a tool call, `feedback` is the call's error result."""

    feedback: str


class Stop(Value):
    """Ends the run with RunStopped, which carries the run's history and usage."""

    reason: str


type Decision = Skip | AskAgain | Stop


class Hooks:
    """Base class of hooks. Every method may be async or not, and does nothing unless overridden; a method that is not overridden costs
    nothing. An object with some of the methods serves too.

    Attributes:
        inherited: Whether the hook also applies to runs of agents that serve as tools.
    """

    inherited: ClassVar[bool] = False

    async def on_start(self, context: RunContext) -> Stop | None:
        """Called when the run begins or is resumed."""

    async def before_model(self, context: RunContext, request: CompletionRequest) -> CompletionRequest | Skip | Stop | None:
        """Called before a model call."""

    async def after_model(self, context: RunContext, completion: Completion) -> Completion | AskAgain | Stop | None:
        """Called with the model's answer. In a stream, the answer's text has been yielded already."""

    async def before_tool(self, context: RunContext, call: ToolCall) -> ToolCall | Skip | AskAgain | Stop | None:
        """Called before a tool call. The calls of one turn run at once, so this method may run several times at once."""

    async def after_tool(self, context: RunContext, call: ToolCall, result: ToolResult) -> ToolResult | AskAgain | Stop | None:
        """Called with a tool's result; `result.is_error` says whether the tool failed."""

    async def on_step(self, context: RunContext, step: Step) -> Stop | None:
        """Called when a model call and all its tool calls are done."""

    async def on_error(self, context: RunContext, error: BaseException) -> Skip | AskAgain | None:
        """Called when a model call failed after every retry. Skip replaces the answer; AskAgain repeats the call (`feedback` may be "").

        Also called with every other error that ends the run, such as RunCancelled; then the returned value is ignored.
        """

    async def on_done(self, context: RunContext, reply: Reply) -> None:
        """Called with the reply of a run that succeeded."""

    async def on_end(self, context: RunContext, error: BaseException | None) -> None:
        """Called once at the end of every run. error: the error that ended the run; None if it succeeded or paused."""

    def on_event(self, context: RunContext, event: Event) -> None:
        """Called with each event of the run. It is not awaited, because it is called for every piece of text."""


class HookChain:
    """Several hooks in order. A method that no hook overrides costs an empty loop."""

    def __init__(self, hooks: Iterable[Any] = ()) -> None:
        self.hooks = tuple(hooks)
        self._methods = {name: [getattr(hook, name) for hook in self.hooks if _overrides(hook, name)] for name in METHODS}
        self._watchers = self._methods["on_event"]

    def __len__(self) -> int:
        return len(self.hooks)

    def observe(self, context: RunContext, event: Event) -> Event:
        """Calls every `on_event` with the event and returns the event."""
        for watch in self._watchers:
            watch(context, event)
        return event

    async def start(self, context: RunContext) -> None:
        for hook in self._methods["on_start"]:
            _expect_nothing(await _settled(hook(context)), "on_start")

    async def before_model(self, context: RunContext, request: CompletionRequest) -> CompletionRequest | Completion:
        for hook in self._methods["before_model"]:
            match await _settled(hook(context, request)):
                case None:
                    pass
                case CompletionRequest() as request:
                    pass
                case Skip(result) | (Completion() as result):
                    return _completion(result)
                case other:
                    _refuse(other, "before_model", "a CompletionRequest, Skip, Stop or None")
        return request

    async def after_model(self, context: RunContext, completion: Completion) -> Completion | AskAgain:
        for hook in self._methods["after_model"]:
            match await _settled(hook(context, completion)):
                case None:
                    pass
                case Completion() as completion:
                    pass
                case AskAgain() as decision:
                    return decision
                case other:
                    _refuse(other, "after_model", "a Completion, AskAgain, Stop or None")
        return completion

    async def before_tool(self, context: RunContext, call: ToolCall) -> ToolCall | Skip | AskAgain:
        for hook in self._methods["before_tool"]:
            match await _settled(hook(context, call)):
                case None:
                    pass
                case ToolCall(_, _, arguments):
                    call = call.replace(arguments=arguments)
                case Skip() | AskAgain() as decision:
                    return decision
                case other:
                    _refuse(other, "before_tool", "a ToolCall, Skip, AskAgain, Stop or None")
        return call

    async def after_tool(self, context: RunContext, call: ToolCall, result: ToolResult) -> ToolResult | AskAgain:
        for hook in self._methods["after_tool"]:
            match await _settled(hook(context, call, result)):
                case None:
                    pass
                case ToolResult() as changed:
                    is_stale = changed.content != result.content and changed.value is result.value
                    value = None if is_stale else changed.value
                    result = result.replace(content=changed.content, is_error=changed.is_error, value=value)
                case AskAgain() as decision:
                    return decision
                case other:
                    _refuse(other, "after_tool", "a ToolResult, AskAgain, Stop or None")
        return result

    async def step(self, context: RunContext, step: Step) -> None:
        for hook in self._methods["on_step"]:
            _expect_nothing(await _settled(hook(context, step)), "on_step")

    async def error(self, context: RunContext, error: BaseException) -> Completion | AskAgain | None:
        """Calls every `on_error`. Returns the first decision, or None."""
        answers = [await _settled(hook(context, error)) for hook in self._methods["on_error"]]
        match next((answer for answer in answers if answer is not None), None):
            case None:
                return None
            case Skip(result) | (Completion() as result):
                return _completion(result)
            case AskAgain() as decision:
                return decision
            case other:
                _refuse(other, "on_error", "Skip, AskAgain or None")
        return None

    async def done(self, context: RunContext, reply: Reply) -> None:
        for hook in self._methods["on_done"]:
            await _settled(hook(context, reply))

    async def end(self, context: RunContext, error: BaseException | None) -> None:
        for hook in self._methods["on_end"]:
            await _settled(hook(context, error))


METHODS = tuple(name for name, method in vars(Hooks).items() if callable(method) and not name.startswith("_"))


def read_hooks(value: Any) -> tuple[Any, ...]:
    """Returns one hook or several as a tuple. Raises ConfigError for an object with none of the methods."""
    if value is None:
        return ()
    hooks = tuple(value) if isinstance(value, list | tuple) else (value,)
    for hook in hooks:
        if not any(callable(getattr(hook, name, None)) for name in METHODS):
            raise ConfigError(f"a hook has some of the methods {', '.join(METHODS)}; {type(hook).__name__} has none")
    return hooks


def _overrides(hook: Any, name: str) -> bool:
    """Returns whether the hook overrides the method."""
    method: Callable[..., Any] | None = getattr(hook, name, None)
    return method is not None and getattr(method, "__func__", None) is not vars(Hooks)[name]


async def _settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


def _completion(result: Any) -> Completion:
    if isinstance(result, Completion):
        return result
    message = Message.assistant(result)
    return Completion(message, finish_reason="tool_calls" if message.tool_calls else "stop")


def _expect_nothing(answer: Any, name: str) -> None:
    if answer is not None:
        _refuse(answer, name, "Stop or None")


def _refuse(answer: Any, name: str, allowed: str) -> None:
    if isinstance(answer, Stop):
        raise RunStopped(answer.reason)
    raise ConfigError(f"the hook {name} returned {type(answer).__name__}; it may return {allowed}")
