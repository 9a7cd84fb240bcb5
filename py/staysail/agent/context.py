"""The context of a run: the agent and model that carry it out, the run whose tool it serves, and its usage so far."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from ..core.completion import Completion
from ..core.errors import ConfigError
from ..core.events import Event, ToolProgress
from ..core.generics import Deps, WithDeps
from ..core.injected import INJECTED
from ..core.json_text import read_json, write_json
from ..core.messages import Message, Part, ToolCall
from ..core.plain_values import as_plain
from ..core.ports import Clock
from ..core.progress import report
from ..core.usage import Usage
from .open_calls import Resumption, Suspended
from .run import Run
from .run_log import Journal


class RunContext(WithDeps[Deps]):
    """The context of one run. Every hook of the run receives the same object; so does a tool's parameter that is annotated `RunContext`,
    or `RunContext[Database]` for type checkers.

    Attributes:
        deps: The value of the option `deps`, which tools, hooks, preamble functions and output checks share; else the value of the run
            whose tool started this run.
        parent: The context of the run whose tool started this run, or None.
        state: A dict in which hooks keep values while the run lasts.
        requests, tool_calls: Counts so far, including agents that serve as tools.
        answer: The model's answer while `after_model` runs.
        reported_error: An error that `on_error` has received already.
        emit: Yields an event of the tool that is running.
        handoff: The tool of this turn that handed the conversation over.
        limits: The UsageLimits of the run.
        journal: The record of a durable run.
        suspended: The Suspended value under which the parent run set this run aside.
    """

    def __init__(
        self,
        run: Run,
        clock: Clock,
        *,
        agent: str | None = None,
        model: str = "",
        id: str = "",
        parent: RunContext | None = None,
        deps: Any = None,
    ) -> None:
        self.id = id or os.urandom(8).hex()
        self.run = run
        self.agent = agent
        self.model = model
        self.parent = parent
        self.deps: Deps = parent.deps if deps is None and parent else deps
        self.children: list[RunContext] = []
        self.state: dict[Any, Any] = {}
        self.answer: Completion | None = None
        self.suspended: Suspended | None = None
        self.journal: Journal | None = None
        self.emit: Callable[[Event], None] | None = None
        self.handoff: Any = None
        self.reported_error: BaseException | None = None
        self.limits: tuple[Any, ...] = ()
        self._inherited: tuple[Any, ...] = ()
        self._answers = [(model, step.completion) for step in run.steps]
        self.requests = len(run.steps)
        self.tool_calls = sum(len(step.tool_results) for step in run.steps)
        self._clock = clock
        self._started = clock.now()
        if parent:
            parent.children.append(self)

    @classmethod
    def current(cls) -> RunContext | None:
        """Returns the run whose tool is being called, as `current_run` does."""
        return current_run()

    @property
    def elapsed_s(self) -> float:
        """Seconds since this run began or was resumed."""
        return self._clock.now() - self._started

    @property
    def step(self) -> int:
        """The number of the current or next model call, from 1."""
        return self.run.turn + (self.run.phase == "model")

    @property
    def usage(self) -> Usage:
        """The usage so far, including the answer that `after_model` is receiving."""
        return self.run.usage + self.answer.usage if self.answer else self.run.usage

    @property
    def history(self) -> tuple[Message, ...]:
        return self.run.history

    def inherit(self, hooks: tuple[Any, ...]) -> list[Any]:
        """Returns the inherited hooks of the parent runs that are not among this run's own hooks."""
        from_parent = self.parent._inherited if self.parent else ()
        found = [hook for hook in from_parent if not any(hook is own for own in hooks)]
        self._inherited = (*(hook for hook in hooks if getattr(hook, "inherited", False)), *found)
        return found

    def count(self, *, requests: int = 0, tool_calls: int = 0) -> None:
        """Adds to the counts of this run and of its parents."""
        self.requests += requests
        self.tool_calls += tool_calls
        if self.parent:
            self.parent.count(requests=requests, tool_calls=tool_calls)

    def spend(self, model: str, completion: Completion) -> None:
        """Counts a model call beside the run's own, such as a summary of its history, in this run and its parents."""
        self._answers.append((model, completion))
        context: RunContext | None = self
        while context:
            context.run.delegated += completion.usage
            context = context.parent

    def take(self, completion: Completion) -> None:
        """Counts the run's next answer, in this run and its parents."""
        self.answer = completion
        self._answers.append((self.model, completion))
        context = self.parent
        while context:
            context.run.delegated += completion.usage
            context = context.parent

    def completions(self) -> list[tuple[str, Completion]]:
        """Returns every answer so far with the name of its model, including answers to agents that serve as tools."""
        return self._answers + [answer for child in self.children for answer in child.completions()]

    def drop(self, suspended: Suspended) -> None:
        """Forgets a suspended child run: the run that continues it is counted in its place."""
        self.children = [child for child in self.children if child.suspended is not suspended]

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON for hooks on the JavaScript side."""
        return {
            "id": self.id,
            "agent": self.agent,
            "model": self.model,
            "parent_id": self.parent.id if self.parent else None,
            "step": self.step,
            "usage": self.usage.to_dict(),
            "requests": self.requests,
            "tool_calls": self.tool_calls,
            "elapsed_s": self.elapsed_s,
        }

    def __repr__(self) -> str:
        return f"<run {self.id} of {self.agent or self.model}, step {self.step}>"


def expect_deps(kind: Any, deps: Any) -> None:
    """Raises ConfigError for a run whose agent needs `deps` of another type."""
    if kind is None or kind is type(None):
        return
    name = getattr(kind, "__name__", str(kind))
    if deps is None:
        raise ConfigError(f"this agent needs deps, a {name}: give deps=… to the call or to the agent")
    with suppress(TypeError):  # a Protocol that cannot be checked, or a generic type
        if not isinstance(deps, kind):
            raise ConfigError(f"this agent's deps are a {name}, not a {type(deps).__name__}")


_current: ContextVar[RunContext | None] = ContextVar("staysail_run", default=None)
_call: ContextVar[ToolCall | None] = ContextVar("staysail_call", default=None)
_resumption: ContextVar[Resumption | None] = ContextVar("staysail_resumption", default=None)


def current_run() -> RunContext | None:
    """Returns the run whose tool is being called; None outside a tool call. Runs that are carried out at once each have their own."""
    return _current.get()


INJECTED[RunContext] = current_run


def current_call() -> ToolCall | None:
    """Returns the tool call that is being carried out. Its id together with the run's id is unique, so it serves as an idempotency key."""
    return _call.get()


def current_resumption() -> Resumption | None:
    """Returns how the current tool call continues, if it was suspended before."""
    return _resumption.get()


@contextmanager
def working_for(context: RunContext, call: ToolCall, resumption: Resumption | None = None) -> Generator[None]:
    """Sets `current_run()`, `current_call()` and `current_resumption()` within the block."""

    def tell(value: Any) -> None:
        if context.emit:
            part = value if isinstance(value, Part) else None
            text = value if isinstance(value, str) else "" if part else write_json(as_plain(value), nonfinite="null")
            data = None if part or isinstance(value, str) else read_json(text)
            context.emit(ToolProgress(call.id, call.name, "progress", text, part, data))

    run_token, call_token, resumption_token = _current.set(context), _call.set(call), _resumption.set(resumption)
    report_token = report.set(tell)
    try:
        yield
    finally:
        report.reset(report_token)
        _resumption.reset(resumption_token)
        _call.reset(call_token)
        _current.reset(run_token)
