"""Ollama's own chat format: NDJSON, arguments as objects, settings under `options`.

How it works. A streamed answer is grown into the body that a blocking call would have given, and both are read by the same `parse`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from ..core.completion import Completion, CompletionRequest, FinishReason
from ..core.errors import ConfigError
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.framing import ServerEvent
from ..core.json_text import read_json
from ..core.messages import Image, Message, Part, Reasoning, Text, ToolCall, ToolOutput
from ..core.ports import ModelTraits
from ..core.usage import Usage
from .faults import cut_off, error_in_stream
from .format import merge_params

FINISH_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length"}


class Ollama:
    name = "ollama"
    framing: Literal["ndjson"] = "ndjson"

    def traits(self, dialect: Any, model: str) -> ModelTraits:
        # `format` holds the model to the schema from its first token, so beside tools it would never call one.
        return ModelTraits(native_output=True, output_with_tools=False, forced_tools=False)

    def path(self, model: str, *, streamed: bool) -> str:
        return "chat"

    def render(self, request: CompletionRequest, model: str, dialect: Any, *, streamed: bool) -> dict[str, Any]:
        """The body. Raises ConfigError for a forced tool call, which Ollama does not have."""
        if request.tool_choice not in (None, "auto", "none"):
            raise ConfigError(f"ollama cannot be made to call a tool; tool_choice is auto or none, not {request.tool_choice!r}")
        messages = [{"role": "system", "content": request.preamble}] if request.preamble else []
        body: dict[str, Any] = {
            "model": model,
            "messages": [*messages, *(item for message in request.with_documents() for item in _render_message(message))],
            "stream": streamed,
        }
        if request.tools and request.tool_choice != "none":
            body["tools"] = [_render_tool(tool.name, tool.description, tool.parameters) for tool in request.tools]
        options: dict[str, Any] = {}
        if request.temperature is not None:
            options["temperature"] = request.temperature
        if request.max_tokens is not None:
            options["num_predict"] = request.max_tokens
        if options:
            body["options"] = options
        if request.output:
            body["format"] = dict(request.output.schema)
        return merge_params(body, request.additional_params)

    def parse(self, body: Mapping[str, Any], dialect: Any) -> Completion:
        """A Completion from a whole body. Raises StreamError for an error told in one."""
        if body.get("error"):
            raise error_in_stream(body)
        message = Message("assistant", tuple(_parse_message(body["message"], body.get("created_at") or "")))
        reason = body.get("done_reason")
        finish = FINISH_REASONS.get(reason or "stop", "other")
        return Completion(
            message,
            _parse_usage(body),
            "tool_calls" if message.tool_calls and finish == "stop" else finish,
            reason,
            body,
            model=body.get("model"),
        )

    def reader(self, dialect: Any) -> OllamaReader:
        return OllamaReader(self, dialect)


WIRE = Ollama()


class OllamaReader:
    def __init__(self, wire: Ollama, dialect: Any) -> None:
        self._wire, self._dialect = wire, dialect
        self._body: dict[str, Any] = {}
        self._message: dict[str, Any] = {"role": "assistant", "content": ""}

    def feed(self, event: ServerEvent) -> list[Event]:
        line = read_json(event.data, nonfinite="null")
        if line.get("error"):
            raise error_in_stream(line)
        # The first line's time stays: ids are made from it.
        began = self._body.get("created_at")
        self._body |= {key: value for key, value in line.items() if key != "message"} | ({"created_at": began} if began else {})
        out: list[Event] = []
        for key, value in (line.get("message") or {}).items():
            if key in ("content", "thinking") and isinstance(value, str):
                self._message[key] = self._message.get(key, "") + value
                if value:
                    out.append(TextDelta(value) if key == "content" else ReasoningDelta(value))
            elif key == "tool_calls":
                out += [event for call in value or () for event in self._add(call)]
            else:
                self._message[key] = value
        return out

    def _add(self, call: Mapping[str, Any]) -> Iterable[Event]:
        calls = self._message.setdefault("tool_calls", [])
        calls.append(call)
        function, position = call.get("function") or {}, len(calls) - 1
        if not function.get("name"):
            return
        id = call.get("id") or _call_id(self._body.get("created_at") or "", position)
        yield ToolCallDelta(id, function["name"], json.dumps(function.get("arguments") or {}, ensure_ascii=False), position)

    def finish(self) -> Completion:
        if not self._body.get("done"):
            raise cut_off()
        return self._wire.parse(self._body | {"message": self._message}, self._dialect)


def _call_id(created_at: str, position: int) -> str:
    """An id for a call that has none, told apart from those of other answers by the time."""
    return f"call_{''.join(filter(str.isalnum, created_at))}_{position}"


def _parse_message(message: Mapping[str, Any], created_at: str) -> Iterable[Part]:
    if message.get("thinking"):
        yield Reasoning(message["thinking"], extra={"ollama": {"field": "thinking"}})
    if message.get("content"):
        yield Text(message["content"])
    for position, call in enumerate(message.get("tool_calls") or ()):
        function = call.get("function") or {}
        id = call.get("id") or _call_id(created_at, position)
        if function.get("name"):
            yield ToolCall(id, function["name"], function.get("arguments") or {})


def _parse_usage(body: Mapping[str, Any]) -> Usage:
    inputs, outputs = body.get("prompt_eval_count") or 0, body.get("eval_count") or 0
    return Usage(inputs, outputs, inputs + outputs)


def _render_message(message: Message) -> Iterable[dict[str, Any]]:
    if message.role == "tool":
        for part in message.content:
            if not isinstance(part, ToolOutput):
                raise ConfigError("a message of role tool holds tool results alone")
            text = f"Error: {part.text}" if part.is_error else part.text
            yield {"role": "tool", "tool_name": part.name, "content": text} | _images(part.content)
        return
    out: dict[str, Any] = {"role": message.role, "content": message.text} | _images(message.content)
    thoughts = [part.text for part in message.content if isinstance(part, Reasoning) and part.extra.get("ollama")]
    if thoughts:
        out["thinking"] = "".join(thoughts)
    if message.tool_calls:
        out["tool_calls"] = [
            {"type": "function", "function": {"name": call.name, "arguments": call.arguments if isinstance(call.arguments, dict) else {}}}
            for call in message.tool_calls
        ]
    yield out


def _images(parts: Iterable[Part]) -> dict[str, list[str]]:
    """Pictures, as Ollama has them: base64 beside the text."""
    pictures: list[str] = []
    for part in parts:
        if isinstance(part, Image) and part.data:
            pictures.append(part.base64)
        elif part.type in ("image", "audio", "file"):
            raise ConfigError(
                f"ollama takes text and images as bytes, no {part.type} by URL or id"
                if part.type == "image"
                else f"ollama takes no {part.type}"
            )
    return {"images": pictures} if pictures else {}


def _render_tool(name: str, description: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    schema = dict(parameters) or {"type": "object", "properties": {}}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}
