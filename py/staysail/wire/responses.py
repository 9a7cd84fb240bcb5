"""OpenAI's Responses format (xAI speaks it too).

How it works. The stream's last event holds the whole response, read by the same `parse` as a blocking one. Items are echoed as they came:
each part of a message remembers its item in `extra`, which reasoning models need to go on thinking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from ..core.completion import Completion, CompletionRequest, FinishReason
from ..core.errors import ConfigError
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.framing import ServerEvent
from ..core.json_text import read_json
from ..core.messages import (
    Audio,
    File,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolOutput,
    parse_arguments,
)
from ..core.ports import ModelTraits
from ..core.usage import Usage
from ..core.value import Value
from .closed_schema import is_strict
from .faults import cut_off, error_in_stream
from .format import merge_params


class ResponsesDialect(Value):
    """strict: knows `strict` in schemas. instructions: takes the preamble in a field of its own. system: the role of system messages."""

    strict: bool = True
    instructions: bool = True
    system: str = "developer"


class Responses:
    name = "responses"
    framing: Literal["sse"] = "sse"

    def traits(self, dialect: ResponsesDialect, model: str) -> ModelTraits:
        return ModelTraits(native_output=True)

    def path(self, model: str, *, streamed: bool) -> str:
        return "responses"

    def render(self, request: CompletionRequest, model: str, dialect: ResponsesDialect, *, streamed: bool) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": model,
            "input": [item for m in request.with_documents() for item in _render_message(m, dialect)],
        }
        if request.preamble and dialect.instructions:
            body["instructions"] = request.preamble
        elif request.preamble:
            body["input"].insert(0, {"type": "message", "role": dialect.system, "content": request.preamble})
        if request.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": dict(tool.parameters) or {"type": "object", "properties": {}},
                }
                | ({"strict": bool(tool.strict)} if dialect.strict else {})
                for tool in request.tools
            ]
        if request.tool_choice is not None:
            name = request.forced_tool
            body["tool_choice"] = {"type": "function", "name": name} if name else request.tool_choice
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.max_tokens is not None:
            body["max_output_tokens"] = request.max_tokens
        if request.output:
            strict = request.output.strict and is_strict(request.output.schema)
            form = {
                "type": "json_schema",
                "name": request.output.name,
                "schema": dict(request.output.schema),
                "strict": strict,
            }
            body["text"] = {"format": form}
        if streamed:
            body["stream"] = True
        return merge_params(body, request.additional_params)

    def parse(self, body: Mapping[str, Any], dialect: ResponsesDialect) -> Completion:
        """A Completion from a whole response. Raises StreamError for one that failed."""
        if body.get("status") == "failed" or (body.get("error") and not body.get("output")):
            raise error_in_stream(body)
        parts = tuple(part for item in body["output"] for part in _parse_item(item))
        extra = {"responses": {"id": body["id"]}} if body.get("id") else {}
        message = Message("assistant", parts, extra=extra)
        reason = (body.get("incomplete_details") or {}).get("reason") or body.get("status")
        return Completion(
            message,
            _parse_usage(body.get("usage") or {}),
            _finish(body, message),
            reason,
            body,
            model=body.get("model"),
        )

    def reader(self, dialect: ResponsesDialect) -> ResponsesReader:
        return ResponsesReader(self, dialect)


WIRE = Responses()


class ResponsesReader:
    def __init__(self, wire: Responses, dialect: ResponsesDialect) -> None:
        self._wire, self._dialect = wire, dialect
        self._whole: dict[str, Any] | None = None
        self._items: dict[int, dict[str, Any]] = {}
        self._done: set[int] = set()

    def feed(self, event: ServerEvent) -> list[Event]:
        if event.data.strip() == "[DONE]":
            return []
        data = read_json(event.data, nonfinite="null")
        kind = data.get("type") or event.event
        match kind:
            case "response.output_text.delta" | "response.refusal.delta":
                return [TextDelta(data["delta"])]
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                return [ReasoningDelta(data["delta"])]
            case "response.output_item.added":
                item = self._items[data.get("output_index", len(self._items))] = data["item"]
                if item["type"] == "function_call":
                    return [ToolCallDelta(item["call_id"], item["name"], "", data.get("output_index", 0))]
            case "response.function_call_arguments.delta":
                item = self._items.get(data.get("output_index", 0)) or {}
                id = item.get("call_id") or data.get("item_id", "")
                return [ToolCallDelta(id, item.get("name", ""), data["delta"], data.get("output_index", 0))]
            case "response.output_item.done":
                index = data.get("output_index", len(self._items))
                self._items[index] = data["item"]
                self._done.add(index)
            case "response.completed" | "response.incomplete":
                self._whole = data["response"]
            case "response.failed" | "error":
                raise error_in_stream(data)
        return []

    def finish(self) -> Completion:
        if self._whole is None:
            raise cut_off()
        # Some servers leave the items out of the last event, having sent each of them. Reasoning is encrypted anew in it: the item
        # that was sent when it was done is the one to echo.
        items = self._whole.get("output") or [self._items[index] for index in sorted(self._items)]
        items = [self._items[n] if n in self._done and item["type"] == "reasoning" else item for n, item in enumerate(items)]
        return self._wire.parse(self._whole | {"output": items}, self._dialect)


def _parse_item(item: Mapping[str, Any]) -> Iterable[Part]:
    kind = item.get("type")
    if kind == "message":
        for part in item.get("content") or ():
            extra = {"responses": {key: item[key] for key in ("id", "status", "phase") if item.get(key) is not None}}
            if part["type"] == "output_text":
                yield Text(part["text"], tuple(part.get("annotations") or ()), extra)
            elif part["type"] == "refusal":
                yield Refusal(part["refusal"], extra)
            else:
                yield Opaque({"responses": {"type": "message", "role": "assistant", "content": [part]} | extra["responses"]})
    elif kind == "function_call":
        kept = {key: item[key] for key in ("id", "status", "namespace") if item.get(key) is not None}
        yield ToolCall(item["call_id"], item["name"], parse_arguments(item.get("arguments") or ""), {"responses": kept})
    elif kind == "reasoning":
        texts = [*(item.get("summary") or ()), *(item.get("content") or ())]
        # `status` is the server's to write: it refuses an echo that has it as null.
        kept = {key: value for key, value in item.items() if value is not None}
        text = "\n\n".join(part.get("text", "") for part in texts)
        yield Reasoning(text, redacted=item.get("encrypted_content"), extra={"responses": kept})
    elif kind == "image_generation_call" and item.get("result"):
        yield Image(
            data=item["result"],
            media_type=f"image/{item.get('output_format') or 'png'}",
            extra={"responses": dict(item)},
        )
    else:
        yield Opaque({"responses": dict(item)})


def _finish(body: Mapping[str, Any], message: Message) -> FinishReason:
    reason = (body.get("incomplete_details") or {}).get("reason")
    if reason:
        return {"max_output_tokens": "length", "content_filter": "content_filter"}.get(reason, "other")  # type: ignore[return-value]
    if message.tool_calls:
        return "tool_calls"
    return {"completed": "stop", "failed": "error"}.get(body.get("status") or "completed", "other")  # type: ignore[return-value]


def _parse_usage(usage: Mapping[str, Any]) -> Usage:
    inputs, outputs = usage.get("input_tokens") or 0, usage.get("output_tokens") or 0
    before, after = usage.get("input_tokens_details") or {}, usage.get("output_tokens_details") or {}
    return Usage(
        inputs,
        outputs,
        usage.get("total_tokens") or inputs + outputs,
        before.get("cached_tokens") or 0,
        before.get("cache_write_tokens") or 0,
        after.get("reasoning_tokens") or 0,
    )


def _render_message(message: Message, dialect: ResponsesDialect) -> Iterable[dict[str, Any]]:
    if message.role == "assistant":
        yield from _render_assistant(message)
    elif message.role == "tool":
        for part in message.content:
            if not isinstance(part, ToolOutput):
                raise ConfigError("a message of role tool holds tool results alone")
            yield {"type": "function_call_output", "call_id": part.id, "output": _render_result(part)}
    else:
        role = dialect.system if message.role == "system" else "user"
        yield {"type": "message", "role": role, "content": [_render_part(part) for part in message.content]}


def _render_assistant(message: Message) -> Iterable[dict[str, Any]]:
    """Items in the order they came. Text of one item stays one item; reasoning that another format wrote is left out, as it cannot be
    verified."""
    items: list[dict[str, Any]] = []
    for part in message.content:
        kept = dict(part.extra.get("responses", {})) if hasattr(part, "extra") else {}
        match part:
            case Text() | Refusal():
                content = (
                    {"type": "output_text", "text": part.text, "annotations": list(part.citations)}
                    if isinstance(part, Text)
                    else {"type": "refusal", "refusal": part.text}
                )
                last = items[-1] if items else {}
                if last.get("type") == "message" and last.get("id") == kept.get("id"):
                    last["content"].append(content)
                else:
                    items.append({"type": "message", "role": "assistant", "content": [content]} | kept)
            case ToolCall():
                call = {
                    "type": "function_call",
                    "call_id": part.id,
                    "name": part.name,
                    "arguments": part.arguments_json,
                }
                items.append(call | kept)
            case Reasoning() | Opaque() | Image() if kept:
                items.append(kept)
    return items


def _render_result(result: ToolOutput) -> str | list[dict[str, Any]]:
    if all(isinstance(part, Text) for part in result.content):
        return f"Error: {result.text}" if result.is_error else result.text
    return [_render_part(part) for part in result.content]


def _render_part(part: Part) -> dict[str, Any]:
    match part:
        case Text():
            return {"type": "input_text", "text": part.text}
        case Image():
            where = {"file_id": part.file_id} if part.file_id else {"image_url": part.data_url("image/png")}
            return {"type": "input_image", "detail": part.detail or "auto"} | where
        case Audio():
            if not part.data:
                raise ConfigError("Responses takes audio as bytes, not by URL or file id")
            kind = (part.media_type or "audio/wav").rpartition("/")[2].removeprefix("x-").replace("mpeg", "mp3")
            return {"type": "input_audio", "input_audio": {"data": part.base64, "format": kind}}
        case File():
            if part.file_id:
                return {"type": "input_file", "file_id": part.file_id}
            if part.url:
                return {"type": "input_file", "file_url": part.url}
            return {
                "type": "input_file",
                "filename": part.name or "file",
                "file_data": part.data_url("application/pdf"),
            }
    raise ConfigError(f"a user's message cannot hold a part of type {part.type!r}")
