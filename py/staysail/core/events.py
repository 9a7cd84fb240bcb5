"""Events of a run. Every event is a value, and becomes plain JSON with `type` through `to_dict`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, ClassVar

from .completion import Completion, FinishReason
from .generics import Output, WithOutput
from .json_text import read_json
from .messages import Media, Part, Text, ToolCall, ToolOutput
from .usage import Usage
from .value import NOTHING


class Event(WithOutput[Output]):
    """The base of events. type: the class's name in snake case. The events of a run whose output is an Invoice are `Event[Invoice]`."""

    type: ClassVar[str] = "event"

    def __init_subclass__(cls) -> None:
        cls.type = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type} | {field: plain(getattr(self, field)) for field in type(self)._fields}


def plain(value: Any) -> Any:
    """Returns plain JSON: objects through their `to_dict`, tuples as lists, NaN and Infinity as None."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


class TextDelta(Event):
    """A piece of the answer's text."""

    text: str

    def to_dict(self) -> dict[str, Any]:
        return {"type": "text_delta", "text": self.text}


class ReasoningDelta(Event):
    """A piece of the model's reasoning."""

    text: str


class ToolCallDelta(Event):
    """A piece of a tool call's arguments as JSON text; the first piece may be empty.

    Attributes:
        id, name: The call's id and tool, as soon as they are known.
        index: The call's position in the answer.
    """

    id: str
    name: str
    arguments_delta: str
    index: int = 0


class ToolCallDone(Event):
    """The model completed a tool call.

    Attributes:
        arguments: As in ToolCall.
        hosted: The provider runs the tool itself.
    """

    id: str
    name: str
    arguments: Any
    hosted: bool = False

    @classmethod
    def of(cls, call: ToolCall) -> ToolCallDone:
        return cls(call.id, call.name, call.arguments)


class ToolResult(Event):
    """The result of a tool call.

    Attributes:
        content: The parts that the model reads.
        is_error: Whether the call failed.
        duration_s: Seconds that the call took.
        sources: The documents that the result rests on.
        hosted: The provider ran the tool itself.
        value: The JSON value that the tool returned, of which the model reads the text, or that an MCP server gave beside the parts; None
            where the tool returned text or parts alone.
        refused: A person refused the call, or nobody answered its approval request in time.
    """

    id: str
    name: str
    content: tuple[Part, ...] = ()
    is_error: bool = False
    duration_s: float = 0.0
    sources: tuple[Mapping[str, Any], ...] = ()
    hosted: bool = False
    value: Any = None
    refused: bool = False

    @property
    def text(self) -> str:
        """The result's text, as the model reads it."""
        return self.output.text

    @property
    def output(self) -> ToolOutput:
        """The result as a message's part. What the parts do not tell is in `extra`, which no provider is sent: `refused`, and `value`."""
        extra: dict[str, Any] = {"refused": True} if self.refused else {}
        if self.value is not None and not self._is_text_of_value():
            extra["value"] = self.value
        return ToolOutput(self.id, self.name, self.content, self.is_error, extra or NOTHING)

    def _is_text_of_value(self) -> bool:
        if len(self.content) != 1 or not isinstance(self.content[0], Text):
            return False
        try:
            return bool(read_json(self.content[0].text) == self.value)
        except ValueError:
            return False

    def to_dict(self) -> dict[str, Any]:
        out = super().to_dict() | {"text": self.text}
        if self.value is None:
            del out["value"]
        return out


class SourceFound(Event):
    """A document that the answer rests on: a page or file that it cites, or a document that was retrieved for the prompt. Documents that a
    tool found are in its ToolResult.

    Attributes:
        source: {id, score, source, span, document}, as in the step's `sources`.
    """

    source: Mapping[str, Any]


class FileCreated(Event):
    """A file that the model made: a picture, a sound or another file of its answer."""

    part: Part


class ToolProgress(Event):
    """A report of a running tool.

    Attributes:
        stream: "stdout", "stderr", "progress" or "display".
        text: The report's text.
        part: A picture or a table that the tool displays.
        value: The report as plain JSON, where it is not text alone.
    """

    call_id: str
    name: str
    stream: str
    text: str
    part: Part | None = None
    value: Any = None


class StepStarted(Event):
    """The model begins to answer. A step that is repeated, because its first attempt was cut off, starts again with the same number; the
    events that it yielded before no longer hold.

    Attributes:
        step: The number of the call, from 1.
    """

    step: int


class StepDone(Event):
    """A model call ended.

    Attributes:
        step: The number of the call, from 1.
        completion: The answer. In JSON it is `message`, the answer's message alone.
    """

    step: int
    usage: Usage
    finish_reason: FinishReason
    request_id: str | None = None
    completion: Completion | None = None

    def to_dict(self) -> dict[str, Any]:
        out = super().to_dict()
        del out["completion"]
        return out | {"message": self.completion.message.to_dict() if self.completion else None}


class RetryScheduled(Event):
    """A model call failed and will be repeated.

    Attributes:
        attempt: The number of the coming attempt, from 2.
        delay_s: Seconds until then.
        error: The error's message.
    """

    attempt: int
    delay_s: float
    error: str
    code: str = ""
    status: int | None = None


class RequestAdjusted(Event):
    """A request was sent with an option left out or changed, because the model does not accept it.

    Attributes:
        message: The option and the reason.
        learned: Whether the model refused the option first; the refusal is remembered.
    """

    message: str
    learned: bool = False


def findings(completion: Completion, sources: Iterable[Mapping[str, Any]]) -> list[Event]:
    """Returns the events that follow a complete answer: the files that the model made, and the documents that the answer rests on."""
    files = [FileCreated(part) for part in completion.message.content if isinstance(part, Media)]
    return [*files, *map(SourceFound, sources)]


def replay(completion: Completion) -> list[Event | Completion]:
    """Returns the events of a complete answer."""
    events: list[Event | Completion] = []
    if completion.reasoning:
        events.append(ReasoningDelta(completion.reasoning))
    if completion.text:
        events.append(TextDelta(completion.text))
    return [*events, *map(ToolCallDone.of, completion.tool_calls), completion]
