"""Reads an answer that comes as pieces: plain JSON from a model that runs outside of Python.

A piece is a part of a message, as `Message.from_dict` reads it, or one of these:

    text, reasoning     joined with the piece of the same type before it; a piece with a signature, citations or `extra` ends its part
    tool_call_delta     {id, name, arguments_delta}: a piece of a call's arguments as JSON text
    usage               {input_tokens, output_tokens, …}, as in Usage; a later piece replaces it
    warning             {message}: an option that was not sent to the model, with the reason
    finish              {finish_reason, raw_finish_reason, usage, request_id, model, raw}: the end of the answer

web/types.d.ts describes the same pieces for JavaScript.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from ..core.arguments import parse_arguments
from ..core.completion import Completion, FinishReason
from ..core.errors import StreamError
from ..core.events import Event, RequestAdjusted, ToolCallDelta, ToolCallDone
from ..core.messages import Message, Part, Reasoning, Text, ToolCall
from ..core.usage import Usage
from .answer import as_event, check_answer
from .call_ids import CallIds
from .think_tags import ThinkTags


class PieceReader:
    """Puts one answer together from its pieces.

    Args:
        name: The model's name.
        ids: The ids of the conversation's calls, which no call of this answer repeats.
    """

    def __init__(self, name: str, ids: CallIds) -> None:
        self._name, self._ids = name, ids
        self._parts: list[Part] = []
        self._open: tuple[type[Text | Reasoning], list[str], dict[str, Any]] | None = None  # the part that still grows
        self._tags = ThinkTags()
        self._streamed: dict[str, list[str]] = {}  # arguments by the id of their call
        self._names: dict[str, str] = {}
        self._usage = Usage()
        self._warnings: list[str] = []
        self._end: Mapping[str, Any] | None = None

    def feed(self, piece: Mapping[str, Any]) -> list[Event]:
        """Returns the events of a piece. Raises ConfigError for a piece that cannot be read."""
        match piece:
            case {"type": "text", "text": str(text)}:
                self._join(Text, piece)
                return [as_event(found) for found in self._tags.feed(text)]
            case {"type": "reasoning"}:
                self._join(Reasoning, piece)
                return [as_event(("reasoning", piece["text"]))] if piece.get("text") else []
            case {"type": "tool_call_delta"}:
                return [self._delta(piece)]
            case {"type": "tool_call"}:
                self._end_text()
                return self._call(piece)
            case {"type": "usage"}:
                self._count(piece)
                return []
            case {"type": "warning", "message": message}:
                self._warnings.append(str(message))
                return [RequestAdjusted(str(message))]
            case {"type": "finish"}:
                self._end = piece
                if piece.get("usage"):
                    self._count(piece["usage"])
                return []
        self._end_text()
        self._parts += Message.from_dict({"role": "assistant", "content": [piece]}).content
        return []

    def close(self) -> list[Event]:
        """Returns the events that were held back until the end of the answer."""
        events = [as_event(found) for found in self._tags.close()]
        self._end_text()
        known = {part.id for part in self._parts if isinstance(part, ToolCall)}
        for id in [id for id in self._streamed if id not in known]:
            call = ToolCall(id, self._names[id], parse_arguments("".join(self._streamed[id])))
            self._parts.append(call)
            events.append(ToolCallDone.of(call))
        return events

    def finish(self) -> Completion:
        """Returns the whole answer. Raises StreamError for an answer that failed or has no end."""
        if self._end is None:
            raise StreamError(f"{self._name} stopped in the middle of its answer", provider=self._name)
        end = self._end
        reason: Any = end.get("finish_reason") or ("tool_calls" if any(isinstance(part, ToolCall) for part in self._parts) else "stop")
        completion = Completion(
            Message.assistant(self._parts),
            self._usage,
            reason if reason in get_args(FinishReason) else "other",
            end.get("raw_finish_reason") or reason,
            end.get("raw"),
            end.get("request_id"),
            end.get("model") or self._name,
            warnings=tuple(self._warnings),
        )
        return check_answer(completion)

    def _join(self, kind: type[Text | Reasoning], piece: Mapping[str, Any]) -> None:
        """Adds a piece of text or reasoning. A piece that has more than its text ends its part, and the next piece begins another."""
        if self._open is None or self._open[0] is not kind or self._open[2]:
            self._end_text()
            self._open = (kind, [], {})
        _, texts, fields = self._open
        texts.append(piece.get("text") or "")
        fields.update({name: value for name, value in piece.items() if name not in ("type", "text") and value is not None})

    def _end_text(self) -> None:
        """Makes a part of the pieces of text or reasoning that came last."""
        if self._open is not None:
            kind, texts, fields = self._open
            part = {"type": kind.type, "text": "".join(texts), **fields}
            self._parts += Message.from_dict({"role": "assistant", "content": [part]}).content
            self._open = None

    def _delta(self, piece: Mapping[str, Any]) -> ToolCallDelta:
        id = self._id(piece)
        pieces = self._streamed.setdefault(id, [])
        self._names[id] = piece.get("name") or self._names.get(id, "")
        pieces.append(piece.get("arguments_delta") or "")
        return ToolCallDelta(id, self._names[id], pieces[-1], list(self._streamed).index(id))

    def _call(self, piece: Mapping[str, Any]) -> list[Event]:
        id = self._id(piece)
        (call,) = Message.from_dict({"role": "assistant", "content": [{**piece, "id": id}]}).tool_calls
        self._parts.append(call)
        if id in self._streamed:
            return [ToolCallDone.of(call)]
        index = len(self._streamed)
        self._streamed[id], self._names[id] = [call.arguments_json], call.name
        return [ToolCallDelta(id, call.name, call.arguments_json, index), ToolCallDone.of(call)]

    def _id(self, piece: Mapping[str, Any]) -> str:
        """Returns the id of a piece's call. A call without an id is the next one."""
        given = piece.get("id")
        place = given or sum(isinstance(part, ToolCall) for part in self._parts)
        return self._ids.at(place, given)

    def _count(self, counts: Mapping[str, Any]) -> None:
        usage = Usage.from_dict(dict(counts))
        self._usage = usage if usage.total_tokens else usage.replace(total_tokens=usage.input_tokens + usage.output_tokens)
