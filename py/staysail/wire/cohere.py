"""Cohere's v2 chat format.

How it works. A streamed answer is put together into the body that a blocking call would have returned, and `parse` reads both. The
model's plan for its tools (`tool_plan`) is reasoning, and is echoed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from ..core.arguments import parse_calls
from ..core.completion import Completion, CompletionRequest
from ..core.errors import ConfigError
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.json_text import write_json
from ..core.messages import Image, Message, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolOutput
from ..core.ports import ModelTraits
from ..core.usage import Usage
from .call_ids import CallIds
from .faults import error_in_stream, not_understood
from .finish import read_finish
from .format import merge_params
from .history import HistoryRules, fit_history
from .shapes import count, read_index, record, records, string

RULES = HistoryRules("cohere", blank_text=False, user_media=(Image,))


class Cohere:
    name = "cohere"
    framing: Literal["sse"] = "sse"

    def traits(self, dialect: Any, model: str) -> ModelTraits:
        return ModelTraits(native_output=True, output_with_tools=False)

    def path(self, model: str, *, streamed: bool) -> str:
        return "chat"

    def render(self, request: CompletionRequest, model: str, dialect: Any, *, streamed: bool) -> dict[str, Any]:
        """Returns the body. Cohere can force a tool call but not name the tool: then the forced tool alone is offered."""
        request = fit_history(request, RULES)
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
        if plan := request.reasoning:
            limit = {"token_budget": plan.budget} if plan.budget else {}
            body["thinking"] = {"type": "disabled"} if plan.is_off else {"type": "enabled"} | limit
        if request.output:
            body["response_format"] = {"type": "json_object", "schema": dict(request.output.schema)}
        if streamed:
            body["stream"] = True
        return merge_params(body, request.additional_params)

    def parse(self, body: Mapping[str, Any], dialect: Any, ids: CallIds) -> Completion:
        """Returns the Completion of a whole body. Raises StreamError for a body that holds an error."""
        if not isinstance(body.get("message"), dict):
            raise (
                error_in_stream(body) if "message" in body or "error" in body else not_understood("an answer without a message", str(body))
            )
        reason = string(body.get("finish_reason")) or None
        message = Message("assistant", tuple(_parse_message(record(body["message"]), body.get("id"), ids)))
        return Completion(
            message,
            _parse_usage(record(body.get("usage"))),
            read_finish(reason, calls=bool(message.tool_calls)),
            reason,
            body,
        )

    def reader(self, dialect: Any, ids: CallIds, tools: Collection[str] = ()) -> CohereReader:
        return CohereReader(ids)


WIRE = Cohere()


class CohereReader:
    """Puts the body of a streamed answer together, event by event."""

    def __init__(self, ids: CallIds) -> None:
        self._ids = ids
        self._body: dict[str, Any] = {}
        self._content: dict[int, dict[str, Any]] = {}
        self._calls: dict[int, dict[str, Any]] = {}
        self._citations: dict[int, list[dict[str, Any]]] = {}
        self._plan = ""
        self.ended = False

    def feed(self, data: dict[str, Any], name: str = "") -> list[Event]:
        kind = data.get("type") or name
        delta = record(data.get("delta"))
        message = record(delta.get("message"))
        index = read_index(data.get("index"), 0)
        match kind:
            case "message-start":
                self._body["id"] = data.get("id")
                self._body["message"] = {key: value for key, value in message.items() if value}
            case "content-start":
                block = self._content[index] = {"type": "text"} | record(message.get("content"))
                return _tell(block)
            case "content-delta":
                return self._grow(index, record(message.get("content")))
            case "tool-plan-delta" if more := string(message.get("tool_plan")):
                self._plan += more
                return [ReasoningDelta(more)]
            case "tool-call-start":
                call = _only(message.get("tool_calls"))
                self._calls[index] = call | {"function": {**record(call.get("function")), "arguments": ""}}
                return [self._call_delta(index, _arguments(call))]
            case "tool-call-delta":
                self._calls.setdefault(index, {"function": {}})
                return [self._call_delta(index, _arguments(_only(message.get("tool_calls"))))]
            case "citation-start":
                self._citations[index] = records(message.get("citations"))
            case "message-end":
                self.ended = True
                self._body |= {key: value for key, value in delta.items() if key != "message"}
                if delta.get("error"):
                    raise error_in_stream(delta)
            case "error" | "stream-error":
                raise error_in_stream(data)
            case _ if data.get("error"):
                raise error_in_stream(data)
        return []

    def body(self) -> dict[str, Any]:
        grown = {
            "content": [self._content[index] for index in sorted(self._content)],
            "tool_calls": [self._calls[index] for index in sorted(self._calls)],
            "tool_plan": self._plan,
            "citations": [citation for index in sorted(self._citations) for citation in self._citations[index]],
        }
        message = record(self._body.get("message")) | {key: value for key, value in grown.items() if value}
        return self._body | {"message": message}

    def _grow(self, index: int, content: Mapping[str, Any]) -> list[Event]:
        block = self._content.setdefault(index, {"type": "text", "text": ""})
        for key, value in content.items():
            block[key] = string(block.get(key)) + value if isinstance(value, str) and key != "type" else value
        return _tell(content)

    def _call_delta(self, index: int, more: str) -> ToolCallDelta:
        call = self._calls[index]
        function, position = call["function"], sorted(self._calls).index(index)
        function["arguments"] = string(function.get("arguments")) + more
        return ToolCallDelta(self._ids.at(position, call.get("id"), self._body.get("id")), string(function.get("name")), more, position)


def _only(calls: Any) -> dict[str, Any]:
    """Returns the call of a stream event, where `tool_calls` is one object."""
    return dict(next(iter(records(calls)), {}))


def _arguments(call: Mapping[str, Any]) -> str:
    given = record(call.get("function")).get("arguments")
    return given if isinstance(given, str) else write_json(given, nonfinite="null", compact=False) if given else ""


def _tell(content: Mapping[str, Any]) -> list[Event]:
    thought, said = string(content.get("thinking")), string(content.get("text"))
    return [*([ReasoningDelta(thought)] if thought else []), *([TextDelta(said)] if said else [])]


def _parse_message(message: Mapping[str, Any], answer_id: Any, ids: CallIds) -> Iterable[Part]:
    if plan := string(message.get("tool_plan")):
        yield Reasoning(plan, extra={"cohere": {"field": "tool_plan"}})
    citations = tuple(records(message.get("citations")))
    content = message.get("content")
    for block in [{"type": "text", "text": content}] if isinstance(content, str) else records(content):
        if block.get("type") == "thinking":
            yield Reasoning(string(block.get("thinking")), extra={"cohere": {"field": "thinking"}})
        elif block.get("type") in ("text", None):
            if said := string(block.get("text")):
                yield Text(said, citations)
                citations = ()
        else:
            yield Opaque({"cohere": dict(block)})
    for place, call in enumerate(records(message.get("tool_calls"))):
        function = record(call.get("function"))
        id = ids.at(place, call.get("id"), answer_id)
        for copy, arguments in enumerate(parse_calls(function.get("arguments"))):
            yield ToolCall(ids.at((place, copy), id) if copy else id, string(function.get("name")), arguments)


def _parse_usage(usage: Mapping[str, Any]) -> Usage:
    """Returns the tokens that the model read and wrote. `billed_units`, which leave out Cohere's own prompt, stay in `raw`."""
    tokens = record(usage.get("tokens")) or record(usage.get("billed_units"))
    inputs, outputs = count(tokens.get("input_tokens")), count(tokens.get("output_tokens"))
    return Usage(inputs, outputs, inputs + outputs, count(usage.get("cached_tokens")))


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
    return {"type": "function", "function": {"name": name, "description": description, "parameters": dict(parameters)}}
