"""Cohere's v2 chat format.

How it works. A streamed answer is grown into the body that a blocking call would have given, and both are read by the same `parse`. What
the model means to do with its tools (`tool_plan`) is its reasoning, and is echoed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from ..core.completion import Completion, CompletionRequest, FinishReason
from ..core.errors import ConfigError
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.framing import ServerEvent
from ..core.json_text import read_json
from ..core.messages import Image, Message, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolOutput, parse_arguments
from ..core.ports import ModelTraits
from ..core.usage import Usage
from .faults import cut_off, error_in_stream
from .format import merge_params

FINISH_REASONS: dict[str, FinishReason] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR": "error",
    "TIMEOUT": "error",
    "ERROR_TOXIC": "content_filter",
}


class Cohere:
    name = "cohere"
    framing: Literal["sse"] = "sse"

    def traits(self, dialect: Any, model: str) -> ModelTraits:
        return ModelTraits(native_output=True, output_with_tools=False)

    def path(self, model: str, *, streamed: bool) -> str:
        return "chat"

    def render(self, request: CompletionRequest, model: str, dialect: Any, *, streamed: bool) -> dict[str, Any]:
        """The body. Cohere can force a tool, but not say which: to force one, it alone is offered."""
        messages = [{"role": "system", "content": request.preamble}] if request.preamble else []
        body: dict[str, Any] = {"model": model, "messages": [*messages, *_render_messages(request.messages)]}
        if request.documents:
            body["documents"] = [{"id": doc.id, "data": dict(doc.metadata) | {"text": doc.text}} for doc in request.documents]
        forced = request.forced_tool
        tools = [tool for tool in request.tools if forced in (None, tool.name)]
        if tools:
            body["tools"] = [_render_tool(tool.name, tool.description, tool.parameters) for tool in tools]
            if any(tool.strict for tool in tools):
                body["strict_tools"] = True
        if forced or request.tool_choice in ("required", "none"):
            body["tool_choice"] = "NONE" if request.tool_choice == "none" else "REQUIRED"
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.max_tokens is not None:
            body["max_tokens"] = request.max_tokens
        if request.output:
            body["response_format"] = {"type": "json_object", "schema": dict(request.output.schema)}
        if streamed:
            body["stream"] = True
        return merge_params(body, request.additional_params)

    def parse(self, body: Mapping[str, Any], dialect: Any) -> Completion:
        """A Completion from a whole body. Raises StreamError for an error told in one."""
        if "message" not in body or isinstance(body["message"], str):
            raise error_in_stream(body)
        reason = body.get("finish_reason")
        return Completion(
            Message("assistant", tuple(_parse_message(body["message"]))),
            _parse_usage(body.get("usage") or {}),
            FINISH_REASONS.get(reason or "", "other"),
            reason,
            body,
        )

    def reader(self, dialect: Any) -> CohereReader:
        return CohereReader(self, dialect)


WIRE = Cohere()


class CohereReader:
    def __init__(self, wire: Cohere, dialect: Any) -> None:
        self._wire, self._dialect = wire, dialect
        self._body: dict[str, Any] = {}
        self._content: dict[int, dict[str, Any]] = {}
        self._calls: dict[int, dict[str, Any]] = {}
        self._citations: dict[int, Any] = {}
        self._plan = ""
        self._ended = False

    def feed(self, event: ServerEvent) -> list[Event]:
        if event.data.strip() == "[DONE]":
            return []
        data = read_json(event.data, nonfinite="null")
        kind = data.get("type") or event.event
        delta = data.get("delta") or {}
        message = delta.get("message") or {}
        index = data.get("index") or 0
        match kind:
            case "message-start":
                self._body["id"] = data.get("id")
                self._body["message"] = {key: value for key, value in message.items() if value}
            case "content-start":
                block = self._content[index] = dict(message["content"])
                return _tell(block)
            case "content-delta":
                block = self._content.setdefault(index, {"type": "text", "text": ""})
                for key, value in (message.get("content") or {}).items():
                    block[key] = block.get(key, "") + value if isinstance(value, str) and key != "type" else value
                return _tell(message.get("content") or {})
            case "tool-plan-delta":
                self._plan += message["tool_plan"]
                return [ReasoningDelta(message["tool_plan"])]
            case "tool-call-start":
                call = _only(message["tool_calls"])
                self._calls[index] = call | {"function": dict(call.get("function") or {})}
                return [self._told(index, (call.get("function") or {}).get("arguments") or "")]
            case "tool-call-delta":
                text = (_only(message["tool_calls"]).get("function") or {}).get("arguments") or ""
                function = self._calls[index]["function"]
                function["arguments"] = (function.get("arguments") or "") + text
                return [self._told(index, text)]
            case "citation-start":
                self._citations[index] = message.get("citations")
            case "message-end":
                self._ended = True
                self._body |= {key: value for key, value in delta.items() if key != "message"}
                if delta.get("error"):
                    raise error_in_stream(delta)
            case "error" | "stream-error":
                raise error_in_stream(data)
        return []

    def _told(self, index: int, text: str) -> ToolCallDelta:
        call = self._calls[index]
        return ToolCallDelta(call.get("id") or "", call["function"].get("name") or "", text, sorted(self._calls).index(index))

    def finish(self) -> Completion:
        if not self._ended:
            raise cut_off()
        citations: list[Any] = []
        for citation in (self._citations[index] for index in sorted(self._citations)):
            citations += citation if isinstance(citation, list) else [citation]
        grown = {
            "content": [self._content[index] for index in sorted(self._content)],
            "tool_calls": [self._calls[index] for index in sorted(self._calls)],
            "tool_plan": self._plan,
            "citations": citations,
        }
        message = (self._body.get("message") or {}) | {key: value for key, value in grown.items() if value}
        return self._wire.parse(self._body | {"message": message}, self._dialect)


def _only(calls: Any) -> dict[str, Any]:
    """In a stream `tool_calls` is one object."""
    return dict(calls[0] if isinstance(calls, list) else calls)


def _tell(content: Mapping[str, Any]) -> list[Event]:
    out: list[Event] = [ReasoningDelta(content["thinking"])] if content.get("thinking") else []
    return [*out, TextDelta(content["text"])] if content.get("text") else out


def _parse_message(message: Mapping[str, Any]) -> Iterable[Part]:
    if message.get("tool_plan"):
        yield Reasoning(message["tool_plan"], extra={"cohere": {"field": "tool_plan"}})
    citations = tuple(message.get("citations") or ())
    content = message.get("content") or ()
    for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
        if block.get("type") == "thinking":
            yield Reasoning(block.get("thinking") or "", extra={"cohere": {"field": "thinking"}})
        elif block.get("type") == "text":
            if block.get("text"):
                yield Text(block["text"], citations)
                citations = ()
        else:
            yield Opaque({"cohere": dict(block)})
    for position, call in enumerate(message.get("tool_calls") or ()):
        function = call["function"]
        yield ToolCall(call.get("id") or f"call_{position}", function["name"], parse_arguments(function.get("arguments") or ""))


def _parse_usage(usage: Mapping[str, Any]) -> Usage:
    """What the model read and wrote; `billed_units`, which leave out Cohere's own prompt, stay in `raw`."""
    tokens = usage.get("tokens") or usage.get("billed_units") or {}
    inputs, outputs = int(tokens.get("input_tokens") or 0), int(tokens.get("output_tokens") or 0)
    return Usage(inputs, outputs, inputs + outputs, int(usage.get("cached_tokens") or 0))


def _render_messages(messages: Iterable[Message]) -> Iterable[dict[str, Any]]:
    for message in messages:
        if message.role == "tool":
            for part in message.content:
                if not isinstance(part, ToolOutput):
                    raise ConfigError("a message of role tool holds tool results alone")
                text = f"Error: {part.text}" if part.is_error else part.text
                yield {"role": "tool", "tool_call_id": part.id, "content": text}
        elif message.role == "assistant":
            yield _render_assistant(message)
        else:
            plain = message.role == "system" or all(isinstance(part, Text) for part in message.content)
            content: Any = message.text if plain else [_render_part(part) for part in message.content]
            yield {"role": message.role, "content": content}


def _render_assistant(message: Message) -> dict[str, Any]:
    out: dict[str, Any] = {"role": "assistant"}
    content: list[dict[str, Any]] = []
    for part in message.content:
        kept = part.extra.get("cohere") if hasattr(part, "extra") else None
        match part:
            case Reasoning() if kept and kept.get("field") == "tool_plan":
                out["tool_plan"] = part.text
            case Reasoning() if kept:
                content.append({"type": "thinking", "thinking": part.text})
            case Text() | Refusal() if part.text:
                content.append({"type": "text", "text": part.text})
            case Opaque() if kept:
                content.append(dict(kept))
    calls = message.tool_calls
    if content or not calls:
        out["content"] = content
    if calls:
        out["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments_json}} for call in calls
        ]
    return out


def _render_part(part: Part) -> dict[str, Any]:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Image() if not part.file_id:
            detail = {"detail": part.detail} if part.detail else {}
            return {"type": "image_url", "image_url": {"url": part.data_url("image/png")} | detail}
    raise ConfigError(f"cohere takes text and images (as bytes or by URL), no part of type {part.type!r}; give documents as context")


def _render_tool(name: str, description: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    schema = dict(parameters) or {"type": "object", "properties": {}}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}
