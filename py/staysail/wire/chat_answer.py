"""Answers in Chat Completions: put together from a stream, and read.

How it works. A streamed answer is put together into the body that a blocking call would have returned, and `parse_answer` reads both,
so they cannot differ. Unknown fields are merged too and stay in `raw`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..core.arguments import parse_calls
from ..core.completion import Completion
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.messages import Image, Message, Opaque, Part, Reasoning, Refusal, Text, ToolCall
from ..core.usage import Usage
from ..core.value import NOTHING
from .call_ids import CallIds
from .chat_calls import add_piece
from .faults import error_in_stream
from .finish import no_answer, read_finish
from .shapes import count, read_index, read_media, record, records, string

REASONING = ("reasoning_content", "reasoning")


class ChatReader:
    """Puts the body of a streamed answer together, chunk by chunk.

    Args:
        tools: Names of the tools that the request offered.
    """

    def __init__(self, ids: CallIds, tools: Collection[str] = ()) -> None:
        self._ids, self._tools = ids, tools
        self._body: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}

    @property
    def ended(self) -> bool:
        return any(choice.get("finish_reason") for choice in self._choices.values())

    def feed(self, chunk: dict[str, Any], name: str = "") -> list[Event]:
        choices = records(chunk.get("choices"))
        if _is_error(chunk, name) and not any(_says(choice) for choice in choices):
            raise error_in_stream(chunk)
        for key, value in chunk.items():
            if key != "choices" and (value is not None or key not in self._body):
                self._body[key] = value
        out: list[Event] = []
        for position, piece in enumerate(choices):
            index = read_index(piece.get("index"), position)
            choice = self._choices.setdefault(index, {"index": index, "message": {"role": "assistant"}, "finish_reason": None})
            events = self._grow(choice["message"], _message(piece, "delta", "message"))
            if index == min(self._choices):
                out += events
            for key, value in piece.items():
                if key not in ("delta", "message", "index"):
                    _merge(choice, key, value)
        return out

    def body(self) -> dict[str, Any]:
        return self._body | {"choices": [self._choices[index] for index in sorted(self._choices)]}

    def _grow(self, message: dict[str, Any], delta: Mapping[str, Any]) -> list[Event]:
        """Merges one delta into the message. Returns the events for it."""
        out: list[Event] = []
        for key, value in delta.items():
            if key == "tool_calls":
                calls = message.get("tool_calls")
                calls = message["tool_calls"] = calls if isinstance(calls, list) else []
                out += [self._call_delta(calls, piece) for piece in records(value)]
                continue
            if key == "content":
                out += [TextDelta(said) for said in _texts(value)] + [ReasoningDelta(thought) for thought in _thoughts(value)]
            elif key in REASONING and isinstance(value, str) and value:
                if key == "reasoning_content" or not isinstance(delta.get("reasoning_content"), str):
                    out.append(ReasoningDelta(value))
            elif key == "refusal" and isinstance(value, str) and value:
                out.append(TextDelta(value))
            elif key == "reasoning_details":
                has_text = any(isinstance(delta.get(field), str) for field in REASONING)
                out += [] if has_text or not _detail_text(value) else [ReasoningDelta(_detail_text(value))]
            _merge(message, key, value)
        return out

    def _call_delta(self, calls: list[dict[str, Any]], piece: Mapping[str, Any]) -> ToolCallDelta:
        position, more = add_piece(calls, piece, self._tools)
        call = calls[position]
        for key, value in piece.items():
            if key not in ("index", "id", "type", "function"):
                _merge(call, key, value)
        return ToolCallDelta(self._ids.at(position, call["id"], self._body.get("id")), call["function"]["name"], more, position)


def _message(choice: Mapping[str, Any], *fields: str) -> dict[str, Any]:
    """Returns the message of a choice. `text` is the field of the completions that came before chat."""
    found: dict[str, Any] = next((choice[field] for field in fields if record(choice.get(field))), {})
    return found if found or not isinstance(choice.get("text"), str) else {"content": choice["text"]}


def _is_error(body: Mapping[str, Any], name: str = "") -> bool:
    """Returns whether a body within a 200 is an error, in any of the shapes that servers give it."""
    if body.get("error") or name == "error" or "error" in (body.get("object"), body.get("type")):
        return True
    return "choices" not in body and bool(body.get("detail") or (body.get("message") and (body.get("code") or body.get("status"))))


def _says(choice: Mapping[str, Any]) -> bool:
    return bool(record(choice.get("delta")).get("content"))


WHOLE_FIELDS = ("role", "finish_reason", "native_finish_reason", "id", "type")


def _merge(target: dict[str, Any], key: str, value: Any) -> None:
    """Merges a field: text is appended, lists are extended, objects are merged; null changes nothing."""
    old = target.get(key)
    if value is None:
        target.setdefault(key, None)
    elif isinstance(old, str) and isinstance(value, str) and key not in WHOLE_FIELDS:
        target[key] = old + value
    elif isinstance(old, list) or isinstance(value, list):
        target[key] = _join(old if isinstance(old, list) else as_parts(old), as_parts(value))
    elif isinstance(old, dict) and isinstance(value, dict):
        for name, item in value.items():
            _merge(old, name, item)
    else:
        target[key] = dict(value) if isinstance(value, dict) else value


def as_parts(value: Any) -> list[Any]:
    """Returns content as a list of parts."""
    if isinstance(value, str):
        return [{"type": "text", "text": value}] if value else []
    return list(value) if isinstance(value, list) else [value] if isinstance(value, dict) else []


def _join(parts: list[Any], more: list[Any]) -> list[Any]:
    """Adds to `parts`, in place. A piece that continues the last part is merged into it: neighbours of one type and index, as content
    parts and reasoning details are streamed."""
    for part in more:
        last = parts[-1] if parts else None
        if not (isinstance(part, dict) and isinstance(last, dict) and _continues(last, part)):
            parts.append(part)
            continue
        for key, value in part.items():
            if key in GROWING:
                _merge(last, key, value)
            elif value is not None or key not in last:
                last[key] = value
    return parts


GROWING = ("text", "thinking", "summary", "data")


def _continues(last: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    same = all(last.get(key) == part.get(key) for key in ("type", "index")) and part.get("id") in (None, last.get("id"))
    return same and part.get("type") in ("text", "thinking", "reasoning.text", "reasoning.summary") and not last.get("signature")


def _texts(content: Any) -> list[str]:
    """Returns the pieces of text of content, which is text or parts."""
    if not isinstance(content, list | dict):
        return [content] if isinstance(content, str) and content else []
    parts = content if isinstance(content, list) else [content]
    said = [part if isinstance(part, str) else string(record(part).get("text")) if _is_text(part) else "" for part in parts]
    return [piece for piece in said if piece]


def _is_text(part: Any) -> bool:
    return record(part).get("type") in (None, "text", "output_text")


def _thoughts(content: Any) -> list[str]:
    """Returns the text of Mistral's thinking parts."""
    return [thought for part in records(content) if part.get("type") == "thinking" for thought in _texts(part.get("thinking"))]


def parse_answer(body: Mapping[str, Any], ids: CallIds) -> Completion:
    """Returns the Completion of a whole body. Raises StreamError for a body that holds an error or no choice."""
    choices = records(body.get("choices"))
    if not choices and _is_error(body):
        raise error_in_stream(body)
    if not choices:
        raise no_answer(body, "choices")
    choice = choices[0]
    reason = string(choice.get("finish_reason")) or string(choice.get("native_finish_reason")) or None
    if choice.get("error") and read_finish(reason, calls=False) == "error":
        raise error_in_stream(choice)
    message = Message("assistant", tuple(_parse_message(_message(choice, "message", "delta"), body, ids)))
    return Completion(
        message,
        parse_usage(record(body.get("usage")) or record(choice.get("usage"))),
        read_finish(reason, calls=bool(message.tool_calls)),
        reason,
        body,
        model=string(body.get("model")) or None,
    )


def _parse_message(message: Mapping[str, Any], body: Mapping[str, Any], ids: CallIds) -> Iterable[Part]:
    """Yields reasoning, then text, then calls: the order in which every provider takes them back."""
    content = message.get("content")
    field = next((name for name in REASONING if message.get(name) and isinstance(message[name], str)), None)
    details = records(message.get("reasoning_details"))
    if field or details:
        extra = {"field": field} if field else {}
        yield Reasoning(
            message[field] if field else _detail_text(details),
            extra={"chat": extra | ({"details": details} if details else {})},
        )
    elif thoughts := "".join(_thoughts(content)):
        kept = [part for part in records(content) if part.get("type") == "thinking"]
        yield Reasoning(thoughts, extra={"chat": {"parts": kept}})
    said = "".join(_texts(content))
    citations = records(message.get("annotations")) or _references(content) or _search_results(body)
    if said:
        yield Text(said, tuple(citations))
    if refusal := string(message.get("refusal")):
        yield Refusal(refusal)
    for image in records(message.get("images")):
        if picture := read_media(Image, record(image.get("image_url")).get("url"), None):
            yield picture
    for position, call in enumerate(_calls(message)):
        yield from _parse_call(call, position, body, ids)


def _calls(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the calls of a message. `function_call` is the field that came before `tool_calls`."""
    function = record(message.get("function_call"))
    return records(message.get("tool_calls")) or ([{"function": function}] if function else [])


def _parse_call(call: Mapping[str, Any], position: int, body: Mapping[str, Any], ids: CallIds) -> Iterable[Part]:
    """Yields the call; several calls, where a server wrote the arguments of parallel calls one after the other."""
    function = record(call.get("function"))
    name = string(function.get("name") or call.get("name"))
    if not name and not function:
        yield Opaque({"chat": {"call": dict(call)}})
        return
    id = ids.at(position, call.get("id"), body.get("id"))
    kept = {key: value for key, value in call.items() if key not in ("id", "type", "function", "index", "name", "arguments")}
    given = function.get("arguments") if function else call.get("arguments")
    for copy, arguments in enumerate(parse_calls(given)):
        yield ToolCall(ids.at((position, copy), id) if copy else id, name, arguments, {"chat": kept} if kept else NOTHING)


def _references(content: Any) -> list[dict[str, Any]]:
    """Returns Mistral's references, which stand between the pieces of the text."""
    return [dict(part) for part in records(content) if part.get("type") == "reference"]


def _search_results(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns Perplexity's sources, which stand beside the choices."""
    results = records(body.get("search_results"))
    if results:
        return results
    listed = body.get("citations")
    return [{"url": url} if isinstance(url, str) else record(url) for url in listed] if isinstance(listed, list) else []


def _detail_text(details: Any) -> str:
    return "".join(string(detail.get("text") or detail.get("summary")) for detail in records(details))


def parse_usage(usage: Mapping[str, Any]) -> Usage:
    inputs = count(usage.get("prompt_tokens"))
    outputs = count(usage.get("completion_tokens")) or max(0, count(usage.get("total_tokens")) - inputs)
    before, after = record(usage.get("prompt_tokens_details")), record(usage.get("completion_tokens_details"))
    return Usage(
        inputs,
        outputs,
        count(usage.get("total_tokens")) or inputs + outputs,
        _first(before, "cached_tokens") or _first(usage, "prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens"),
        _first(before, "cache_write_tokens", "cache_creation_tokens") or _first(usage, "cache_creation_input_tokens"),
        _first(after, "reasoning_tokens") or _first(usage, "reasoning_tokens"),
    )


def _first(usage: Mapping[str, Any], *fields: str) -> int:
    return next(filter(None, (count(usage.get(field)) for field in fields)), 0)
