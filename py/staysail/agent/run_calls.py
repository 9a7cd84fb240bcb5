"""The tool calls of a run's turn: their approvals and their results."""

from __future__ import annotations

from typing import Literal

from ..core.errors import ConfigError
from ..core.events import ToolResult
from ..core.messages import Message, ToolCall
from .approval import Answer, ApprovalRequest
from .open_calls import OpenCalls, Resumption, Suspended
from .reply import Step

type Phase = Literal["model", "tools", "done"]


class RunCalls:
    """The part of a Run that takes the results of its tool calls."""

    messages: list[Message]
    steps: list[Step]
    phase: Phase
    _calls: OpenCalls

    def answer(self, result: ToolResult) -> ToolResult:
        """Takes the result of one tool call; results may come in any order. Returns the result as the model reads it, which names the
        arguments if a person changed them."""
        self._expect("tools")
        for position, call in self.ready():
            if (call.id, call.name) == (result.id, result.name):
                return self.settle(position, result)
        raise ConfigError(f"no call of {result.name!r} with id {result.id!r} is waiting for a result")

    @property
    def pending(self) -> tuple[ApprovalRequest, ...]:
        """The approval requests that have no answer yet."""
        return tuple(request for _, requests in self.waiting() for request in requests)

    def waiting(self) -> list[tuple[int, tuple[ApprovalRequest, ...]]]:
        """Returns the pending requests with their calls' positions in the turn."""
        return self._calls.waiting()

    def ready_calls(self) -> tuple[ToolCall, ...]:
        """Returns the calls that have no result and may run now, with their approved arguments."""
        return tuple(call for _, call in self.ready())

    def ready(self) -> tuple[tuple[int, ToolCall], ...]:
        """Returns the same calls with their positions in the turn."""
        return tuple((position, self._calls.call(position)) for position in self._calls.ready())

    def position_of(self, id: str) -> int:
        """Returns the position in the turn of the call that an approval request is about. Raises ConfigError."""
        return self._calls.position_of(id)

    def undecided_calls(self) -> tuple[tuple[int, ToolCall], ...]:
        """Returns the calls, with their positions in the turn, for which no approval was requested yet."""
        return tuple((position, self._calls.call(position)) for position in self._calls.undecided())

    def await_approval(self, position: int, *, uncertain: bool = False, expires_at: float | None = None) -> ApprovalRequest:
        """Sets a call aside until its request is decided. Returns the request."""
        return self._calls.ask(position, uncertain=uncertain, expires_at=expires_at)

    def suspend(self, position: int, suspended: Suspended) -> tuple[ApprovalRequest, ...]:
        """Suspends an agent tool's call whose run paused. Returns its approval requests under this run's ids."""
        return self._calls.suspend(position, suspended)

    def resumption(self, position: int) -> Resumption | None:
        """Returns how a suspended call continues; None for a call that was not suspended."""
        return self._calls.resumption(position)

    def decide(self, id: str, answer: Answer) -> ToolCall | ToolResult:
        """Takes the answer to a request. Returns the call that may now run, or the result that replaces it. Raises ConfigError."""
        settled = self._calls.decide(id, answer)
        self._end_tools_if_answered()
        return settled

    def tool_calls_pending(self) -> tuple[ToolCall, ...]:
        """Returns every call without a result, also those that wait for an approval."""
        return tuple(self._calls.calls[position] for position in self._calls.open())

    def settle(self, position: int, result: ToolResult) -> ToolResult:
        """Takes a result, as `answer` does, by the call's position in the turn."""
        result = self._calls.settle(position, result)
        self._end_tools_if_answered()
        return result

    def _begin_tools(self, calls: tuple[ToolCall, ...]) -> None:
        self._calls, self.phase = OpenCalls(calls), "tools"

    def _end_tools_if_answered(self) -> None:
        if not self._calls.answered:
            return
        results = tuple(result for result in self._calls.results if result)
        self.messages.append(self._calls.message())
        sources = (*self.steps[-1].sources, *(source for result in results for source in result.sources))
        self.steps[-1] = self.steps[-1].replace(tool_results=results, sources=sources)
        self._calls, self.phase = OpenCalls(), "model"

    def _expect(self, phase: Phase) -> None:
        if self.phase != phase:
            raise ConfigError(f"the run is in phase {self.phase!r}, not {phase!r}; ask next() what to do")
