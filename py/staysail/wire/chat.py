"""Chat Completions, OpenAI's older format and nearly everybody else's.

How it works. A streamed answer is grown into the body that a blocking call would have given, and both are read by the same `parse`: so
they cannot differ. Fields nobody knows are
merged too and stay in `raw`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from ..core.completion import Completion, CompletionRequest, FinishReason, ToolDefinition
from ..core.errors import ConfigError
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.framing import ServerEvent
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
from ..core.value import NOTHING, Value
from .faults import cut_off, error_in_stream
from .format import merge_params

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


class ChatDialect(Value):
    """How a provider's Chat Completions differ.

    max_tokens: the field's name. output: what structured output it has. required: its word for a forced tool call, "" for none. echo: send
    reasoning back in the field it came in. usage_option: ask for usage in a stream. strict: knows `strict` in schemas. system: the role of
    the preamble. tools: has tool calls; where not, those of a history are left out. files, audio: the shape of these parts, "" for none.
    alternate: wants user and assistant in turns, so neighbours are joined. longest_id: of a tool call, 0 for any.
    """

    max_tokens: str = "max_tokens"
    output: Literal["json_schema", "json_object", "none"] = "json_schema"
    required: str = "required"
    echo: bool = False
    usage_option: bool = True
    strict: bool = False
    system: str = "system"
    tools: bool = True
    files: Literal["file", "document_url", ""] = "file"
    audio: Literal["object", "base64", ""] = "object"
    alternate: bool = False
    longest_id: int = 0


class Chat:
    name = "chat"
    framing: Literal["sse"] = "sse"

    def traits(self, dialect: ChatDialect, model: str) -> ModelTraits:
        return ModelTraits(native_output=dialect.output == "json_schema", tools=dialect.tools, forced_tools=bool(dialect.required))

    def path(self, model: str, *, streamed: bool) -> str:
        return "chat/completions"

    def render(self, request: CompletionRequest, model: str, dialect: ChatDialect, *, streamed: bool) -> dict[str, Any]:
        """The body. Raises ConfigError for what the dialect cannot say."""
        if request.tools and not dialect.tools:
            raise ConfigError(f"this provider has no tool calls, and tools were given: {', '.join(tool.name for tool in request.tools)}")
        body: dict[str, Any] = {"model": model, "messages": list(_render_messages(request, dialect))}
        if request.tools:
            body["tools"] = [render_tool(tool, dialect) for tool in request.tools]
        if request.tool_choice is not None:
            body["tool_choice"] = _render_choice(request, dialect)
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.max_tokens is not None:
            body[dialect.max_tokens] = request.max_tokens
        if request.output:
            body["response_format"] = _render_output(request, dialect)
        if streamed:
            body["stream"] = True
            if dialect.usage_option:
                body["stream_options"] = {"include_usage": True}
        return merge_params(body, request.additional_params)

    def parse(self, body: Mapping[str, Any], dialect: ChatDialect) -> Completion:
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

    def reader(self, dialect: ChatDialect) -> ChatReader:
        return ChatReader(self, dialect)


WIRE = Chat()


class ChatReader:
    """Grows the body of a streamed answer, chunk by chunk."""

    def __init__(self, wire: Chat, dialect: ChatDialect) -> None:
        self._wire, self._dialect = wire, dialect
        self._body: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}
        self._ended = False

    def feed(self, event: ServerEvent) -> list[Event]:
        if event.data.strip() == "[DONE]":
            self._ended = True
            return []
        chunk = json.loads(event.data)
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
        return self._wire.parse(body, self._dialect)


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
        target[key] = _join(old if isinstance(old, list) else _listed(old), _listed(value))
    elif isinstance(old, dict) and isinstance(value, dict):
        for name, item in value.items():
            _merge(old, name, item)
    else:
        target[key] = dict(value) if isinstance(value, dict) else value


def _listed(value: Any) -> list[Any]:
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


def _render_messages(request: CompletionRequest, dialect: ChatDialect) -> Iterable[dict[str, Any]]:
    out: list[dict[str, Any]] = [{"role": dialect.system, "content": request.preamble}] if request.preamble else []
    for message in request.with_documents():
        if message.role == "tool":
            out += _render_results(message, dialect) if dialect.tools else []
        elif message.role == "assistant":
            out += [_render_assistant(message, dialect)] if dialect.tools or message.text else []
        else:
            role = dialect.system if message.role == "system" else "user"
            named = {"name": message.name} if message.name else {}
            out.append({"role": role, "content": _render_content(message.content, dialect)} | named)
    return _join_neighbours(out) if dialect.alternate else out


def _join_neighbours(messages: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for message in messages:
        if out and out[-1]["role"] == message["role"]:
            old, new = out[-1]["content"], message["content"]
            plain = isinstance(old, str) and isinstance(new, str)
            out[-1] = out[-1] | {"content": f"{old}\n\n{new}" if plain else [*_listed(old), *_listed(new)]}
        else:
            out.append(message)
    return out


def _render_assistant(message: Message, dialect: ChatDialect) -> dict[str, Any]:
    out: dict[str, Any] = {"role": "assistant"}
    text = message.text
    calls: list[dict[str, Any]] = []
    for part in message.content:
        kept = part.extra.get("chat", {}) if hasattr(part, "extra") else {}
        if isinstance(part, ToolCall) and dialect.tools:
            calls.append(_render_call(part, dialect))
        elif isinstance(part, Opaque) and kept.get("call") and dialect.tools:
            calls.append(kept["call"])
        elif isinstance(part, Reasoning) and kept and dialect.echo:
            if kept.get("details"):
                out["reasoning_details"] = kept["details"]
            elif kept.get("field"):
                out[kept["field"]] = part.text
            elif kept.get("parts"):
                out["content"] = [*kept["parts"], *_listed(text)]
    if text or not calls:
        out.setdefault("content", text)
    if calls:
        out["tool_calls"] = calls
    return out


def _render_call(call: ToolCall, dialect: ChatDialect) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments_json}
    return {"id": _short_id(call.id, dialect), "type": "function", "function": function} | dict(call.extra.get("chat", NOTHING))


def _short_id(id: str, dialect: ChatDialect) -> str:
    """A call's id that another provider gave, made to fit: Mistral refuses ids that are not nine letters or digits."""
    if not dialect.longest_id or len(id) <= dialect.longest_id:
        return id
    return f"{zlib.crc32(id.encode()):09x}"


def _render_results(message: Message, dialect: ChatDialect) -> Iterable[dict[str, Any]]:
    """A tool message for each result; pictures follow as the user's, since most servers take only text from a tool."""
    media: list[Part] = []
    for result in message.content:
        if not isinstance(result, ToolOutput):
            raise ConfigError("a message of role tool holds tool results alone")
        pictures = [part for part in result.content if not isinstance(part, Text)]
        text = result.text or ("The result follows as an attachment." if pictures else "")
        content = f"Error: {text}" if result.is_error else text
        yield {"role": "tool", "tool_call_id": _short_id(result.id, dialect), "content": content}
        if pictures:
            media += [Text(f"Result of {result.name or result.id}:"), *pictures]
    if media:
        yield {"role": "user", "content": _render_content(tuple(media), dialect)}


def _render_content(parts: tuple[Part, ...], dialect: ChatDialect) -> str | list[dict[str, Any]]:
    if all(isinstance(part, Text) for part in parts):
        return "\n\n".join(part.text for part in parts if isinstance(part, Text))
    return [_render_part(part, dialect) for part in parts]


def _render_part(part: Part, dialect: ChatDialect) -> dict[str, Any]:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Image():
            if part.file_id:
                raise ConfigError("Chat Completions takes an image as bytes or a URL, not by file id")
            detail = {"detail": part.detail} if part.detail else {}
            return {"type": "image_url", "image_url": {"url": part.data_url("image/png")} | detail}
        case Audio():
            return _render_audio(part, dialect)
        case File():
            return _render_file(part, dialect)
    raise ConfigError(f"a user's message cannot hold a part of type {part.type!r}")


def _render_audio(part: Audio, dialect: ChatDialect) -> dict[str, Any]:
    if not dialect.audio:
        raise ConfigError("this provider takes no audio in a conversation")
    if dialect.audio == "base64":
        return {"type": "input_audio", "input_audio": part.url or part.base64}
    if not part.data:
        raise ConfigError("Chat Completions takes audio as bytes, not by URL or file id")
    kind = (part.media_type or "audio/wav").rpartition("/")[2].removeprefix("x-").replace("mpeg", "mp3")
    return {"type": "input_audio", "input_audio": {"data": part.base64, "format": kind}}


def _render_file(part: File, dialect: ChatDialect) -> dict[str, Any]:
    if (part.media_type or "").startswith("video/") and not part.file_id:
        return {"type": "video_url", "video_url": {"url": part.data_url()}}
    if not dialect.files:
        raise ConfigError("this provider takes no files in a conversation; give their text")
    if dialect.files == "document_url":
        if part.file_id:
            return {"type": "file", "file_id": part.file_id}
        named = {"document_name": part.name} if part.name else {}
        return {"type": "document_url", "document_url": part.data_url("application/pdf")} | named
    if part.file_id:
        return {"type": "file", "file": {"file_id": part.file_id}}
    return {"type": "file", "file": {"filename": part.name or "file", "file_data": part.data_url("application/pdf")}}


def render_tool(tool: ToolDefinition, dialect: ChatDialect) -> dict[str, Any]:
    parameters = dict(tool.parameters) or {"type": "object", "properties": {}}
    strict = {"strict": tool.strict} if tool.strict is not None and dialect.strict else {}
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": parameters} | strict,
    }


def _render_choice(request: CompletionRequest, dialect: ChatDialect) -> Any:
    if name := request.forced_tool:
        return {"type": "function", "function": {"name": name}}
    if request.tool_choice != "required":
        return request.tool_choice
    if not dialect.required:
        raise ConfigError("this provider cannot be made to call a tool; tool_choice is auto, none or a tool's name")
    return dialect.required


def _render_output(request: CompletionRequest, dialect: ChatDialect) -> dict[str, Any]:
    assert request.output
    if dialect.output != "json_schema":
        how = "; the agent's output_type works with it through a tool" if dialect.tools else ""
        raise ConfigError(f"this provider has no structured output by schema{how}")
    schema: dict[str, Any] = {"name": request.output.name, "schema": dict(request.output.schema)}
    if dialect.strict:
        schema["strict"] = request.output.strict and is_strict(request.output.schema)
    return {"type": "json_schema", "json_schema": schema}


def is_strict(schema: Any) -> bool:
    """OpenAI's strict mode wants every object closed and every property required:
    https://platform.openai.com/docs/guides/structured-outputs#supported-schemas"""
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, Mapping):
        return True
    if schema.get("type") == "object":
        closed = schema.get("additionalProperties") is False
        if not closed or set(schema.get("properties", {})) != set(schema.get("required", ())):
            return False
    return all(is_strict(value) for value in schema.values())
