"""Gemini's generateContent format.

How it works. A streamed answer's parts are gathered into the body that a blocking call would have given: pieces of unsigned text are
joined, signed parts stay alone, as thought signatures belong to the part they came in. Both are read by the same `parse`. Calls often have
no id, so they get one here that is not sent back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from ..core.completion import Completion, CompletionRequest, FinishReason
from ..core.errors import ConfigError
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.framing import ServerEvent
from ..core.json_text import read_json
from ..core.messages import Audio, File, Image, Media, Message, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolOutput
from ..core.ports import ModelTraits
from ..core.usage import Usage
from .faults import cut_off, error_in_stream
from .format import merge_params
from .gemini_schema import render_parameters

FILTERED = {
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "MODEL_ARMOR",
}
FAILED = {
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE",
}
# The models that take neither media in a function's response nor functions beside structured output.
FIRST_GENERATIONS = re.compile(r"gemini-[12][.-]|gemma|learnlm")


class Gemini:
    name = "gemini"
    framing: Literal["sse"] = "sse"

    def traits(self, dialect: Any, model: str) -> ModelTraits:
        return ModelTraits(native_output=True, output_with_tools=not FIRST_GENERATIONS.search(model))

    def path(self, model: str, *, streamed: bool) -> str:
        name = model if "/" in model else f"models/{model}"
        return f"{name}:streamGenerateContent?alt=sse" if streamed else f"{name}:generateContent"

    def render(self, request: CompletionRequest, model: str, dialect: Any, *, streamed: bool) -> dict[str, Any]:
        """The body. Raises ConfigError for what the API cannot be told."""
        messages = list(request.with_documents())
        system = [request.preamble] if request.preamble else []
        while messages and messages[0].role == "system":
            system.append(messages.pop(0).text)
        body: dict[str, Any] = {"contents": list(_render_messages(messages, model))}
        if system:
            body["systemInstruction"] = {"parts": [{"text": text} for text in system]}
        if request.tools:
            declared = [{"name": tool.name, "description": tool.description} | render_parameters(tool.parameters) for tool in request.tools]
            body["tools"] = [{"functionDeclarations": declared}]
        if request.tool_choice is not None:
            body["toolConfig"] = {"functionCallingConfig": _render_choice(request)}
        if config := _render_config(request):
            body["generationConfig"] = config
        return merge_params(body, request.additional_params)

    def parse(self, body: Mapping[str, Any], dialect: Any) -> Completion:
        """A Completion from a whole body: its first candidate. Raises StreamError for an error told in one."""
        blocked = (body.get("promptFeedback") or {}).get("blockReason")
        candidates = body.get("candidates") or []
        if not candidates and not blocked:
            raise error_in_stream(body)
        candidate = candidates[0] if candidates else {"finishReason": blocked}
        parts = tuple(_parse_parts(candidate, body.get("responseId") or "call"))
        message = Message("assistant", parts)
        reason = candidate.get("finishReason")
        return Completion(
            message,
            _parse_usage(body.get("usageMetadata") or {}),
            "content_filter" if blocked and not candidates else _finish(reason, message),
            reason,
            body,
            model=body.get("modelVersion"),
        )

    def reader(self, dialect: Any) -> GeminiReader:
        return GeminiReader(self, dialect)


WIRE = Gemini()


class GeminiReader:
    def __init__(self, wire: Gemini, dialect: Any) -> None:
        self._wire, self._dialect = wire, dialect
        self._body: dict[str, Any] = {}
        self._candidates: dict[int, dict[str, Any]] = {}
        self._calls = 0

    def feed(self, event: ServerEvent) -> list[Event]:
        if event.data.strip() == "[DONE]":
            return []
        chunk = read_json(event.data, nonfinite="null")
        if isinstance(chunk, list):
            chunk = chunk[0]
        if chunk.get("error"):
            raise error_in_stream(chunk)
        self._body |= {key: value for key, value in chunk.items() if key != "candidates"}
        out: list[Event] = []
        for piece in chunk.get("candidates") or ():
            index = piece.get("index") or 0
            candidate = self._candidates.setdefault(index, {"content": {"parts": [], "role": "model"}, "index": index})
            candidate |= {key: value for key, value in piece.items() if key != "content"}
            for part in (piece.get("content") or {}).get("parts") or ():
                _gather(candidate["content"]["parts"], part)
                if index == 0:
                    out += self._tell(part)
        return out

    def _tell(self, part: Mapping[str, Any]) -> list[Event]:
        if call := part.get("functionCall"):
            id = call.get("id") or _call_id(self._body.get("responseId") or "call", self._calls)
            self._calls += 1
            return [ToolCallDelta(id, call.get("name") or "", json.dumps(call.get("args") or {}, ensure_ascii=False), self._calls - 1)]
        text = part.get("text")
        if not text:
            return []
        return [ReasoningDelta(text) if part.get("thought") else TextDelta(text)]

    def finish(self) -> Completion:
        ended = any(candidate.get("finishReason") for candidate in self._candidates.values())
        if not ended and not (self._body.get("promptFeedback") or {}).get("blockReason"):
            raise cut_off()
        candidates = [self._candidates[index] for index in sorted(self._candidates)]
        return self._wire.parse(self._body | {"candidates": candidates}, self._dialect)


def _gather(parts: list[dict[str, Any]], part: Mapping[str, Any]) -> None:
    """Adds a part; text goes on where the last part's left off, when neither is signed and both are thought or neither."""
    last = parts[-1] if parts else {}
    joins = set(part) <= {"text", "thought"} and set(last) <= {"text", "thought"} and "text" in part and "text" in last
    if joins and bool(part.get("thought")) == bool(last.get("thought")):
        last["text"] += part["text"]
    elif dict(part) != {"text": ""}:
        parts.append(dict(part))


def _call_id(response_id: str, position: int) -> str:
    return f"{response_id}-{position}"


def _parse_parts(candidate: Mapping[str, Any], response_id: str) -> Iterable[Part]:
    citations = tuple(_citations(candidate))
    calls = 0
    for part in (candidate.get("content") or {}).get("parts") or ():
        signature = {key: value for key, value in part.items() if key in ("thoughtSignature", "thought") and value}
        extra = {"gemini": signature} if signature else {}
        call, data = part.get("functionCall"), part.get("inlineData")
        if part.get("text"):
            if part.get("thought"):
                yield Reasoning(part["text"], extra=extra)
            else:
                yield Text(part["text"], citations, extra)
                citations = ()
        elif call and call.get("name"):
            kept = signature | ({"id": call["id"]} if call.get("id") else {})
            args = call.get("args") or {}
            yield ToolCall(call.get("id") or _call_id(response_id, calls), call["name"], args, {"gemini": kept})
            calls += 1
        elif data:
            kind = data.get("mimeType") or ""
            media = Image if kind.startswith("image/") else Audio if kind.startswith("audio/") else File
            yield media(data=data["data"], media_type=kind or None, extra=extra)
        elif set(part) - {"text", "thought"}:
            yield Opaque({"gemini": dict(part)})


def _citations(candidate: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """What grounding and recitation checks name as sources."""
    for chunk in (candidate.get("groundingMetadata") or {}).get("groundingChunks") or ():
        for kind, source in chunk.items():
            if isinstance(source, Mapping):
                yield {"type": kind} | dict(source)
    for source in (candidate.get("citationMetadata") or {}).get("citationSources") or ():
        yield {"type": "citation_source"} | dict(source)


def _finish(reason: str | None, message: Message) -> FinishReason:
    if reason in (None, "STOP", "FINISH_REASON_UNSPECIFIED"):
        return "tool_calls" if message.tool_calls else "stop"
    if reason in FILTERED:
        return "content_filter"
    return "length" if reason == "MAX_TOKENS" else "error" if reason in FAILED else "other"


def _parse_usage(usage: Mapping[str, Any]) -> Usage:
    """Thoughts are counted apart from the candidates and paid like them, so both are output. The total also has what server-side tools
    put into the prompt."""
    inputs = usage.get("promptTokenCount") or 0
    thoughts = usage.get("thoughtsTokenCount") or 0
    outputs = (usage.get("candidatesTokenCount") or 0) + thoughts
    total = usage.get("totalTokenCount") or inputs + outputs
    return Usage(inputs, outputs, total, usage.get("cachedContentTokenCount") or 0, 0, thoughts)


def _render_choice(request: CompletionRequest) -> dict[str, Any]:
    if name := request.forced_tool:
        return {"mode": "ANY", "allowedFunctionNames": [name]}
    return {"mode": {"required": "ANY", "none": "NONE"}.get(str(request.tool_choice), "AUTO")}


def _render_config(request: CompletionRequest) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if request.temperature is not None:
        config["temperature"] = request.temperature
    if request.max_tokens is not None:
        config["maxOutputTokens"] = request.max_tokens
    if request.output:
        config |= {"responseMimeType": "application/json", "responseJsonSchema": dict(request.output.schema)}
    return config


def _render_messages(messages: Iterable[Message], model: str) -> Iterable[dict[str, Any]]:
    with_id: set[str] = set()
    for message in messages:
        if message.role == "assistant":
            with_id |= {call.id for call in message.tool_calls if (call.extra.get("gemini") or {}).get("id")}
            parts = [rendered for part in message.content for rendered in _render_answer(part)]
            if parts:
                yield {"role": "model", "parts": parts}
        elif message.role == "tool":
            yield {"role": "user", "parts": [item for part in message.content for item in _render_result(part, with_id, model)]}
        else:
            yield {"role": "user", "parts": [_render_part(part) for part in message.content]}


def _render_answer(part: Part) -> Iterable[dict[str, Any]]:
    kept = dict(part.extra.get("gemini") or {}) if hasattr(part, "extra") else {}
    match part:
        case Text() if part.text:
            yield {"text": part.text} | kept
        case Refusal() if part.text:
            yield {"text": part.text}
        case Reasoning() if kept and part.text:
            yield {"text": part.text} | kept
        case ToolCall():
            id = {"id": kept.pop("id")} if kept.get("id") else {}
            args = part.arguments if isinstance(part.arguments, dict) else {"arguments": part.arguments}
            yield {"functionCall": {"name": part.name, "args": args} | id} | kept
        case Image() | Audio() | File():
            yield _render_part(part) | kept
        case Opaque() if kept:
            yield kept


def _render_result(part: Part, with_id: set[str], model: str) -> Iterable[dict[str, Any]]:
    if not isinstance(part, ToolOutput):
        raise ConfigError("a message of role tool holds tool results alone")
    media = [_render_part(item) for item in part.content if not isinstance(item, Text)]
    told: dict[str, Any] = {"name": part.name, "response": {"error" if part.is_error else "result": _read(part.text)}}
    if part.id in with_id:
        told["id"] = part.id
    if media and not FIRST_GENERATIONS.search(model):
        yield {"functionResponse": told | {"parts": media}}
    else:
        yield {"functionResponse": told}
        yield from media


def _read(text: str) -> Any:
    """JSON as the value it is, so that the model does not read JSON within JSON."""
    try:
        return read_json(text)
    except ValueError:
        return text


def _render_part(part: Part) -> dict[str, Any]:
    match part:
        case Text():
            return {"text": part.text}
        case Image():
            return _render_media(part, "image/png")
        case Audio():
            return _render_media(part, "audio/wav")
        case File():
            return _render_media(part, "application/pdf")
    raise ConfigError(f"a user's message cannot hold a part of type {part.type!r}")


def _render_media(part: Media, media_type: str) -> dict[str, Any]:
    where = part.url or part.file_id
    if where:
        return {"fileData": {"fileUri": where} | ({"mimeType": part.media_type} if part.media_type else {})}
    return {"inlineData": {"mimeType": part.media_type or media_type, "data": part.base64}}
