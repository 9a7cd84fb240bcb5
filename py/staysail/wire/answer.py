"""Reads one answer of any wire format: chooses the stream events that count, and refuses an answer that failed or broke off.

How it works. A wire's reader knows its own format. The rest is the same for every format and is done here. Between the framing and the
reader, events without data, heartbeats and `[DONE]` are dropped. Between the reader and the caller, thinking in tags is separated from
text, and a character whose halves came in two deltas is joined. An answer that failed or broke off is a StreamError, which says whether
to try again and carries the part that came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.completion import Completion, CompletionRequest
from ..core.errors import JsonError, StreamError
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.framing import ServerEvent
from ..core.json_text import read_json
from ..core.messages import Message, Part, Reasoning, Text
from ..core.whole_text import whole, whole_text
from .call_ids import CallIds
from .faults import cut_off, error_in_stream, not_understood
from .format import ChatWire
from .hosted_answers import HostedWatch, count_calls
from .shapes import records
from .think_tags import Piece, ThinkTags

END = "[DONE]"
HEARTBEAT = re.compile(r":.*|\[?(ping|pong|heart[ _-]?beat|keep[ _-]?alive|ok)\]?", re.IGNORECASE | re.DOTALL)
HALF = re.compile("[\ud800-\udbff]$")


def earlier_ids(request: CompletionRequest | None) -> CallIds:
    """Returns the ids for an answer to the request: none is an id of a call in its messages."""
    return CallIds(call.id for message in request.messages for call in message.tool_calls) if request else CallIds()


def parse_whole(wire: ChatWire, body: Any, dialect: Any, request: CompletionRequest | None = None) -> Completion:
    """Returns the Completion of a body that came whole. Raises StreamError."""
    if not isinstance(body, dict):
        raise not_understood("an answer of an unknown shape", _excerpt(body))
    return check_answer(wire.parse(body, dialect, earlier_ids(request)))


class StreamedAnswer:
    """Reads a streamed answer, event by event.

    Args:
        request: The request, whose ids and tools are known.
    """

    def __init__(self, wire: ChatWire, dialect: Any, request: CompletionRequest | None = None) -> None:
        self._wire, self._dialect = wire, dialect
        self._ids = earlier_ids(request)
        self._reader = wire.reader(dialect, self._ids, tuple(tool.name for tool in request.tools) if request else ())
        self._hosted = HostedWatch(wire.name) if request is None or request.hosted else None
        self._tags = ThinkTags()
        self._halves: dict[Any, Event] = {}
        self._ended = False

    def feed(self, frame: ServerEvent) -> list[Event]:
        """Returns the events that an event of the stream stands for. Raises StreamError."""
        events = (event for data in self._read(frame) for event in self._feed(data, frame.event))
        return list(self._joined(self._without_thinking_tags(events)))

    def _feed(self, data: dict[str, Any], name: str) -> Iterable[Event]:
        yield from self._reader.feed(data, name)
        if self._hosted:
            yield from self._hosted.feed(data)

    @property
    def resume_path(self) -> str | None:
        """Returns the path of the rest of the stream, where the provider goes on with the answer in the background."""
        path: str | None = getattr(self._reader, "resume_path", None)
        return path

    def close(self) -> list[Event]:
        """Returns the events that were held back until the end of the answer."""
        events = map(as_event, self._tags.close())
        held, self._halves = list(self._halves.values()), {}
        return [*self._joined(events), *(_with_text(event, "\ufffd") for event in held)]

    def finish(self) -> Completion:
        """Returns the whole answer. Raises StreamError where the stream ended without its end."""
        if not (self._reader.ended or self._ended):
            raise cut_off()
        return check_answer(self._wire.parse(self._reader.body(), self._dialect, self._ids))

    def partial(self) -> Message | None:
        """Returns the part of the answer that came so far; None where nothing came."""
        try:
            message = mend_message(self._wire.parse(self._reader.body(), self._dialect, self._ids).message)
        except StreamError:
            return None
        return message if message.content else None

    def _read(self, frame: ServerEvent) -> list[dict[str, Any]]:
        """Returns the objects of an event: one, or those of a list; none for a heartbeat, and for the `[DONE]` that relays add to every
        format."""
        text = frame.data.strip()
        if text == END:
            self._ended = True
            return []
        if not text or HEARTBEAT.fullmatch(text) or HEARTBEAT.fullmatch(frame.event):
            return []
        try:
            data = read_json(text, nonfinite="null")
        except JsonError:
            if frame.event == "error":
                raise error_in_stream(text) from None
            raise not_understood("a stream event it should not", text) from None
        found = records(data)
        if data is not None and not found:
            raise not_understood("a stream event it should not", text)
        return found

    def _without_thinking_tags(self, events: Iterable[Event]) -> Iterable[Event]:
        for event in events:
            if isinstance(event, TextDelta):
                yield from map(as_event, self._tags.feed(event.text))
            else:
                yield event

    def _joined(self, events: Iterable[Event]) -> Iterable[Event]:
        """Yields the events. Half of a character is held back until its other half comes."""
        for event in events:
            if isinstance(event, ToolCallDelta) and not event.name.isascii():
                event = event.replace(name=whole_text(event.name))
            text, key = _text_of(event)
            if not text or (text.isascii() and not self._halves):
                yield event
                continue
            held = self._halves.pop(key, None)
            if held:
                text = (_text_of(held)[0] or "")[-1:] + text
            if HALF.search(text):
                self._halves[key] = event
                text = text[:-1]
            if text:
                yield _with_text(event, whole_text(text))


def as_event(piece: Piece) -> Event:
    """Returns the delta of a piece of text or thinking."""
    kind, text = piece
    return TextDelta(text) if kind == "text" else ReasoningDelta(text)


def _text_of(event: Event) -> tuple[str | None, Any]:
    """Returns the text of an event, and a key that tells texts of several kinds and calls apart."""
    match event:
        case TextDelta() | ReasoningDelta():
            return event.text, type(event)
        case ToolCallDelta():
            return event.arguments_delta, event.id
    return None, None


def _with_text(event: Event, text: str) -> Event:
    return event.replace(arguments_delta=text) if isinstance(event, ToolCallDelta) else event.replace(text=text)


def check_answer(completion: Completion) -> Completion:
    """Returns the answer with its text in order. Raises StreamError for an answer that failed."""
    message = mend_message(completion.message)
    reason = completion.raw_finish_reason
    if completion.finish_reason == "error":
        code = (reason or "error").lower()
        error = StreamError(f"the model's answer failed: {reason}", code=code, retryable="cancel" not in code, body=completion.raw)
        error.partial = message if message.content else None
        raise error
    hosted = count_calls(completion)
    return completion.replace(message=message, usage=completion.usage.replace(hosted_calls=hosted) if hosted else completion.usage)


def mend_message(message: Message) -> Message:
    """Returns the message with thinking in tags as reasoning, and without halves of characters."""
    parts: list[Part] = []
    begun = False
    for part in message.content:
        if isinstance(part, Text) and not begun:
            begun = True
            parts += _split_thinking(part)
        else:
            parts.append(part)
    return message.replace(content=tuple(map(_mend, parts)), extra=whole(message.extra) if message.extra else message.extra)


def _split_thinking(part: Text) -> list[Part]:
    tags = ThinkTags()
    pieces = [*tags.feed(part.text), *tags.close()]
    thought = "".join(text for kind, text in pieces if kind == "reasoning")
    text = "".join(text for kind, text in pieces if kind == "text")
    if text == part.text:
        return [part]
    return [*([Reasoning(thought)] if thought else []), *([part.replace(text=text)] if text else [])]


def _mend(part: Part) -> Part:
    changes: dict[str, Any] = {}
    for field in type(part)._fields:
        value = getattr(part, field)
        if isinstance(value, tuple):
            mended: Any = tuple(whole(item) for item in value if not isinstance(item, Part))
        elif isinstance(value, str | Mapping):
            mended = whole(value)
        else:
            continue
        if mended != value:
            changes[field] = mended
    return part.replace(**changes) if changes else part


def _excerpt(body: Any) -> str:
    return body if isinstance(body, str) else repr(body)
