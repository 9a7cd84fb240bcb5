"""The tool calls of one turn: which wait for a person's answer, which may be made, and what came of each. A call is known by its place in
the turn, as ids may be missing or given twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..core.errors import ConfigError
from ..core.events import ToolResult
from ..core.json_text import write_json
from ..core.messages import Message, Text, ToolCall, ToolOutput, cited
from ..core.value import Value
from .approval import Answer, ApprovalRequest, Approve, GiveResult, describe_answer, read_answer
from .calls import read_result


class Suspended(Value):
    """A call of an agent whose own run paused: some of its tools need approval. run: that run, as plain JSON. run_id: where it is durable
    itself."""

    run: Mapping[str, Any]
    requests: tuple[ApprovalRequest, ...]
    run_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"run": dict(self.run), "requests": [request.to_dict() for request in self.requests], "run_id": self.run_id}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Suspended:
        return cls(data["run"], tuple(ApprovalRequest(**request) for request in data["requests"]), data["run_id"])


class Resumption(Value):
    """How a suspended call goes on. answers: by the ids that the requests have within it."""

    suspended: Suspended
    answers: Mapping[str, Answer]


class OpenCalls:
    def __init__(self, calls: Iterable[ToolCall] = ()) -> None:
        self.calls = tuple(calls)
        self.results: list[ToolResult | None] = [None] * len(self.calls)
        self._asked: dict[int, ApprovalRequest] = {}
        self._approved: dict[int, Mapping[str, Any] | None] = {}
        self._suspended: dict[int, Suspended] = {}
        self._answers: dict[int, dict[str, Answer]] = {}

    @property
    def answered(self) -> bool:
        return all(self.results)

    def open(self) -> list[int]:
        return [position for position, result in enumerate(self.results) if result is None]

    def call(self, position: int) -> ToolCall:
        """With its arguments as they were approved."""
        call, arguments = self.calls[position], self._approved.get(position)
        return call if arguments is None else call.replace(arguments=arguments)

    def waiting(self) -> list[tuple[int, tuple[ApprovalRequest, ...]]]:
        """What is asked about each call that cannot go on without an answer."""
        return [(position, requests) for position in self.open() if (requests := self._requests(position))]

    def ready(self) -> list[int]:
        return [position for position in self.open() if not self._requests(position)]

    def undecided(self) -> list[int]:
        """Calls that nobody was asked about yet."""
        known = self._asked.keys() | self._approved.keys() | self._suspended.keys()
        return [position for position in self.open() if position not in known]

    def position_of(self, id: str) -> int:
        """The place of the call that a request is about. Raises ConfigError."""
        for position in self.open():
            if any(id == request.id for request in (*self._requests(position), *self._nested(position))):
                return position
        pending = ", ".join(request.id for _, requests in self.waiting() for request in requests) or "none"
        raise ConfigError(f"no tool call {id!r} waits for approval; those that do: {pending}")

    def ask(self, position: int, *, uncertain: bool, expires_at: float | None) -> ApprovalRequest:
        arguments = self.call(position).arguments
        known = arguments if isinstance(arguments, dict) else {}
        request = ApprovalRequest(self._id(position), self.calls[position].name, known, uncertain, expires_at)
        self._asked[position] = request
        return request

    def suspend(self, position: int, suspended: Suspended) -> tuple[ApprovalRequest, ...]:
        """Puts a call aside until something that it asks is answered."""
        self._suspended[position] = suspended
        self._answers.pop(position, None)
        return self._nested(position)

    def resumption(self, position: int) -> Resumption | None:
        suspended = self._suspended.get(position)
        return Resumption(suspended, self._answers.get(position, {})) if suspended else None

    def decide(self, id: str, answer: Answer) -> ToolCall | ToolResult:
        """The call that may now be made, or go on; or the result that stands in its place."""
        position = self.position_of(id)
        call = self.calls[position]
        if position not in self._asked:
            inner_id = id.removeprefix(f"{self._id(position)}/")
            self._answers.setdefault(position, {})[inner_id] = answer
            return self.call(position)
        del self._asked[position]
        if isinstance(answer, Approve):
            changed = answer.arguments is not None and dict(answer.arguments) != call.arguments
            self._approved[position] = dict(answer.arguments) if answer.arguments is not None and changed else None
            return self.call(position)
        if isinstance(answer, GiveResult):
            return self.settle(position, ToolResult(call.id, call.name, read_result(answer.result)))
        refusal = f"The user refused this call: {answer.reason}" if answer.reason else "The user refused this call."
        return self.settle(position, ToolResult(call.id, call.name, (Text(refusal),), is_error=True))

    def settle(self, position: int, result: ToolResult) -> ToolResult:
        """Gives the result as the model will be told it: with arguments that were changed, if they were."""
        arguments = self._approved.get(position)
        if arguments is not None:
            note = f"The user changed the arguments to {write_json(arguments, nonfinite='null', compact=False)}.\n"
            result = result.replace(content=(Text(note), *result.content))
        self.results[position] = result
        self._suspended.pop(position, None)
        return result

    def message(self, unanswered: str = "") -> Message:
        """The results as the model reads them. unanswered: what stands for a call that has none."""
        pairs = zip(self.calls, self.results, strict=True)
        return Message.tool(
            cited(result.output, result.sources) if result else ToolOutput(call.id, call.name, (Text(unanswered),), is_error=True)
            for call, result in pairs
        )

    def _requests(self, position: int) -> tuple[ApprovalRequest, ...]:
        """What must be answered before the call can go on: of what a suspended one asks, any."""
        if position in self._asked:
            return (self._asked[position],)
        return () if position in self._answers else self._nested(position)

    def _nested(self, position: int) -> tuple[ApprovalRequest, ...]:
        """What a suspended call asks, under ids that tell whose question it is."""
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
            "asked": [[position, request.to_dict()] for position, request in self._asked.items()],
            "approved": [[position, arguments] for position, arguments in self._approved.items()],
            "suspended": [[position, suspended.to_dict(), self._call_as_dict(position)] for position, suspended in self._suspended.items()],
        }

    def _call_as_dict(self, position: int) -> dict[str, Any] | None:
        answers = self._answers.get(position)
        return None if answers is None else {id: describe_answer(answer) for id, answer in answers.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], read: Callable[[Mapping[str, Any]], ToolResult]) -> OpenCalls:
        """read: makes a ToolResult of plain data."""
        self = cls(Message.from_dict({"role": "assistant", "content": data["calls"]}).tool_calls)
        self.results = [read(result) if result else None for result in data["results"]]
        self._asked = {position: ApprovalRequest(**request) for position, request in data.get("asked") or ()}
        self._approved = dict(data.get("approved") or ())
        for position, suspended, answers in data.get("suspended") or ():
            self._suspended[position] = Suspended.from_dict(suspended)
            if answers is not None:
                self._answers[position] = {id: answer for id, given in answers.items() if (answer := read_answer(given)) is not None}
        return self
