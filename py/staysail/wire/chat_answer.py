"""An answer in Chat Completions: grown from a stream, and read.

How it works. A streamed answer is grown into the body that a blocking call would have given, and both are read by the same `parse_answer`:
so they cannot differ. Fields nobody knows are merged too and stay in `raw`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.completion import Completion, FinishReason
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.framing import ServerEvent
from ..core.json_text import read_json
from ..core.messages import Image, Message, Opaque, Part, Reasoning, Refusal, Text, ToolCall, parse_arguments
from ..core.usage import Usage
from ..core.value import NOTHING
from .faults import cut_off, error_in_stream

FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "end_turn": "stop",
    "length": "length",
    "model_length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "safety": "content_filter",
    "refusal": "content_filter",
    "error": "error",
}


class ChatReader:
    """Grows the body of a streamed answer, chunk by chunk."""

    def __init__(self) -> None:
        self._body: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}
        self._ended = False

    def feed(self, event: ServerEvent) -> list[Event]:
        if event.data.strip() == "[DONE]":
            self._ended = True
            return []
        chunk = read_json(event.data, nonfinite="null")
        if chunk.get("error") and not any((c.get("delta") or {}).get("content") for c in chunk.get("choices") or ()):
            raise error_in_stream(chunk)
        for key, value in chunk.items():
            if key != "choices" and (value is not None or key not in self._body):
                self._body[key] = value
        out: list[Event] = []
        for position, piece in enumerate(chunk.get("choices") or ()):
            index = piece.get("index") or position
            choice = self._choices.setdefault(index, {"index": index, "message": {"role": "assistant"}, "finish_reason": None})
            delta = piece.get("delta") or piece.get("message") or {}
            events = _grow(choice["message"], delta)
            if index == 0:
                out += events
            for key, value in piece.items():
                if key not in ("delta", "message", "index"):
                    _merge(choice, key, value)
        return out

    def finish(self) -> Completion:
        ended = self._ended or any(choice.get("finish_reason") for choice in self._choices.values())
        if not ended or not self._choices:
            raise cut_off()
        body = self._body | {"choices": [self._choices[index] for index in sorted(self._choices)]}
        return parse_answer(body)


def _grow(message: dict[str, Any], delta: Mapping[str, Any]) -> list[Event]:
    """Merges one delta into the message and says what it brought."""
    out: list[Event] = []
    for key, value in delta.items():
        if key == "tool_calls":
            out += _grow_calls(message.setdefault("tool_calls", []), value or ())
            continue
        if value and key == "content":
            out += [TextDelta(text) for text in _texts(value)] + [ReasoningDelta(text) for text in _thoughts(value)]
        elif value and key in ("reasoning_content", "reasoning") and isinstance(value, str):
            if key == "reasoning_content" or "reasoning_content" not in delta:
                out.append(ReasoningDelta(value))
        elif value and key == "refusal":
            out.append(TextDelta(value))
        elif value and key == "reasoning_details":
            told = "reasoning" in delta or "reasoning_content" in delta
            out += [] if told or not _detail_text(value) else [ReasoningDelta(_detail_text(value))]
        _merge(message, key, value)
    return out


def _grow_calls(calls: list[dict[str, Any]], pieces: Iterable[Mapping[str, Any]]) -> list[Event]:
    """Calls are told apart by index; a new id or name at a known index begins another call (some servers always say 0), and a piece that
    has neither belongs to the
    last call, whatever index it claims (vLLM counts one too far)."""
    out: list[Event] = []
    for piece in pieces:
        function = piece.get("function") or {}
        index, id, name = piece.get("index"), piece.get("id"), function.get("name")
        known = next((call for call in reversed(calls) if call.get("index") == index), None) if index is not None else None
        if known is None and not id and not name and calls:
            known = calls[-1]
        elif known is not None and (
            (id and known["id"] and id != known["id"])
            or (name and known["function"]["name"] and not id and name != known["function"]["name"])
        ):
            known = None
        if known is None:
            known = {
                "index": index if index is not None else len(calls),
                "id": id or "",
                "type": "function",
                "function": {"name": "", "arguments": ""},
            }
            calls.append(known)
        known["id"] = known["id"] or id or ""
        known["function"]["name"] = known["function"]["name"] or name or ""
        arguments = function.get("arguments")
        text = json.dumps(arguments, ensure_ascii=False) if isinstance(arguments, Mapping) else arguments or ""
        known["function"]["arguments"] += text
        for key, value in piece.items():
            if key not in ("index", "id", "type", "function"):
                _merge(known, key, value)
        out.append(ToolCallDelta(known["id"], known["function"]["name"], text, calls.index(known)))
    return out


WHOLE_FIELDS = ("role", "finish_reason", "native_finish_reason", "id", "type")


def _merge(target: dict[str, Any], key: str, value: Any) -> None:
    """Text is appended, lists are extended, objects merged; null changes nothing that is there."""
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
    if isinstance(value, str):
        return [{"type": "text", "text": value}] if value else []
    return list(value or ())


def _join(parts: list[Any], more: list[Any]) -> list[Any]:
    """Adds to `parts`, in place. A piece that continues the last part is put onto it: neighbours of the same type and index, as content
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
    if isinstance(content, str):
        return [content]
    return [part["text"] for part in content if part.get("type") == "text" and part.get("text")]


def _thoughts(content: Any) -> list[str]:
    """Mistral's thinking parts."""
    if isinstance(content, str):
        return []
    return [text for part in content if part.get("type") == "thinking" for text in _texts(part.get("thinking") or []) if text]


def parse_answer(body: Mapping[str, Any]) -> Completion:
    """A Completion from a whole body. Raises StreamError for an error told in one."""
    choices = body.get("choices") or []
    if not choices and body.get("error"):
        raise error_in_stream(body)
    choice = choices[0]
    if choice.get("finish_reason") == "error" and choice.get("error"):
        raise error_in_stream(choice)
    message = choice["message"]
    reason = choice.get("finish_reason") or choice.get("native_finish_reason")
    parts = tuple(_parse_message(message, body))
    return Completion(
        Message("assistant", parts),
        parse_usage(body.get("usage") or {}),
        _finish(reason, message),
        reason,
        body,
        model=body.get("model"),
    )


def _parse_message(message: Mapping[str, Any], body: Mapping[str, Any]) -> Iterable[Part]:
    """Reasoning, then text, then calls: the order every provider takes them back in."""
    content: Any = message.get("content") or ""
    field = next(
        (name for name in ("reasoning_content", "reasoning") if message.get(name) and isinstance(message[name], str)),
        None,
    )
    details = message.get("reasoning_details")
    if field or details:
        extra = {"field": field} if field else {}
        yield Reasoning(
            message[field] if field else _detail_text(details or ()),
            extra={"chat": extra | ({"details": details} if details else {})},
        )
    elif thoughts := "".join(_thoughts(content)):
        kept = [part for part in content if part.get("type") == "thinking"]
        yield Reasoning(thoughts, extra={"chat": {"parts": kept}})
    text = "".join(_texts(content))
    citations = message.get("annotations") or _references(content) or _search_results(body)
    if text:
        yield Text(text, tuple(citations))
    if message.get("refusal"):
        yield Refusal(message["refusal"])
    for image in message.get("images") or ():
        yield Image(url=image["image_url"]["url"])
    for position, call in enumerate(message.get("tool_calls") or ()):
        function = call.get("function") or {}
        if not function.get("name"):
            yield Opaque({"chat": {"call": dict(call)}})
            continue
        arguments = function.get("arguments")
        parsed = arguments if isinstance(arguments, dict) else parse_arguments(arguments or "")
        signature = {key: value for key, value in call.items() if key not in ("id", "type", "function", "index")}
        yield ToolCall(
            call.get("id") or f"call_{position}",
            function["name"],
            parsed,
            {"chat": signature} if signature else NOTHING,
        )


def _references(content: Any) -> list[dict[str, Any]]:
    """Mistral's references, which stand between the pieces of the text."""
    return [] if isinstance(content, str) else [dict(part) for part in content if part.get("type") == "reference"]


def _search_results(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Perplexity's sources, which stand beside the choices."""
    results = body.get("search_results")
    if results:
        return [dict(result) for result in results if isinstance(result, Mapping)]
    return [{"url": url} if isinstance(url, str) else dict(url) for url in body.get("citations") or ()]


def _detail_text(details: Iterable[Mapping[str, Any]]) -> str:
    return "".join(str(detail.get("text") or detail.get("summary") or "") for detail in details)


def _finish(reason: str | None, message: Mapping[str, Any]) -> FinishReason:
    if message.get("tool_calls") and reason in (None, "stop", "eos"):
        return "tool_calls"  # several servers say "stop" after a tool call
    return FINISH_REASONS.get(reason or "", "other")


def parse_usage(usage: Mapping[str, Any]) -> Usage:
    inputs = usage.get("prompt_tokens") or 0
    outputs = usage.get("completion_tokens") or max(0, (usage.get("total_tokens") or 0) - inputs)
    before = usage.get("prompt_tokens_details") or {}
    after = usage.get("completion_tokens_details") or {}
    return Usage(
        inputs,
        outputs,
        usage.get("total_tokens") or inputs + outputs,
        before.get("cached_tokens")
        or usage.get("prompt_cache_hit_tokens")
        or usage.get("cached_tokens")
        or usage.get("cache_read_input_tokens")
        or 0,
        before.get("cache_write_tokens") or before.get("cache_creation_tokens") or usage.get("cache_creation_input_tokens") or 0,
        after.get("reasoning_tokens") or usage.get("reasoning_tokens") or 0,
    )
