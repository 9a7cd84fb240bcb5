"""Calls, results and files of hosted tools, read from the answer's parts and reported as events.

How it works. A wire format keeps each block of a hosted tool as an Opaque part, to be echoed. `read_block` returns the events of such a
block, for every format; a stream's blocks are read in the same way as they arrive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.arguments import parse_arguments
from ..core.completion import Completion
from ..core.events import Event, ToolCallDone, ToolResult
from ..core.messages import File, Image, Media, Message, Opaque, Part, Text
from .shapes import read_media, record, records, string

MOST_TEXT = 20_000
"""The most characters of a result's text in an event; the message keeps the whole text."""


def read_message(message: Message) -> list[Event]:
    """Returns the events of the hosted tools in a whole message."""
    out: list[Event] = []
    for part in message.content:
        if isinstance(part, Opaque | Media):
            for wire, block in part.extra.items():
                out += read_block(wire, block) if isinstance(block, Mapping) else []
    return out


def count_calls(completion: Completion) -> int:
    """Counts the calls of hosted tools in an answer."""
    return sum(isinstance(event, ToolCallDone) for event in read_message(completion.message))


def read_block(wire: str, block: Mapping[str, Any]) -> list[Event]:
    """Returns the events of a hosted tool's block; [] for any other block."""
    reader = READERS.get(wire)
    return reader(block) if reader else []


class HostedWatch:
    """Reports the hosted tools' calls and results while an answer streams. `feed` receives the data of each stream event, as the format's
    reader does."""

    def __init__(self, wire: str) -> None:
        self._wire = wire
        self._blocks: dict[int, dict[str, Any]] = {}
        self._inputs: dict[int, str] = {}

    def feed(self, data: Mapping[str, Any]) -> list[Event]:
        match self._wire:
            case "anthropic":
                return self._feed_blocks(data)
            case "responses" if data.get("type") == "response.output_item.done":
                return read_block("responses", record(data.get("item")))
            case "gemini":
                contents = [record(candidate.get("content")) for candidate in records(data.get("candidates"))]
                return [event for content in contents for part in records(content.get("parts")) for event in read_block("gemini", part)]
            case "interactions":
                return self._feed_steps(data)
            case "conversations":
                return self._feed_executions(data)
            case "chat":
                deltas = [record(choice.get("delta")) for choice in records(data.get("choices"))]
                return [event for delta in deltas for tool in records(delta.get("executed_tools")) for event in _read_executed(tool)]
        return []

    def _feed_blocks(self, data: Mapping[str, Any]) -> list[Event]:
        index = data.get("index")
        if not isinstance(index, int):
            return []
        match data.get("type"):
            case "content_block_start":
                self._blocks[index] = dict(record(data.get("content_block")))
            case "content_block_delta":
                delta = record(data.get("delta"))
                self._inputs[index] = self._inputs.get(index, "") + string(delta.get("partial_json"))
            case "content_block_stop" if block := self._blocks.pop(index, None):
                written = self._inputs.pop(index, "")
                return read_block("anthropic", block | ({"input": parse_arguments(written)} if written else {}))
        return []

    def _feed_steps(self, data: Mapping[str, Any]) -> list[Event]:
        if data.get("event_type") != "step.start":
            return []
        return read_block("interactions", record(data.get("step")))

    def _feed_executions(self, data: Mapping[str, Any]) -> list[Event]:
        kind, index = string(data.get("type")), data.get("output_index")
        if not kind.startswith("tool.execution.") or not isinstance(index, int):
            return []
        written = self._inputs[index] = self._inputs.get(index, "") + string(data.get("arguments"))
        return read_block("conversations", {**data, "type": "tool.execution", "arguments": written}) if kind.endswith(".done") else []


def _call(id: Any, name: str, arguments: Any) -> ToolCallDone:
    return ToolCallDone(string(id), name, arguments if isinstance(arguments, dict) else {"input": arguments}, True)


def _result(id: Any, name: str, parts: Iterable[Part], *, is_error: bool = False) -> ToolResult:
    return ToolResult(string(id), name, tuple(parts), is_error, hosted=True)


def _text(*lines: Any) -> list[Part]:
    said = "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines if line)
    return [Text(said[:MOST_TEXT])] if said else []


def _read_anthropic(block: Mapping[str, Any]) -> list[Event]:
    kind = string(block.get("type"))
    if kind in ("server_tool_use", "mcp_tool_use"):
        return [_call(block.get("id"), string(block.get("name")), record(block.get("input")))]
    if not kind.endswith("_tool_result") or kind == "tool_result":
        return []
    content = block.get("content")
    whole = record(content)
    failed = bool(block.get("is_error")) or string(whole.get("type")).endswith("_error")
    name = kind.removesuffix("_tool_result") if kind != "mcp_tool_result" else "mcp"
    parts = _text(whole.get("error_code")) if failed and whole else list(_anthropic_parts(records(content) or [whole]))
    return [_result(block.get("tool_use_id"), name, parts, is_error=failed)]


def _anthropic_parts(items: Iterable[Mapping[str, Any]]) -> Iterable[Part]:
    for item in items:
        yield from _text(item.get("title"), item.get("url"), item.get("text"), item.get("stdout"), item.get("stderr"))
        source = record(record(item.get("content")).get("source"))
        if source.get("type") == "text":
            yield from _text(source.get("data"))
        for file in records(item.get("content")):
            if id := string(file.get("file_id")):
                yield File(file_id=id)
        yield from _text(*(string(tool.get("tool_name")) for tool in records(item.get("tool_references"))))


def _read_responses(item: Mapping[str, Any]) -> list[Event]:
    kind, id = string(item.get("type")), item.get("id")
    failed = item.get("status") == "failed" or bool(item.get("error"))
    match kind:
        case "web_search_call":
            action = {key: value for key, value in record(item.get("action")).items() if key != "sources"}
            sources = [string(source.get("url")) for source in records(record(item.get("action")).get("sources"))]
            return [_call(id, "web_search", action), _result(id, "web_search", _text(*sources), is_error=failed)]
        case "file_search_call":
            found = [f"{string(row.get('filename'))}: {string(row.get('text'))}" for row in records(item.get("results"))]
            arguments = {"queries": item.get("queries") or []}
            return [_call(id, "file_search", arguments), _result(id, "file_search", _text(*found), is_error=failed)]
        case "code_interpreter_call":
            outputs = records(item.get("outputs"))
            pictures = [Image(url=url) for output in outputs if (url := string(output.get("url")))]
            parts = [*_text(*(string(output.get("logs")) for output in outputs)), *pictures]
            return [_call(id, "code_execution", {"code": string(item.get("code"))}), _result(id, "code_execution", parts, is_error=failed)]
        case "image_generation_call":
            made = item.get("result")
            kind = f"image/{string(item.get('output_format')) or 'png'}"
            made_picture = read_media(Image, made, kind, {})
            picture = [made_picture] if made_picture else []
            arguments = {"prompt": string(item.get("revised_prompt"))} if item.get("revised_prompt") else {}
            return [_call(id, "image_generation", arguments), _result(id, "image_generation", picture, is_error=failed)]
        case "mcp_call":
            name = string(item.get("name"))
            text = _text(item.get("error")) if item.get("error") else _text(item.get("output"))
            return [_call(id, name, parse_arguments(string(item.get("arguments")))), _result(id, name, text, is_error=failed)]
        case "tool_search_call":
            return [_call(id, "tool_search", record(item.get("arguments")))]
        case "tool_search_output":
            names = [string(tool.get("name")) for tool in records(item.get("tools"))]
            return [_result(item.get("call_id") or id, "tool_search", _text(*names))]
        case "x_search_call":
            return [_call(id, "x_search", record(item.get("action"))), _result(id, "x_search", [], is_error=failed)]
    return []


def _read_gemini(part: Mapping[str, Any]) -> list[Event]:
    if code := record(part.get("executableCode")):
        arguments = {"code": string(code.get("code")), "language": string(code.get("language")).lower()}
        return [_call(code.get("id"), "code_execution", arguments)]
    if ran := record(part.get("codeExecutionResult")):
        failed = ran.get("outcome") not in (None, "OUTCOME_OK")
        return [_result(ran.get("id"), "code_execution", _text(ran.get("output")), is_error=failed)]
    if call := record(part.get("toolCall")):
        return [_call(call.get("id"), _gemini_name(call), record(call.get("args")))]
    if answer := record(part.get("toolResponse")):
        return [_result(answer.get("id"), _gemini_name(answer), _text(answer.get("response")))]
    return []


def _gemini_name(call: Mapping[str, Any]) -> str:
    name = string(call.get("toolType")).lower()
    return "web_search" if name.startswith("google_search") else name


def _read_interactions(step: Mapping[str, Any]) -> list[Event]:
    kind = string(step.get("type"))
    name = {"google_search": "web_search", "mcp_server_tool": "mcp"}.get(kind.rpartition("_")[0], kind.rpartition("_")[0])
    if kind.endswith("_call") and kind != "function_call":
        return [_call(step.get("id"), string(step.get("name")) or name, record(step.get("arguments")))]
    if kind.endswith("_result") and kind != "function_result":
        return [_result(step.get("call_id"), name, _text(step.get("result")), is_error=bool(step.get("is_error")))]
    return []


def _read_conversations(entry: Mapping[str, Any]) -> list[Event]:
    if entry.get("type") != "tool.execution":
        return []
    id, name = entry.get("id"), string(entry.get("name"))
    name = {"code_interpreter": "code_execution", "document_library": "file_search"}.get(name, name)
    info = record(entry.get("info"))
    return [_call(id, name, parse_arguments(string(entry.get("arguments")))), _result(id, name, _text(info.get("code_output") or info))]


def _read_executed(tool: Mapping[str, Any]) -> list[Event]:
    """Returns the events of an entry in Groq's `executed_tools`."""
    id, name = f"hosted_{tool.get('index', 0)}", string(tool.get("type"))
    arguments = tool.get("arguments")
    out: list[Event] = [_call(id, name, parse_arguments(arguments) if isinstance(arguments, str) else record(arguments))]
    return [*out, _result(id, name, _text(tool.get("output")))] if tool.get("output") else out


READERS = {
    "anthropic": _read_anthropic,
    "responses": _read_responses,
    "gemini": _read_gemini,
    "interactions": _read_interactions,
    "conversations": _read_conversations,
}
