"""The tool calls of one turn: which wait for an approval, which may run, and the results so far. A call is identified by its position in
the turn, because ids may be missing or repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..core.errors import ConfigError
from ..core.events import ToolResult
from ..core.json_text import write_json
from ..core.messages import Message, Text, ToolCall, ToolOutput, cited
from ..core.value import Value
from .approval import Answer, ApprovalRequest, Approve, GiveResult, describe_answer, read_answer
from .calls import read_result, read_value


class Suspended(Value):
    """The call of an agent tool whose own run paused because some of its tools need approval.

    Attributes:
        run: That run as plain JSON.
        requests: The approval requests of that run.
        run_id: The id of that run, where it is durable.
    """

    run: Mapping[str, Any]
    requests: tuple[ApprovalRequest, ...]
    run_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"run": dict(self.run), "requests": [request.to_dict() for request in self.requests], "run_id": self.run_id}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Suspended:
        return cls(data["run"], tuple(ApprovalRequest(**request) for request in data["requests"]), data["run_id"])


class Resumption(Value):
    """How a suspended call continues. answers: by the requests' ids within the suspended run."""

    suspended: Suspended
    answers: Mapping[str, Answer]


class OpenCalls:
    """The calls of one turn with their approvals and results."""

    def __init__(self, calls: Iterable[ToolCall] = ()) -> None:
        self.calls = tuple(calls)
        self.results: list[ToolResult | None] = [None] * len(self.calls)
        self._requested: dict[int, ApprovalRequest] = {}
        self._approved: dict[int, Mapping[str, Any] | None] = {}
        self._suspended: dict[int, Suspended] = {}
        self._answers: dict[int, dict[str, Answer]] = {}

    @property
    def answered(self) -> bool:
        return all(self.results)

    def open(self) -> list[int]:
        return [position for position, result in enumerate(self.results) if result is None]

    def call(self, position: int) -> ToolCall:
        """Returns the call with its approved arguments."""
        call, arguments = self.calls[position], self._approved.get(position)
        return call if arguments is None else call.replace(arguments=arguments)

    def waiting(self) -> list[tuple[int, tuple[ApprovalRequest, ...]]]:
        """Returns the requests of each call that cannot continue without an answer, with the call's position."""
        return [(position, requests) for position in self.open() if (requests := self._requests(position))]

    def ready(self) -> list[int]:
        return [position for position in self.open() if not self._requests(position)]

    def undecided(self) -> list[int]:
        """Returns the positions of calls for which no approval was requested yet."""
        known = self._requested.keys() | self._approved.keys() | self._suspended.keys()
        return [position for position in self.open() if position not in known]

    def position_of(self, id: str) -> int:
        """Returns the position of the call that a request is about. Raises ConfigError."""
        for position in self.open():
            if any(id == request.id for request in (*self._requests(position), *self._nested(position))):
                return position
        pending = ", ".join(request.id for _, requests in self.waiting() for request in requests) or "none"
        raise ConfigError(f"no tool call {id!r} waits for approval; those that do: {pending}")

    def ask(self, position: int, *, uncertain: bool, expires_at: float | None) -> ApprovalRequest:
        arguments = self.call(position).arguments
        known = arguments if isinstance(arguments, dict) else {}
        request = ApprovalRequest(self._id(position), self.calls[position].name, known, uncertain, expires_at)
        self._requested[position] = request
        return request

    def suspend(self, position: int, suspended: Suspended) -> tuple[ApprovalRequest, ...]:
        """Suspends a call whose agent's run paused. Returns its approval requests."""
        self._suspended[position] = suspended
        self._answers.pop(position, None)
        return self._nested(position)

    def resumption(self, position: int) -> Resumption | None:
        suspended = self._suspended.get(position)
        return Resumption(suspended, self._answers.get(position, {})) if suspended else None

    def decide(self, id: str, answer: Answer) -> ToolCall | ToolResult:
        """Takes the answer to a request. Returns the call that may now run or continue, or the result that replaces it."""
        position = self.position_of(id)
        call = self.calls[position]
        if position not in self._requested:
            inner_id = id.removeprefix(f"{self._id(position)}/")
            self._answers.setdefault(position, {})[inner_id] = answer
            return self.call(position)
        del self._requested[position]
        if isinstance(answer, Approve):
            changed = answer.arguments is not None and dict(answer.arguments) != call.arguments
            self._approved[position] = dict(answer.arguments) if answer.arguments is not None and changed else None
            return self.call(position)
        if isinstance(answer, GiveResult):
            content = read_result(answer.result)
            return self.settle(position, ToolResult(call.id, call.name, content, value=read_value(answer.result, content)))
        refusal = f"The user refused this call: {answer.reason}" if answer.reason else "The user refused this call."
        return self.settle(position, ToolResult(call.id, call.name, (Text(refusal),), is_error=True, refused=True))

    def settle(self, position: int, result: ToolResult) -> ToolResult:
        """Takes a call's result. Returns the result as the model reads it, which names the arguments if a person changed them."""
        arguments = self._approved.get(position)
        if arguments is not None:
            note = f"The user changed the arguments to {write_json(arguments, nonfinite='null', compact=False)}.\n"
            result = result.replace(content=(Text(note), *result.content))
        self.results[position] = result
        self._suspended.pop(position, None)
        return result

    def message(self, unanswered: str = "") -> Message:
        """Returns the results as one message for the model. unanswered: the text of a call without a result."""
        pairs = zip(self.calls, self.results, strict=True)
        return Message.tool(
            cited(result.output, result.sources) if result else ToolOutput(call.id, call.name, (Text(unanswered),), is_error=True)
            for call, result in pairs
        )

    def _requests(self, position: int) -> tuple[ApprovalRequest, ...]:
        """Returns the requests that must be answered before the call can continue; for a suspended call, any one of them."""
        if position in self._requested:
            return (self._requested[position],)
        return () if position in self._answers else self._nested(position)

    def _nested(self, position: int) -> tuple[ApprovalRequest, ...]:
        """Returns the requests of a suspended call, under ids that begin with the call's id."""
        suspended = self._suspended.get(position)
        if suspended is None:
            return ()
        id, name = self._id(position), self.calls[position].name
        return tuple(request.replace(id=f"{id}/{request.id}", agent=request.agent or name) for request in suspended.requests)

    def _id(self, position: int) -> str:
        id = self.calls[position].id
        return id if id and id not in [other.id for other in self.calls[:position]] else f"{id}#{position}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "calls": [call.to_dict() for call in self.calls],
            "results": [result.to_dict() if result else None for result in self.results],
            "asked": [[position, request.to_dict()] for position, request in self._requested.items()],
            "approved": [[position, arguments] for position, arguments in self._approved.items()],
            "suspended": [[position, suspended.to_dict(), self._call_as_dict(position)] for position, suspended in self._suspended.items()],
        }

    def _call_as_dict(self, position: int) -> dict[str, Any] | None:
        answers = self._answers.get(position)
        return None if answers is None else {id: describe_answer(answer) for id, answer in answers.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], read: Callable[[Mapping[str, Any]], ToolResult]) -> OpenCalls:
        """Returns the calls that `to_dict` saved. read: makes a ToolResult from plain data."""
        self = cls(Message.from_dict({"role": "assistant", "content": data["calls"]}).tool_calls)
        self.results = [read(result) if result else None for result in data["results"]]
        self._requested = {position: ApprovalRequest(**request) for position, request in data.get("asked") or ()}
        self._approved = dict(data.get("approved") or ())
        for position, suspended, answers in data.get("suspended") or ():
            self._suspended[position] = Suspended.from_dict(suspended)
            if answers is not None:
                self._answers[position] = {id: answer for id, data in answers.items() if (answer := read_answer(data)) is not None}
        return self
