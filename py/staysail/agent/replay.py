"""Rebuilding a durable run from its records: the run's state, and the events that it yielded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from ..core.completion import Completion
from ..core.errors import ConfigError, OutputError
from ..core.events import (
    Event,
    ReasoningDelta,
    RequestAdjusted,
    RetryScheduled,
    StepDone,
    StepStarted,
    TextDelta,
    ToolCallDelta,
    ToolCallDone,
    ToolProgress,
    findings,
    replay,
)
from ..core.messages import Message
from .approval import ApprovalNeeded, Approve, read_answer
from .events import HandedOver, NestedEvent, RunStarted
from .fallback import ModelChanged
from .open_calls import Suspended
from .partial_output import OutputDelta
from .reply import read_tool_result
from .run import Run
from .steering import MessageDelivered, MessageQueued, QueuedMessage


class Replay:
    """Takes the records of a run one by one.

    Attributes:
        begun: Positions in the turn of calls that began and have no result.
        count: The number of records taken.
        live: Whether the text of the current step was yielded as it arrived.
    """

    def __init__(self, id: str, decode: Callable[[Any], Any] | None = None) -> None:
        self._id, self._decode = id, decode
        self._shown = 0  # the last step whose StepStarted was yielded
        self._run: Run | None = None
        self.begun: set[int] = set()
        self.count = 0
        self.state = "running"
        self.error: Mapping[str, Any] | None = None
        self.live = False

    @property
    def run(self) -> Run:
        if self._run is None:
            raise ConfigError("there is no such run on record")
        return self._run

    def follows(self, event: Event) -> bool:
        """Returns whether an event from the run's owner fits the state known here: text of a step whose beginning was yielded, or output of
        a running call. Every other event is on record, or will be."""
        if isinstance(event, ToolProgress):
            return any(position in self.begun and call.id == event.call_id for position, call in self.run.ready())
        return self.live or isinstance(event, NestedEvent | RetryScheduled)

    def take(self, record: Mapping[str, Any]) -> list[Event]:
        """Takes a record and returns its events."""
        self.count += 1
        match record:
            case {"kind": "started", "run": data}:
                self._run = Run.from_dict(data, decode=self._decode)
                return [RunStarted(self._id, tuple(self._run.messages))]
            case {"kind": "state", "state": state}:
                self.state, self.error = state, record.get("error")
            case {"kind": "answered"}:
                return self._answered(record)
            case {"kind": "told", "feedback": feedback}:
                self.run.tell(feedback)
            case {"kind": "queued", "message": _}:
                queued = QueuedMessage.from_dict(record)
                return [MessageQueued(queued.id, queued.message, queued.when)] if self.run.queue(queued) else []
            case {"kind": "withdrawn", "id": id}:
                self.run.unqueue(id)
            case {"kind": "delivered", "message": _}:
                queued = QueuedMessage.from_dict(record)
                self.run.deliver(queued)
                return [MessageDelivered(queued.id, queued.message, queued.when)]
            case {"kind": "rejected", "objection": objection}:
                with suppress(OutputError):  # as in `_answered`
                    self.run.reject(objection)
            case {"kind": "asked", "position": position, "uncertain": uncertain, "expires_at": expires_at}:
                return [ApprovalNeeded(self.run.await_approval(position, uncertain=uncertain, expires_at=expires_at))]
            case {"kind": "decided", "id": id, "answer": answer}:
                return self._decided(id, answer)
            case {"kind": "tool_begun", "position": position}:
                self.begun.add(position)
            case {"kind": "tool_done", "position": position, "result": result}:
                self.begun.discard(position)
                self.run.delegate(record["delegated"])
                return [self.run.settle(position, read_tool_result(result))]
            case {"kind": "suspended", "position": position, "suspended": suspended}:
                self.begun.discard(position)
                self.run.delegate(record["delegated"])
                return [ApprovalNeeded(request) for request in self.run.suspend(position, Suspended.from_dict(suspended))]
            case {"kind": "handed_over", "tool": tool, "agent": agent, "output_mode": mode}:
                self.run.handed_over, self.run.output_mode = tool, mode
                return [HandedOver(agent)]
        return []

    def take_all(self, records: Iterable[Mapping[str, Any]]) -> list[Event]:
        return [event for record in records for event in self.take(record)]

    def _answered(self, record: Mapping[str, Any]) -> list[Event]:
        completion = Completion.from_dict(record["completion"])
        self.begun.clear()
        with suppress(OutputError):  # the error ended the run, and has a record of its own
            self.run.complete(completion, record["sources"], feedback=record["feedback"])
        begun = [] if self._shown == self.run.turn else [StepStarted(self.run.turn)]
        deltas = [] if self.live else [event for event in replay(completion) if isinstance(event, Event)]
        done = StepDone(self.run.turn, completion.usage, completion.finish_reason, completion.request_id, completion)
        self.live = False
        return [*begun, *deltas, *findings(completion, record["sources"]), done, *self.run.turned_back]

    def begin_step(self) -> StepStarted:
        """Returns the event of a step whose text will be yielded as it arrives."""
        self.live, self._shown = True, self.run.turn + 1
        return StepStarted(self._shown)

    def _decided(self, id: str, data: Any) -> list[Event]:
        answer = read_answer(data)
        assert answer is not None
        position = self.run.position_of(id)
        if isinstance(answer, Approve):
            self.begun.discard(position)
        settled = self.run.decide(id, answer)
        return [settled] if isinstance(settled, Event) else []


OF_MODELS = (TextDelta, ReasoningDelta, ToolCallDelta, ToolCallDone, RetryScheduled, RequestAdjusted, ModelChanged, OutputDelta)
LIVE: dict[str, type[Event]] = {kind.type: kind for kind in (*OF_MODELS, ToolProgress)}


def read_live(data: Mapping[str, Any]) -> Event | None:
    """Returns the event of a live message from the run's owner; None for a kind that is on record anyway or that this version does not
    know."""
    fields = {name: value for name, value in data.items() if name != "type"}
    if data["type"] == NestedEvent.type:
        inner = read_live(fields["event"])
        return NestedEvent(**fields | {"event": inner}) if inner else None
    if fields.get("part"):
        fields["part"] = Message.user([fields["part"]]).content[0]
    kind = LIVE.get(data["type"])
    return kind(**fields) if kind else None
