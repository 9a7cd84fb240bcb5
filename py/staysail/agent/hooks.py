"""Hooks: what stands between an agent and its model and tools, to observe, change, ask again, skip or stop.

How it works. Each method may return nothing (go on), a changed value of the kind it was given, or a decision: `Skip` gives the result
without the call, `AskAgain` turns it back to the model with words, `Stop` ends the run. Hooks are asked in the order of the list, and each
is given what the one before made of the value; the first Skip, AskAgain or Stop is final. An exception from a hook ends the run as itself.
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
    """Instead of the call: of a model, a Completion or the text of one; of a tool, anything that a tool may return."""

    result: Any


class AskAgain(Value):
    """The model is told `feedback` and goes on from there. After a model call the answer stands in the history as turned back; before or
    after a tool call `feedback` is the call's failed result."""

    feedback: str


class Stop(Value):
    """Ends the run with RunStopped, which carries its history and usage."""

    reason: str


type Decision = Skip | AskAgain | Stop


class Hooks:
    """Base of hooks; every method may be async or not, and does nothing unless overridden. An object that has some of the methods will do
    too. What is not overridden costs nothing. inherited: whether it stands around agents that serve as tools too."""

    inherited: ClassVar[bool] = False

    async def on_start(self, context: RunContext) -> Stop | None:
        """The run begins, or is taken up again."""

    async def before_model(self, context: RunContext, request: CompletionRequest) -> CompletionRequest | Skip | Stop | None:
        """A model call is about to be made."""

    async def after_model(self, context: RunContext, completion: Completion) -> Completion | AskAgain | Stop | None:
        """The model answered. In a stream its text has been handed on already."""

    async def before_tool(self, context: RunContext, call: ToolCall) -> ToolCall | Skip | AskAgain | Stop | None:
        """A tool is about to be called. Tools of one turn are called at once, so this may be too."""

    async def after_tool(self, context: RunContext, call: ToolCall, result: ToolResult) -> ToolResult | AskAgain | Stop | None:
        """A tool answered, or failed: then `result.is_error`."""

    async def on_step(self, context: RunContext, step: Step) -> Stop | None:
        """A model call and all the tools that it asked for are done."""

    async def on_error(self, context: RunContext, error: BaseException) -> Skip | AskAgain | None:
        """A model call failed after every retry: Skip gives an answer in its place, AskAgain makes the call again (`feedback` may be "").
        Also told of every other error that ends the run, RunCancelled among them; then what it returns does not count."""

    async def on_done(self, context: RunContext, reply: Reply) -> None:
        """The run ended well."""

    async def on_end(self, context: RunContext, error: BaseException | None) -> None:
        """The run is over, once and in any case: well, paused, with the error that ended it, or left."""

    def on_event(self, context: RunContext, event: Event) -> None:
        """Something is told of the run. Never awaited, as it is called for every piece of text."""


class HookChain:
    """Several hooks as one. What nobody overrides costs an empty loop."""

    def __init__(self, hooks: Iterable[Any] = ()) -> None:
        self.hooks = tuple(hooks)
        self._given = {name: [getattr(hook, name) for hook in self.hooks if _gives(hook, name)] for name in METHODS}
        self._watchers = self._given["on_event"]

    def __len__(self) -> int:
        return len(self.hooks)

    def observe(self, context: RunContext, event: Event) -> Event:
        """The event, when all who want to know have been told."""
        for watch in self._watchers:
            watch(context, event)
        return event

    async def start(self, context: RunContext) -> None:
        for hook in self._given["on_start"]:
            _expect_nothing(await _settled(hook(context)), "on_start")

    async def before_model(self, context: RunContext, request: CompletionRequest) -> CompletionRequest | Completion:
        for hook in self._given["before_model"]:
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
        for hook in self._given["after_model"]:
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
        for hook in self._given["before_tool"]:
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
        for hook in self._given["after_tool"]:
            match await _settled(hook(context, call, result)):
                case None:
                    pass
                case ToolResult(_, _, content, is_error):
                    result = result.replace(content=content, is_error=is_error)
                case AskAgain() as decision:
                    return decision
                case other:
                    _refuse(other, "after_tool", "a ToolResult, AskAgain, Stop or None")
        return result

    async def step(self, context: RunContext, step: Step) -> None:
        for hook in self._given["on_step"]:
            _expect_nothing(await _settled(hook(context, step)), "on_step")

    async def error(self, context: RunContext, error: BaseException) -> Completion | AskAgain | None:
        """All are told; the first that has an answer gives it."""
        answers = [await _settled(hook(context, error)) for hook in self._given["on_error"]]
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
        for hook in self._given["on_done"]:
            await _settled(hook(context, reply))

    async def end(self, context: RunContext, error: BaseException | None) -> None:
        for hook in self._given["on_end"]:
            await _settled(hook(context, error))


METHODS = tuple(name for name, method in vars(Hooks).items() if callable(method) and not name.startswith("_"))


def read_hooks(value: Any) -> tuple[Any, ...]:
    """One or several, each with at least one of the methods. Raises ConfigError."""
    if value is None:
        return ()
    hooks = tuple(value) if isinstance(value, list | tuple) else (value,)
    for hook in hooks:
        if not any(callable(getattr(hook, name, None)) for name in METHODS):
            raise ConfigError(f"a hook has some of the methods {', '.join(METHODS)}; {type(hook).__name__} has none")
    return hooks


def _gives(hook: Any, name: str) -> bool:
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
