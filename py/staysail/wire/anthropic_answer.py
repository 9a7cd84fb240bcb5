"""Reads answers in Anthropic's Messages format: the blocks of a stream, and the parts of each block."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..core.arguments import parse_arguments, parse_calls
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.json_text import write_json
from ..core.messages import Opaque, Part, Reasoning, Text, ToolCall
from ..core.usage import Usage
from .call_ids import CallIds
from .faults import error_in_stream
from .native_tools import is_member, read_member_call
from .shapes import count, read_index, record, records, string


class MessageReader:
    """Puts a streamed message together, block by block."""

    def __init__(self, ids: CallIds) -> None:
        self._ids = ids
        self._message: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}
        self._inputs: dict[int, str] = {}
        self.ended = False

    def feed(self, data: dict[str, Any], name: str = "") -> list[Event]:
        kind = data.get("type") or name
        match kind:
            case "message_start":
                return self._start(record(data.get("message")))
            case "content_block_start":
                index = read_index(data.get("index"), len(self._blocks))
                block = self._blocks[index] = dict(record(data.get("content_block")))
                return self._begin(block, index)
            case "content_block_delta":
                return self._grow(read_index(data.get("index"), max(self._blocks, default=0)), record(data.get("delta")))
            case "content_block_stop":
                return self._end(read_index(data.get("index"), max(self._blocks, default=0)))
            case "message_delta":
                self._message |= record(data.get("delta"))
                usage = {key: value for key, value in record(data.get("usage")).items() if value is not None}
                self._message["usage"] = record(self._message.get("usage")) | usage
                self._message |= {key: value for key, value in data.items() if key not in ("type", "delta", "usage")}
                self.ended = self.ended or bool(self._message.get("stop_reason"))
            case "message_stop":
                self.ended = True
            case "error":
                raise error_in_stream(data)
            case _ if data.get("error"):
                raise error_in_stream(data)
        return []

    def body(self) -> dict[str, Any]:
        """Returns the message so far. The input of a tool call, which comes as JSON text, is read."""
        blocks = {
            index: block | ({"input": parse_arguments(self._inputs[index])} if self._inputs.get(index) else {})
            for index, block in self._blocks.items()
        }
        if not self._message and not blocks:
            return {}
        return self._message | {"content": [blocks[index] for index in sorted(blocks)]}

    def _start(self, message: dict[str, Any]) -> list[Event]:
        """Takes the head of the message. A relay that sends it a second time adds nothing."""
        self._message = message | {key: value for key, value in self._message.items() if value is not None}
        if self._blocks:
            return []
        out: list[Event] = []
        for index, block in enumerate(records(message.get("content"))):
            self._blocks[index] = dict(block)
            out += self._begin(block, index)
        return out

    def _begin(self, block: Mapping[str, Any], index: int) -> list[Event]:
        if block.get("type") == "tool_use":
            return [self._call_delta(block, index, "")]
        if block.get("type") == "text" and string(block.get("text")):
            return [TextDelta(string(block["text"]))]
        return [ReasoningDelta(string(block["thinking"]))] if string(block.get("thinking")) else []

    def _grow(self, index: int, delta: Mapping[str, Any]) -> list[Event]:
        kind = delta.get("type")
        block = self._blocks.setdefault(index, {"type": "thinking" if kind == "thinking_delta" else "text"})
        match kind:
            case "text_delta" if more := string(delta.get("text")):
                block["text"] = string(block.get("text")) + more
                return [TextDelta(more)]
            case "thinking_delta" if more := string(delta.get("thinking")):
                block["thinking"] = string(block.get("thinking")) + more
                return [ReasoningDelta(more)]
            case "signature_delta":
                block["signature"] = string(block.get("signature")) + string(delta.get("signature"))
            case "citations_delta":
                block["citations"] = [*records(block.get("citations")), *records(delta.get("citation"))]
            case "input_json_delta":
                more = string(delta.get("partial_json"))
                self._inputs[index] = self._inputs.get(index, "") + more
                return [self._call_delta(block, index, more)] if block.get("type") == "tool_use" and not is_member(block) else []
            case "compaction_delta":
                block |= {key: value for key, value in delta.items() if key != "type" and value is not None}
        return []

    def _end(self, index: int) -> list[Event]:
        """Returns the arguments of a toolset's member, which are only whole when the block is."""
        block = self._blocks.get(index, {})
        called = read_member_call(block, parse_arguments(self._inputs.get(index, "")))
        return [self._call_delta(block, index, write_json(called[1]))] if called else []

    def _call_delta(self, block: Mapping[str, Any], index: int, more: str) -> ToolCallDelta:
        id = self._ids.at(self._place(index), block.get("id"), self._message.get("id"))
        calls_before = sum(other.get("type") == "tool_use" for at, other in self._blocks.items() if at < index)
        name = string(block.get("toolset_name" if is_member(block) else "name"))
        return ToolCallDelta(id, name, more, calls_before)

    def _place(self, index: int) -> int:
        return sum(at < index for at in self._blocks)


def parse_block(block: Mapping[str, Any], place: int, body: Mapping[str, Any], ids: CallIds) -> Iterable[Part]:
    match block.get("type"):
        case "text":
            if said := string(block.get("text")):
                yield Text(said, tuple(records(block.get("citations"))))
        case "thinking":
            thought = string(block.get("thinking"))
            yield Reasoning(thought, string(block.get("signature")) or None, extra={"anthropic": {"type": "thinking"}})
        case "redacted_thinking":
            yield Reasoning("", redacted=string(block.get("data")), extra={"anthropic": {"type": "redacted_thinking"}})
        case "tool_use":
            kept = _without_direct_caller({key: value for key, value in block.items() if key not in ("type", "id", "name", "input")})
            id = ids.at(place, block.get("id"), body.get("id"))
            for copy, input in enumerate(parse_calls(block.get("input"))):
                own_id = ids.at((place, copy), id) if copy else id
                name, arguments, echo = read_member_call(block, input) or (string(block.get("name")), input, {})
                yield ToolCall(own_id, name, arguments, {"anthropic": kept | echo} if kept or echo else {})
        case _:
            yield Opaque({"anthropic": _without_direct_caller(block)})


def _without_direct_caller(block: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a block without the note that the model itself made the call: it is the default, and older endpoints refuse it."""
    return {key: value for key, value in block.items() if not (key == "caller" and value == {"type": "direct"})}


def parse_usage(usage: Mapping[str, Any]) -> Usage:
    """Returns the usage. `input_tokens` counts tokens neither read from the cache nor written to it; the total counts all."""
    inputs, outputs = count(usage.get("input_tokens")), count(usage.get("output_tokens"))
    read, written = count(usage.get("cache_read_input_tokens")), count(usage.get("cache_creation_input_tokens"))
    thought = count(record(usage.get("output_tokens_details")).get("thinking_tokens"))
    return Usage(inputs, outputs, inputs + read + written + outputs, read, written, thought)
