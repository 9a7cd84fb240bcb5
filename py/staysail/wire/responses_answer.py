"""Reads answers in OpenAI's Responses format: the items of a stream, and the parts of each item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..core.arguments import parse_calls
from ..core.completion import FinishReason
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.messages import Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall
from ..core.usage import Usage
from .call_ids import CallIds
from .faults import error_in_stream
from .finish import read_finish
from .native_tools import NATIVE_CALLS, read_native_call
from .shapes import count, read_index, read_media, record, records, string


class ResponsesReader:
    """Collects the items of a streamed response. `cursor` is the number of the last event, after which a background response can be
    resumed."""

    def __init__(self, ids: CallIds) -> None:
        self._ids = ids
        self._head: dict[str, Any] = {}
        self._whole: dict[str, Any] | None = None
        self._items: dict[int, dict[str, Any]] = {}
        self._done: set[int] = set()
        self.cursor = -1

    @property
    def ended(self) -> bool:
        return self._whole is not None

    @property
    def resume_path(self) -> str | None:
        id = string(self._head.get("id"))
        if self.ended or not id or self._head.get("background") is not True:
            return None
        return f"responses/{id}?stream=true&starting_after={self.cursor}"

    def feed(self, data: dict[str, Any], name: str = "") -> list[Event]:
        self.cursor = max(self.cursor, read_index(data.get("sequence_number"), -1))
        index = read_index(data.get("output_index"), max(self._items, default=0))
        more = string(data.get("delta"))
        kind = data.get("type") or name
        match kind:
            case "response.output_text.delta" | "response.refusal.delta" if more:
                _grow_message(self._items.setdefault(index, {"type": "message", "content": []}), kind, data, more)
                return [TextDelta(more)]
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" if more:
                return [ReasoningDelta(more)]
            case "response.output_item.added":
                index = read_index(data.get("output_index"), len(self._items))
                item = self._items[index] = dict(record(data.get("item")))
                if item.get("type") == "function_call":
                    return [self._call_delta(index, item, "")]
            case "response.function_call_arguments.delta":
                index = next((at for at, item in self._items.items() if item.get("id") and item["id"] == data.get("item_id")), index)
                item = self._items.setdefault(index, {"type": "function_call", "call_id": data.get("item_id")})
                item["arguments"] = string(item.get("arguments")) + more
                return [self._call_delta(index, item, more)]
            case "response.output_item.done" if record(data.get("item")):
                index = read_index(data.get("output_index"), len(self._items))
                self._items[index] = data["item"]
                self._done.add(index)
            case "response.completed" | "response.incomplete" | "response.cancelled" | "response.done":
                self._whole = record(data.get("response"))
            case "response.failed" | "error":
                raise error_in_stream(data)
            case _ if data.get("error"):
                raise error_in_stream(data)
            case _ if record(data.get("response")):
                self._head = data["response"]
        return []

    def body(self) -> dict[str, Any]:
        # Some servers send each item and leave all of them out of the last event. Reasoning in the last event is encrypted anew: the
        # item to echo is the one of `output_item.done`.
        whole = self._head | {"status": None} if self._whole is None else self._whole
        items = records(whole.get("output")) or [self._items[index] for index in sorted(self._items)]
        items = [self._items[n] if n in self._done and item.get("type") == "reasoning" else item for n, item in enumerate(items)]
        return whole | {"output": items}

    def _call_delta(self, index: int, item: Mapping[str, Any], more: str) -> ToolCallDelta:
        id = self._ids.at(index, item.get("call_id") or item.get("id"), self._head.get("id"))
        return ToolCallDelta(id, string(item.get("name")), more, index)


def _grow_message(item: dict[str, Any], kind: Any, data: Mapping[str, Any], more: str) -> None:
    """Adds text to a message that is not whole yet, in case the stream breaks off before it is."""
    type, field = ("refusal", "refusal") if kind == "response.refusal.delta" else ("output_text", "text")
    content = item["content"] = records(item.get("content"))
    position = read_index(data.get("content_index"), max(0, len(content) - 1))
    if position >= len(content):
        content.append({"type": type, field: ""})
    part = content[min(position, len(content) - 1)]
    part[field] = string(part.get(field)) + more


def parse_item(item: Mapping[str, Any], place: int, body: Mapping[str, Any], ids: CallIds, *, native: bool) -> Iterable[Part]:
    """Yields the parts of an item. native: custom tool calls and their like are calls of the caller's tools."""
    kind = string(item.get("type"))
    if kind == "message":
        kept = {key: item[key] for key in ("id", "status", "phase") if item.get(key) is not None}
        content = item.get("content")
        for part in [{"type": "output_text", "text": content}] if isinstance(content, str) else records(content):
            if part.get("type") == "output_text":
                yield Text(string(part.get("text")), tuple(records(part.get("annotations"))), {"responses": kept})
            elif part.get("type") == "refusal":
                yield Refusal(string(part.get("refusal")), {"responses": kept})
            else:
                yield Opaque({"responses": {"type": "message", "role": "assistant", "content": [part]} | kept})
    elif kind == "function_call":
        kept = {key: value for key, value in item.items() if value is not None and key not in ("type", "call_id", "name", "arguments")}
        id = ids.at(place, item.get("call_id") or item.get("id"), body.get("id"))
        for copy, arguments in enumerate(parse_calls(item.get("arguments"))):
            more = {} if copy else {"responses": kept}
            yield ToolCall(ids.at((place, copy), id) if copy else id, string(item.get("name")), arguments, more)
    elif kind in NATIVE_CALLS and native and (call := read_native_call(item)):
        # xAI reports calls of its hosted tools as custom_tool_call too; those have run already.
        yield call.replace(id=ids.at(place, item.get("call_id") or item.get("id"), body.get("id")))
    elif kind == "reasoning":
        texts = [*records(item.get("summary")), *records(item.get("content"))]
        # `status` is the server's to write: it refuses an echo that has it as null.
        kept = {key: value for key, value in item.items() if value is not None}
        thought = "\n\n".join(string(part.get("text")) for part in texts)
        yield Reasoning(thought, redacted=string(item.get("encrypted_content")) or None, extra={"responses": kept})
    elif kind == "image_generation_call" and (
        picture := read_media(Image, item.get("result"), f"image/{string(item.get('output_format')) or 'png'}", {"responses": dict(item)})
    ):
        yield picture
    else:
        yield Opaque({"responses": dict(item)})


def parse_finish(body: Mapping[str, Any], items: list[dict[str, Any]], *, calls: bool) -> FinishReason:
    reason = record(body.get("incomplete_details")).get("reason")
    if reason:
        found = read_finish(reason, calls=False)
        return found if found in ("length", "content_filter") else "error"
    if any(item.get("type") == "function_call" and item.get("status") == "incomplete" for item in items):
        return "length"
    status = string(body.get("status"))
    return "error" if status in ("queued", "in_progress") else read_finish(status, calls=calls)


def parse_usage(usage: Mapping[str, Any]) -> Usage:
    inputs, outputs = count(usage.get("input_tokens")), count(usage.get("output_tokens"))
    before, after = record(usage.get("input_tokens_details")), record(usage.get("output_tokens_details"))
    return Usage(
        inputs,
        outputs,
        count(usage.get("total_tokens")) or inputs + outputs,
        count(before.get("cached_tokens")),
        count(before.get("cache_write_tokens")),
        count(after.get("reasoning_tokens")),
    )
