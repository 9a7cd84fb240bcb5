"""What surrounds a run while it is carried out: who carries it out, on whose behalf, and what it has cost so far."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ..core.completion import Completion
from ..core.messages import Message
from ..core.ports import Clock
from ..core.usage import Usage
from .run import Run


class RunContext:
    """One for each run; every hook of the run gets the same.

    parent: the context whose tool started this run, if one did. state: for hooks to keep things in while the run lasts. requests,
    tool_calls: made so far, those of agents that serve as tools too. answer: the model's, while `after_model` is asked about it.
    told_of: an error that the hooks know of already.
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
        self.told_of: BaseException | None = None
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

    def count(self, *, requests: int = 0, tool_calls: int = 0) -> None:
        self.requests += requests
        self.tool_calls += tool_calls
        if self.parent:
            self.parent.count(requests=requests, tool_calls=tool_calls)

    def charge(self, usage: Usage) -> None:
        """Adds what was used here to what the run used on whose behalf this one is."""
        if self.parent:
            self.parent.run.delegated += usage
            self.parent.charge(usage)

    def completions(self) -> list[tuple[str, Completion]]:
        """Every answer so far with its model's name, those of agents that serve as tools too."""
        own = [(self.model, step.completion) for step in self.run.steps]
        if self.answer:
            own.append((self.model, self.answer))
        return own + [answer for child in self.children for answer in child.completions()]

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


def current_run() -> RunContext | None:
    """The run on whose behalf a tool is being called; None outside of one. Runs that go on at once each have their own."""
    return _current.get()


@contextmanager
def working_for(context: RunContext) -> Generator[None]:
    """Within the block, `current_run()` is this one."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)
