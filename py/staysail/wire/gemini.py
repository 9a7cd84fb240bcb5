"""Gemini's generateContent format.

How it works. The parts of a streamed answer are gathered into the body that a blocking call would have returned, and `parse` reads
both. Pieces of unsigned text are joined; signed parts stay alone, as a thought signature belongs to its part. Calls often have no id:
they get one here that is not sent back.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

from ..core.arguments import parse_calls
from ..core.completion import Completion, CompletionRequest, ReasoningPlan
from ..core.errors import ConfigError, JsonError
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.json_text import read_json, write_json
from ..core.messages import Audio, File, Image, Media, Message, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolOutput
from ..core.ports import ModelTraits
from ..core.usage import Usage
from ..core.value import NOTHING
from .call_ids import CallIds
from .faults import error_in_stream
from .finish import no_answer, read_finish
from .format import merge_params
from .gemini_calls import add_to_call, begin_call, continues_call
from .history import HistoryRules, fit_history
from .hosted_tools import render_hosted
from .schemas.rules import GEMINI_BEFORE_JSON_SCHEMA
from .shapes import count, read_index, read_media, record, records, string

# The models that take neither media in a function's response nor functions beside structured output.
FIRST_GENERATIONS = re.compile(r"gemini-[12][.-]|gemma|learnlm")


RULES = HistoryRules("gemini", name=r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}", answer_media=True, result_media=True, user_first=True)


class Gemini:
    name = "gemini"
    framing: Literal["sse"] = "sse"

    def traits(self, dialect: Any, model: str) -> ModelTraits:
        return ModelTraits(native_output=True, output_with_tools=not FIRST_GENERATIONS.search(model))

    def path(self, model: str, *, streamed: bool) -> str:
        name = model if "/" in model else f"models/{model}"
        return f"{name}:streamGenerateContent?alt=sse" if streamed else f"{name}:generateContent"

    def render(self, request: CompletionRequest, model: str, dialect: Any, *, streamed: bool) -> dict[str, Any]:
        """Returns the body. Raises ConfigError for an option that the API has no field for."""
        messages = list(fit_history(request, RULES).with_documents())
        token = _continuation_token(messages)
        if token:
            messages.pop()
        system = [request.preamble] if request.preamble else []
        while messages and messages[0].role == "system":
            system.append(messages.pop(0).text)
        body: dict[str, Any] = {"contents": list(_render_messages(messages, model))}
        if token:
            body["continuationToken"] = token
        if system:
            body["systemInstruction"] = {"parts": [{"text": text} for text in system]}
        if request.tools:
            field = "parameters" if re.search(GEMINI_BEFORE_JSON_SCHEMA, model) else "parametersJsonSchema"
            declared = [{"name": tool.name, "description": tool.description, field: dict(tool.parameters)} for tool in request.tools]
            body["tools"] = [{"functionDeclarations": declared}]
        if request.hosted:
            _add_hosted(body, request, model)
        if request.tool_choice is not None:
            body["toolConfig"] = body.get("toolConfig", {}) | {"functionCallingConfig": _render_choice(request)}
        if config := _render_config(request):
            body["generationConfig"] = config
        return merge_params(body, request.additional_params)

    def parse(self, body: Mapping[str, Any], dialect: Any, ids: CallIds) -> Completion:
        """Returns the Completion of a whole body: its first candidate. Raises StreamError for a body that holds an error or no answer."""
        blocked = string(record(body.get("promptFeedback")).get("blockReason"))
        candidates = records(body.get("candidates"))
        if not candidates and not blocked:
            raise error_in_stream(body) if body.get("error") else no_answer(body, "candidates")
        candidate = candidates[0] if candidates else {}
        parts = tuple(_parse_parts(candidate, body.get("responseId"), ids))
        reason = string(candidate.get("finishReason")) or (blocked if not candidates else "") or None
        token = string(candidate.get("continuationToken"))
        finish = read_finish(reason, calls=any(isinstance(part, ToolCall) for part in parts))
        if finish == "paused" or (reason is None and token):
            finish = "paused" if token else "length"
        return Completion(
            Message("assistant", parts, extra={"gemini": {"continuationToken": token}} if finish == "paused" else NOTHING),
            _parse_usage(record(body.get("usageMetadata"))),
            "content_filter" if blocked and not candidates else finish,
            reason,
            body,
            model=string(body.get("modelVersion")) or None,
        )

    def reader(self, dialect: Any, ids: CallIds, tools: Collection[str] = ()) -> GeminiReader:
        return GeminiReader(ids)


WIRE = Gemini()


def _continuation_token(messages: Sequence[Message]) -> str:
    """Returns the token of an answer that the provider broke off, where the conversation ends with that answer; else ""."""
    last = messages[-1] if messages else None
    return string(record(last.extra.get("gemini")).get("continuationToken")) if last and last.role == "assistant" else ""


class GeminiReader:
    """Gathers the parts of a streamed answer."""

    def __init__(self, ids: CallIds) -> None:
        self._ids = ids
        self._body: dict[str, Any] = {}
        self._candidates: dict[int, dict[str, Any]] = {}

    @property
    def ended(self) -> bool:
        finished = any(candidate.get("finishReason") or candidate.get("continuationToken") for candidate in self._candidates.values())
        return finished or bool(record(self._body.get("promptFeedback")).get("blockReason"))

    def feed(self, chunk: dict[str, Any], name: str = "") -> list[Event]:
        if chunk.get("error") or name == "error":
            raise error_in_stream(chunk)
        self._body |= {key: value for key, value in chunk.items() if key != "candidates"}
        out: list[Event] = []
        for position, piece in enumerate(records(chunk.get("candidates"))):
            index = read_index(piece.get("index"), position)
            candidate = self._candidates.setdefault(index, {"content": {"parts": [], "role": "model"}, "index": index})
            candidate |= {key: value for key, value in piece.items() if key != "content" and value is not None}
            for part in records(record(piece.get("content")).get("parts")):
                gathered = _gather(candidate["content"]["parts"], part)
                if index == min(self._candidates):
                    out += self._tell(candidate["content"]["parts"], part, gathered)
        return out

    def body(self) -> dict[str, Any]:
        return self._body | {"candidates": [self._candidates[index] for index in sorted(self._candidates)]}

    def _tell(self, parts: list[dict[str, Any]], part: Mapping[str, Any], gathered: Mapping[str, Any]) -> list[Event]:
        """Returns the events for a part. The arguments of a call that comes in pieces are reported when they are whole."""
        call = gathered.get("functionCall")
        if isinstance(call, dict) and isinstance(part.get("functionCall"), dict):
            place = sum("functionCall" in other for other in parts) - 1
            id = self._ids.at(place, call.get("id"), self._body.get("responseId"))
            written = "" if call.get("willContinue") else write_json(record(call.get("args")), nonfinite="null", compact=False)
            return [ToolCallDelta(id, string(call.get("name")), written, place)]
        said = string(part.get("text"))
        if not said:
            return []
        return [ReasoningDelta(said) if part.get("thought") else TextDelta(said)]


def _gather(parts: list[dict[str, Any]], part: Mapping[str, Any]) -> dict[str, Any]:
    """Adds a part. Returns the part that it became or was merged into: text continues the last part's where neither is signed and both are
    thoughts or neither is."""
    last = parts[-1] if parts else {}
    if continues_call(last, part):
        return add_to_call(last, part)
    plain = {"text", "thought"}
    joins = set(part) <= plain and set(last) <= plain and isinstance(part.get("text"), str) and isinstance(last.get("text"), str)
    if joins and bool(part.get("thought")) == bool(last.get("thought")):
        last["text"] += part["text"]
        return last
    call = record(part.get("functionCall"))
    added = begin_call(part) if "partialArgs" in call or call.get("willContinue") else dict(part)
    if added != {"text": ""}:
        parts.append(added)
    return added


def _parse_parts(candidate: Mapping[str, Any], response_id: Any, ids: CallIds) -> Iterable[Part]:
    citations = tuple(_citations(candidate))
    calls = 0
    for part in records(record(candidate.get("content")).get("parts")):
        signature = {key: value for key, value in part.items() if key in ("thoughtSignature", "thought") and value}
        extra = {"gemini": signature} if signature else NOTHING
        data = record(part.get("inlineData"))
        kind = string(data.get("mimeType"))
        media = Image if kind.startswith("image/") else Audio if kind.startswith("audio/") else File
        if isinstance(part.get("functionCall"), dict):
            yield _parse_call(part["functionCall"], calls, signature, response_id, ids)
            calls += 1
        elif said := string(part.get("text")):
            if part.get("thought"):
                yield Reasoning(said, extra=extra)
            else:
                yield Text(said, citations, extra)
                citations = ()
        elif data and (found := read_media(media, data.get("data"), kind or None, extra)):
            yield found
        elif set(part) - {"text", "thought"}:
            yield Opaque({"gemini": dict(part)})


def _parse_call(call: Mapping[str, Any], place: int, signature: Mapping[str, Any], response_id: Any, ids: CallIds) -> ToolCall:
    """Returns the call. Only an id that the provider gave is sent back."""
    kept = {**signature} | ({"id": call["id"]} if call.get("id") else {})
    id = ids.at(place, call.get("id"), response_id)
    return ToolCall(id, string(call.get("name")), parse_calls(call.get("args"))[0], {"gemini": kept})


def _citations(candidate: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Yields the sources of grounding and of recitation checks."""
    for chunk in records(record(candidate.get("groundingMetadata")).get("groundingChunks")):
        for kind, source in chunk.items():
            if isinstance(source, Mapping):
                yield {"type": kind} | dict(source)
    for source in records(record(candidate.get("citationMetadata")).get("citationSources")):
        yield {"type": "citation_source"} | dict(source)


def _parse_usage(usage: Mapping[str, Any]) -> Usage:
    """Returns the usage. Thoughts are counted apart from the candidates and paid like them, so both are output. The total also counts what
    server-side tools put into the prompt."""
    inputs = count(usage.get("promptTokenCount"))
    thoughts = count(usage.get("thoughtsTokenCount"))
    outputs = count(usage.get("candidatesTokenCount")) + thoughts
    total = count(usage.get("totalTokenCount")) or inputs + outputs
    return Usage(inputs, outputs, total, count(usage.get("cachedContentTokenCount")), 0, thoughts)


def _add_hosted(body: dict[str, Any], request: CompletionRequest, model: str) -> None:
    """Adds the tools that the provider runs. Raises ConfigError for the first generations, which take none beside functions."""
    if request.tools and FIRST_GENERATIONS.search(model):
        raise ConfigError(
            f"{model} takes no hosted tools beside other tools: leave one of them out, give a local one (local=my_tool), or use Gemini 3"
        )
    body["tools"] = [*body.get("tools", ()), *render_hosted(request.hosted, "gemini")]
    if request.tools or not FIRST_GENERATIONS.search(model):
        body["toolConfig"] = {"includeServerSideToolInvocations": True}


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
    if plan := request.reasoning:
        config["thinkingConfig"] = _render_reasoning(plan)
    if request.output:
        config |= {"responseMimeType": "application/json", "responseJsonSchema": dict(request.output.schema)}
    return config


def _render_reasoning(plan: ReasoningPlan) -> dict[str, Any]:
    config: dict[str, Any] = {"thinkingLevel": plan.level} if plan.budget is None else {"thinkingBudget": plan.budget}
    return config if plan.is_off else config | {"includeThoughts": True}


def _render_messages(messages: Iterable[Message], model: str) -> Iterable[dict[str, Any]]:
    with_id: set[str] = set()
    for message in messages:
        if message.role == "assistant":
            with_id |= {call.id for call in message.tool_calls if (call.extra.get("gemini") or {}).get("id")}
            parts = [rendered for part in message.content for rendered in _render_answer(part)]
            if not FIRST_GENERATIONS.search(model):
                _sign_first_call(parts)
            if parts:
                yield {"role": "model", "parts": parts}
        elif message.role == "tool":
            yield {"role": "user", "parts": [item for part in message.content for item in _render_result(part, with_id, model)]}
        else:
            yield {"role": "user", "parts": [_render_part(part) for part in message.content]}


def _sign_first_call(parts: list[dict[str, Any]]) -> None:
    """Marks a call that another model made: from Gemini 3 on, an unsigned one is refused unless it bears this mark.

    https://ai.google.dev/gemini-api/docs/thought-signatures
    """
    first = next((part for part in parts if "functionCall" in part), None)
    if first is not None:
        first.setdefault("thoughtSignature", "skip_thought_signature_validator")


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
            id = {"id": part.id} if kept.pop("id", None) else {}
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
    response: dict[str, Any] = {"name": part.name, "response": {"error" if part.is_error else "result": _read(part.text)}}
    if part.id in with_id:
        response["id"] = part.id
    if media and not FIRST_GENERATIONS.search(model):
        yield {"functionResponse": response | {"parts": media}}
    else:
        yield {"functionResponse": response}
        yield from media


def _read(text: str) -> Any:
    """Returns the value of JSON text, so that the model does not read JSON within JSON; else the text."""
    try:
        return read_json(text)
    except JsonError:
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
