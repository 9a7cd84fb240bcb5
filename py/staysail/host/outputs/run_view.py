"""The state of a run that is shown while it streams: text, tool cards, pictures and notes, in the order in which they came."""

from __future__ import annotations

from typing import Any

from ...agent.approval import ApprovalNeeded
from ...agent.events import HandedOver, NestedEvent, RunDone
from ...agent.fallback import ModelChanged
from ...agent.showing import shorten, show_call, show_content, show_result, show_usage, state_of
from ...core.events import (
    Event,
    ReasoningDelta,
    RequestAdjusted,
    RetryScheduled,
    TextDelta,
    ToolCallDone,
    ToolProgress,
    ToolResult,
)
from ...core.shown import Card, Code, Note, Prose, ShownPart


class RunView:
    def __init__(self) -> None:
        self._parts: list[Any] = []
        self._end: list[ShownPart] = []

    def add(self, event: Event) -> None:
        """Takes an event. Events that show nothing are skipped."""
        match event:
            case TextDelta(text):
                self._text(Growing).grow(text)
            case ReasoningDelta(text):
                self._text(GrowingReasoning).grow(text)
            case ToolCallDone(id, name, arguments):
                self._parts.append(LiveCall(id, name, arguments))
            case ToolProgress(call_id, name):
                self._call(call_id, name).progress(event)
            case ToolResult(id, name):
                self._call(id, name).finish(event)
            case NestedEvent(call_id, agent, inner):
                self._call(call_id, agent).nested(inner)
            case ApprovalNeeded(request):
                self._parts.append(LiveCall(request.id, request.tool, request.arguments, "waits for approval"))
            case RetryScheduled(attempt, delay, error):
                self._note(f"{error}; attempt {attempt} in {delay:.1f} s")
            case ModelChanged():
                self._note(f"{event.previous} failed ({event.error}); {event.model} answers")
            case HandedOver(agent):
                self._note(f"handed over to {agent}")
            case RequestAdjusted(message):
                self._note(message)
            case RunDone(reply):
                self._finish(reply)

    def stop(self, reason: str) -> None:
        """Takes the reason why the run broke off."""
        self._end = [Note(reason, "error")]

    def parts(self) -> tuple[ShownPart, ...]:
        return (*(part.shown() for part in self._parts), *self._end)

    def _text(self, kind: type[Growing]) -> Growing:
        if not self._parts or type(self._parts[-1]) is not kind:
            self._parts.append(kind())
        last: Growing = self._parts[-1]
        return last

    def _call(self, id: str, name: str) -> LiveCall:
        for part in reversed(self._parts):
            if isinstance(part, LiveCall) and part.id == id:
                return part
        self._parts.append(LiveCall(id, name, None))
        made: LiveCall = self._parts[-1]
        return made

    def _note(self, text: str) -> None:
        self._parts.append(Fixed(Note(text)))

    def _finish(self, reply: Any) -> None:
        if not any(type(part) is Growing for part in self._parts) and reply.text:
            self._text(Growing).grow(reply.text)  # a resumed run whose text came before
        if reply.finish_reason not in ("stop", "tool_calls"):
            self._end.append(Note(f"ended by {reply.finish_reason}"))
        self._end.append(show_usage(reply.usage, len(reply.steps)))


class Growing:
    """Text of an answer, joined when it is drawn."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def grow(self, text: str) -> None:
        self._pieces.append(text)

    def shown(self) -> ShownPart:
        return Prose(self._whole())

    def _whole(self) -> str:
        self._pieces = ["".join(self._pieces)]
        return self._pieces[0]


class GrowingReasoning(Growing):
    def shown(self) -> ShownPart:
        return Card("reasoning", "", (Code(shorten(self._whole())),))


class Fixed:
    def __init__(self, part: ShownPart) -> None:
        self._part = part

    def shown(self) -> ShownPart:
        return self._part


class LiveCall:
    """The card of a tool call."""

    def __init__(self, id: str, name: str, arguments: Any, state: str = "running") -> None:
        self.id, self._name, self._arguments, self._state = id, name, arguments, state
        self._printed = ""
        self._displayed: list[ShownPart] = []
        self._result: tuple[ShownPart, ...] = ()
        self._inner: RunView | None = None

    def progress(self, event: ToolProgress) -> None:
        self._printed = shorten(self._printed + event.text)
        if event.part is not None:
            self._displayed += show_content([event.part])

    def finish(self, result: ToolResult) -> None:
        self._state, self._result = state_of(result), show_result(result)
        self._printed, self._displayed = "", []  # the result repeats both

    def nested(self, event: Event) -> None:
        self._inner = self._inner or RunView()
        self._inner.add(event)

    def shown(self) -> ShownPart:
        printed = (Code(self._printed),) if self._printed else ()
        inner = self._inner.parts() if self._inner else ()
        return show_call(self._name, self._arguments, self._state, (*inner, *printed, *self._displayed, *self._result))
