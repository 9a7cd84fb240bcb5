"""Ollama's own chat format: NDJSON, arguments as objects, settings under `options`.

How it works. A streamed answer is put together into the body that a blocking call would have returned, and `parse` reads both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from ..core.arguments import parse_calls
from ..core.completion import Completion, CompletionRequest
from ..core.errors import ConfigError
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.json_text import write_json
from ..core.messages import Image, Message, Part, Reasoning, Text, ToolCall, ToolOutput
from ..core.ports import ModelTraits
from ..core.usage import Usage
from .call_ids import CallIds
from .faults import error_in_stream, not_understood
from .finish import read_finish
from .format import merge_params
from .history import HistoryRules, fit_history
from .shapes import count, record, records, string

RULES = HistoryRules("ollama", result_media=True, user_media=(Image,))


class Ollama:
    name = "ollama"
    framing: Literal["ndjson"] = "ndjson"

    def traits(self, dialect: Any, model: str) -> ModelTraits:
        # `format` holds the model to the schema from its first token, so beside tools it would never call one.
        return ModelTraits(native_output=True, output_with_tools=False, forced_tools=False)

    def path(self, model: str, *, streamed: bool) -> str:
        return "chat"

    def render(self, request: CompletionRequest, model: str, dialect: Any, *, streamed: bool) -> dict[str, Any]:
        """Returns the body. Raises ConfigError for a forced tool call, which Ollama does not have."""
        if request.tool_choice not in (None, "auto", "none"):
            raise ConfigError(f"ollama cannot be made to call a tool; tool_choice is auto or none, not {request.tool_choice!r}")
        request = fit_history(request, RULES)
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
        if plan := request.reasoning:
            body["think"] = not plan.is_off if plan.style == "switch" or plan.level is None else plan.level
        if request.output:
            body["format"] = dict(request.output.schema)
        return merge_params(body, request.additional_params)

    def parse(self, body: Mapping[str, Any], dialect: Any, ids: CallIds) -> Completion:
        """Returns the Completion of a whole body. Raises StreamError for a body that holds an error."""
        if body.get("error"):
            raise error_in_stream(body)
        if not isinstance(body.get("message"), dict):
            raise not_understood("an answer without a message", str(body))
        message = Message("assistant", tuple(_parse_message(body["message"], body.get("created_at"), ids)))
        reason = string(body.get("done_reason")) or None
        return Completion(
            message,
            _parse_usage(body),
            read_finish(reason, calls=bool(message.tool_calls)),
            reason,
            body,
            model=string(body.get("model")) or None,
        )

    def reader(self, dialect: Any, ids: CallIds, tools: Collection[str] = ()) -> OllamaReader:
        return OllamaReader(ids)


WIRE = Ollama()


class OllamaReader:
    """Puts the body of a streamed answer together, line by line."""

    def __init__(self, ids: CallIds) -> None:
        self._ids = ids
        self._body: dict[str, Any] = {}
        self._message: dict[str, Any] = {"role": "assistant", "content": ""}

    @property
    def ended(self) -> bool:
        return bool(self._body.get("done"))

    def feed(self, line: dict[str, Any], name: str = "") -> list[Event]:
        if line.get("error"):
            raise error_in_stream(line)
        if not isinstance(line.get("message", {}), dict):
            raise not_understood("a line whose message is no object", str(line))
        # The first line's time stays: ids are made from it.
        began = self._body.get("created_at")
        self._body |= {key: value for key, value in line.items() if key != "message"} | ({"created_at": began} if began else {})
        out: list[Event] = []
        for key, value in record(line.get("message")).items():
            if key in ("content", "thinking"):
                more = string(value)
                self._message[key] = self._message.get(key, "") + more
                if more:
                    out.append(TextDelta(more) if key == "content" else ReasoningDelta(more))
            elif key == "tool_calls":
                out += [self._add(call) for call in records(value)]
            else:
                self._message[key] = value
        return out

    def body(self) -> dict[str, Any]:
        return self._body | {"message": self._message}

    def _add(self, call: dict[str, Any]) -> Event:
        calls = self._message.setdefault("tool_calls", [])
        calls.append(call)
        function, place = record(call.get("function")), len(calls) - 1
        id = self._ids.at(place, call.get("id"), self._body.get("created_at"))
        given = function.get("arguments")
        written = given if isinstance(given, str) else write_json(given or {}, nonfinite="null", compact=False)
        return ToolCallDelta(id, string(function.get("name")), written, place)


def _parse_message(message: Mapping[str, Any], created_at: Any, ids: CallIds) -> Iterable[Part]:
    if thought := string(message.get("thinking")):
        yield Reasoning(thought, extra={"ollama": {"field": "thinking"}})
    if said := string(message.get("content")):
        yield Text(said)
    for place, call in enumerate(records(message.get("tool_calls"))):
        function = record(call.get("function"))
        id = ids.at(place, call.get("id"), created_at)
        for copy, arguments in enumerate(parse_calls(function.get("arguments"))):
            yield ToolCall(ids.at((place, copy), id) if copy else id, string(function.get("name")), arguments)


def _parse_usage(body: Mapping[str, Any]) -> Usage:
    inputs, outputs = count(body.get("prompt_eval_count")), count(body.get("eval_count"))
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
    """Returns the field of pictures, base64 beside the text. Raises ConfigError for other media."""
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
    return {"type": "function", "function": {"name": name, "description": description, "parameters": dict(parameters)}}
