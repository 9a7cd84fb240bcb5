"""What surrounds a run while it is carried out: who carries it out, on whose behalf, and what it has cost so far."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ..core.completion import Completion
from ..core.events import Event, ToolProgress
from ..core.json_text import write_json
from ..core.messages import Message, Part, ToolCall
from ..core.plain_values import as_plain
from ..core.ports import Clock
from ..core.progress import report
from ..core.usage import Usage
from .open_calls import Resumption, Suspended
from .run import Run
from .run_log import Journal


class RunContext:
    """One for each run; every hook of the run gets the same.

    parent: the context whose tool started this run, if one did. state: for hooks to keep things in while the run lasts. requests,
    tool_calls: made so far, those of agents that serve as tools too. answer: the model's, while `after_model` is asked about it.
    told_of: an error that the hooks know of already. emit: tells an event of the tool that is being called. handoff: the tool of this turn
    that handed the conversation over. limits: the UsageLimits of the run. journal: where a durable run is written down. suspended: as
    what this run was put aside by the one whose tool it serves.
    """

    def __init__(
        self, run: Run, clock: Clock, *, agent: str | None = None, model: str = "", id: str = "", parent: RunContext | None = None
    ) -> None:
        self.id = id or os.urandom(8).hex()
        self.run = run
        self.agent = agent
        self.model = model
        self.parent = parent
        self.children: list[RunContext] = []
        self.state: dict[Any, Any] = {}
        self.answer: Completion | None = None
        self.suspended: Suspended | None = None
        self.journal: Journal | None = None
        self.emit: Callable[[Event], None] | None = None
        self.handoff: Any = None
        self.told_of: BaseException | None = None
        self.limits: tuple[Any, ...] = ()
        self._inherited: tuple[Any, ...] = ()
        self._answers = [(model, step.completion) for step in run.steps]
        self.requests = len(run.steps)
        self.tool_calls = sum(len(step.tool_results) for step in run.steps)
        self._clock = clock
        self._started = clock.now()
        if parent:
            parent.children.append(self)

    @property
    def elapsed_s(self) -> float:
        """Seconds since this run was begun or taken up again."""
        return self._clock.now() - self._started

    @property
    def step(self) -> int:
        """The model call that is under way or comes next, from 1."""
        return self.run.turn + (self.run.phase == "model")

    @property
    def usage(self) -> Usage:
        """Of everything that was answered, the answer in hand too."""
        return self.run.usage + self.answer.usage if self.answer else self.run.usage

    @property
    def history(self) -> tuple[Message, ...]:
        return self.run.history

    def inherit(self, hooks: tuple[Any, ...]) -> list[Any]:
        """Those of the runs on whose behalf this one is that hold here too, and are not among its own hooks."""
        given = self.parent._inherited if self.parent else ()
        found = [hook for hook in given if not any(hook is own for own in hooks)]
        self._inherited = (*(hook for hook in hooks if getattr(hook, "inherited", False)), *found)
        return found

    def count(self, *, requests: int = 0, tool_calls: int = 0) -> None:
        self.requests += requests
        self.tool_calls += tool_calls
        if self.parent:
            self.parent.count(requests=requests, tool_calls=tool_calls)

    def spend(self, model: str, completion: Completion) -> None:
        """An answer beside the run's own, such as a summary of its history: counted as those of agents that serve as tools are."""
        self._answers.append((model, completion))
        context: RunContext | None = self
        while context:
            context.run.delegated += completion.usage
            context = context.parent

    def take(self, completion: Completion) -> None:
        """An answer is there: counted here, and with every run on whose behalf this one is."""
        self.answer = completion
        self._answers.append((self.model, completion))
        context = self.parent
        while context:
            context.run.delegated += completion.usage
            context = context.parent

    def completions(self) -> list[tuple[str, Completion]]:
        """Every answer so far with its model's name, those of agents that serve as tools too."""
        return self._answers + [answer for child in self.children for answer in child.completions()]

    def drop(self, suspended: Suspended) -> None:
        """Forgets a run that was put aside: it is counted again as the one that goes on with it."""
        self.children = [child for child in self.children if child.suspended is not suspended]

    def to_dict(self) -> dict[str, Any]:
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


_current: ContextVar[RunContext | None] = ContextVar("staysail_run", default=None)
_call: ContextVar[ToolCall | None] = ContextVar("staysail_call", default=None)
_resumption: ContextVar[Resumption | None] = ContextVar("staysail_resumption", default=None)


def current_run() -> RunContext | None:
    """The run on whose behalf a tool is being called; None outside of one. Runs that go on at once each have their own."""
    return _current.get()


def current_call() -> ToolCall | None:
    """The tool call that is being carried out. Its id and that of the run name it for ever: a key for services that take one to do nothing
    twice."""
    return _call.get()


def current_resumption() -> Resumption | None:
    """How the tool call that is being carried out goes on, where it was suspended before."""
    return _resumption.get()


@contextmanager
def working_for(context: RunContext, call: ToolCall, resumption: Resumption | None = None) -> Generator[None]:
    """Within the block, `current_run()`, `current_call()` and `current_resumption()` are these."""

    def tell(value: Any) -> None:
        if context.emit:
            part = value if isinstance(value, Part) else None
            text = value if isinstance(value, str) else "" if part else write_json(as_plain(value), nonfinite="null")
            context.emit(ToolProgress(call.id, call.name, "progress", text, part))

    run, of, goes_on, reporter = _current.set(context), _call.set(call), _resumption.set(resumption), report.set(tell)
    try:
        yield
    finally:
        report.reset(reporter)
        _resumption.reset(goes_on)
        _call.reset(of)
        _current.reset(run)
