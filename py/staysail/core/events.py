"""What a run tells while it goes on. Every event is a value, and plain JSON with `type` through `to_dict`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, ClassVar

from .completion import Completion, FinishReason
from .messages import Part, ToolCall, ToolOutput
from .usage import Usage
from .value import Value


class Event(Value):
    type: ClassVar[str] = "event"

    def __init_subclass__(cls) -> None:
        cls.type = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type} | {field: plain(getattr(self, field)) for field in type(self).__match_args__}


def plain(value: Any) -> Any:
    """Plain JSON: objects that have `to_dict` through it, tuples as lists, NaN and Infinity as None."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


class TextDelta(Event):
    text: str

    def to_dict(self) -> dict[str, Any]:
        return {"type": "text_delta", "text": self.text}


class ReasoningDelta(Event):
    text: str


class ToolCallDelta(Event):
    """A piece of a call's arguments as JSON text; the first piece of a call may be empty. id, name: as soon as known."""

    id: str
    name: str
    arguments_delta: str
    index: int = 0


class ToolCallDone(Event):
    """The model finished asking for a tool; `arguments` as in ToolCall. hosted: the provider runs the tool itself."""

    id: str
    name: str
    arguments: Any
    hosted: bool = False

    @classmethod
    def of(cls, call: ToolCall) -> ToolCallDone:
        return cls(call.id, call.name, call.arguments)


class ToolResult(Event):
    """A tool answered. text: what the model is told. duration_s: seconds it took. sources: the documents that it rests on. hosted: the
    provider ran the tool itself."""

    id: str
    name: str
    content: tuple[Part, ...] = ()
    is_error: bool = False
    duration_s: float = 0.0
    sources: tuple[Mapping[str, Any], ...] = ()
    hosted: bool = False

    @property
    def text(self) -> str:
        return self.output.text

    @property
    def output(self) -> ToolOutput:
        return ToolOutput(self.id, self.name, self.content, self.is_error)

    def to_dict(self) -> dict[str, Any]:
        return super().to_dict() | {"text": self.text}


class ToolProgress(Event):
    """Something that a tool tells while it runs. stream: "stdout", "stderr", "progress", or "display" with what it shows, a picture or a
    table, as `part`."""

    call_id: str
    name: str
    stream: str
    text: str
    part: Part | None = None


class StepDone(Event):
    """One model call ended. step: from 1."""

    step: int
    usage: Usage
    finish_reason: FinishReason
    request_id: str | None = None
    completion: Completion | None = None

    def to_dict(self) -> dict[str, Any]:
        out = super().to_dict()
        del out["completion"]
        return out


class RetryScheduled(Event):
    """A model call failed and will be tried again. attempt: the one that comes, from 2. error: what happened, in words."""

    attempt: int
    delay_s: float
    error: str
    code: str = ""
    status: int | None = None


class RequestAdjusted(Event):
    """A request was sent with an option left out or changed, as the model does not take it as it was. message: which, and why. learned: the
    model refused the option first; the refusal is remembered."""

    message: str
    learned: bool = False


class RunDone(Event):
    """The last event of a run. reply: a Reply."""

    reply: Any


def replay(completion: Completion) -> list[Event | Completion]:
    """The events of an answer that is already whole."""
    events: list[Event | Completion] = []
    if completion.reasoning:
        events.append(ReasoningDelta(completion.reasoning))
    if completion.text:
        events.append(TextDelta(completion.text))
    return [*events, *map(ToolCallDone.of, completion.tool_calls), completion]
