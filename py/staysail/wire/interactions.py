"""Gemini's Interactions format.

https://ai.google.dev/api/interactions-api

How it works. An answer is a list of steps: thoughts, calls, steps of hosted tools, and output. Each part of a message keeps its step, so
that signatures and hosted steps are echoed unchanged. The provider stores an interaction only on request: `additional_params` of `{"store":
True}` stores it, `{"previous_interaction_id": "auto"}` continues the history's last interaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from ..core.arguments import parse_arguments, parse_calls
from ..core.completion import Completion, CompletionRequest
from ..core.errors import ConfigError
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.messages import Audio, File, Image, Media, Message, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolOutput
from ..core.ports import ModelTraits
from ..core.usage import Usage
from .call_ids import CallIds
from .faults import error_in_stream, not_understood
from .finish import read_finish
from .format import merge_params
from .gemini import FIRST_GENERATIONS
from .history import HistoryRules, fit_history
from .hosted_tools import render_hosted
from .shapes import count, read_index, read_media, record, records, string

RULES = HistoryRules("interactions", name=r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}", answer_media=True, result_media=True, user_first=True)
MEDIA: dict[str, type[Media]] = {"image": Image, "audio": Audio, "document": File, "video": File}
DEFAULT_TYPES = {"image": "image/png", "audio": "audio/wav", "document": "application/pdf"}


class Interactions:
    name = "interactions"
    framing: Literal["sse"] = "sse"

    def traits(self, dialect: Any, model: str) -> ModelTraits:
        return ModelTraits(native_output=True, output_with_tools=not FIRST_GENERATIONS.search(model))

    def path(self, model: str, *, streamed: bool) -> str:
        return "interactions?alt=sse" if streamed else "interactions"

    def render(self, request: CompletionRequest, model: str, dialect: Any, *, streamed: bool) -> dict[str, Any]:
        """Returns the body. Raises ConfigError for a request that the API cannot express."""
        params = dict(request.additional_params)
        goes_on = bool(params.get("previous_interaction_id"))
        fitted = fit_history(request, RULES.replace(keeps_calls=goes_on, user_first=not goes_on))
        messages = list(_since(fitted.with_documents(), params))
        system = [request.preamble] if request.preamble else []
        while messages and messages[0].role == "system":
            system.append(messages.pop(0).text)
        body: dict[str, Any] = {"model": model, "input": [step for message in messages for step in _render_message(message)]}
        if system:
            body["system_instruction"] = "\n\n".join(system)
        tools = [
            {"type": "function", "name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
            for tool in request.tools
        ]
        if tools or request.hosted:
            body["tools"] = [*tools, *render_hosted(request.hosted, "interactions")]
        if request.output:
            body["response_format"] = [{"type": "text", "mime_type": "application/json", "schema": dict(request.output.schema)}]
        if config := _render_config(request):
            body["generation_config"] = config
        if "previous_interaction_id" not in params and "store" not in params:
            body["store"] = False
        if streamed:
            body["stream"] = True
        return merge_params(body, params)

    def parse(self, body: Mapping[str, Any], dialect: Any, ids: CallIds) -> Completion:
        """Returns the Completion of a whole interaction. Raises StreamError for an error in the body."""
        if body.get("error"):
            raise error_in_stream(body)
        if not isinstance(body.get("steps"), list):
            raise not_understood("an interaction without steps", str(body))
        parts = tuple(part for place, step in enumerate(records(body["steps"])) for part in _parse_step(step, place, body, ids))
        status = string(body.get("status")) or None
        extra = {"interactions": {"id": body["id"]}} if body.get("id") else {}
        message = Message("assistant", parts, extra=extra)
        finish = read_finish(_word(status), calls=bool(message.tool_calls))
        return Completion(message, _parse_usage(record(body.get("usage"))), finish, status, body, model=string(body.get("model")) or None)

    def reader(self, dialect: Any, ids: CallIds, tools: Collection[str] = ()) -> InteractionReader:
        return InteractionReader(ids)


WIRE = Interactions()


class InteractionReader:
    """Assembles the steps of a streamed interaction."""

    def __init__(self, ids: CallIds) -> None:
        self._ids = ids
        self._head: dict[str, Any] = {}
        self._steps: dict[int, dict[str, Any]] = {}
        self._arguments: dict[int, str] = {}
        self.ended = False

    def feed(self, data: dict[str, Any], name: str = "") -> list[Event]:
        index = read_index(data.get("index"), max(self._steps, default=0))
        match data.get("event_type") or name:
            case "step.start":
                step = self._steps[index] = dict(record(data.get("step")))
                if step.get("type") == "function_call":
                    return [self._call_delta(index, "")]
                texts = (string(part.get("text")) for part in records(step.get("content")) if step.get("type") == "model_output")
                return [TextDelta(text) for text in texts if text]
            case "step.delta":
                return self._grow(index, record(data.get("delta")))
            case "interaction.completed" | "interaction.complete":
                self._head |= record(data.get("interaction"))
                self.ended = True
            case "error":
                raise error_in_stream(data)
            case _ if data.get("error"):
                raise error_in_stream(data)
            case _ if record(data.get("interaction")):
                self._head |= data["interaction"]
        return []

    def body(self) -> dict[str, Any]:
        steps = [
            step | ({"arguments": parse_arguments(self._arguments[index])} if self._arguments.get(index) else {})
            for index, step in sorted(self._steps.items())
        ]
        head = self._head if self.ended else {key: value for key, value in self._head.items() if key != "status"}
        return head | {"steps": records(self._head.get("steps")) or steps}

    def _grow(self, index: int, delta: Mapping[str, Any]) -> list[Event]:
        kind = string(delta.get("type"))
        step = self._steps.setdefault(index, {"type": "function_call" if kind == "arguments_delta" else "model_output"})
        if more := string(delta.get("signature")):
            step["signature"] = string(step.get("signature")) + more
        content = step.setdefault("content", []) if step.get("type") == "model_output" else []
        match kind:
            case "text" if more := string(delta.get("text")):
                if content and content[-1].get("type") == "text":
                    content[-1]["text"] += more
                else:
                    content.append({"type": "text", "text": more})
                return [TextDelta(more)]
            case "thought_summary" if said := record(delta.get("content")):
                step["summary"] = [*records(step.get("summary")), said]
                return [ReasoningDelta(string(said["text"]))] if string(said.get("text")) else []
            case "arguments_delta":
                more = string(delta.get("arguments"))
                self._arguments[index] = self._arguments.get(index, "") + more
                return [self._call_delta(index, more)] if more else []
            case "text_annotation_delta" | "text_annotation" if content:
                content[-1]["annotations"] = [*records(content[-1].get("annotations")), *records(delta.get("annotations"))]
            case "image" | "video" | "audio":
                content.append(dict(delta))
            case _ if kind not in ("thought_signature", "text"):
                step |= {key: value for key, value in delta.items() if key not in ("type", "signature")}
        return []

    def _call_delta(self, index: int, more: str) -> ToolCallDelta:
        step = self._steps[index]
        id = self._ids.at(index, step.get("id"), self._head.get("id"))
        before = sum(other.get("type") == "function_call" for at, other in self._steps.items() if at < index)
        return ToolCallDelta(id, string(step.get("name")), more, before)


def _word(status: str | None) -> str | None:
    """Returns a status as a finish reason that every wire format uses."""
    return {"requires_action": "tool_calls", "in_progress": "error", "incomplete": "length", "budget_exceeded": "length"}.get(
        status or "", status
    )


def _parse_step(step: Mapping[str, Any], place: int, body: Mapping[str, Any], ids: CallIds) -> Iterable[Part]:
    match step.get("type"):
        case "model_output":
            yield from (part for block in records(step.get("content")) for part in _parse_block(block))
        case "thought":
            said = "".join(string(item.get("text")) for item in records(step.get("summary")))
            yield Reasoning(said, string(step.get("signature")) or None, extra={"interactions": dict(step)})
        case "function_call":
            kept = {"interactions": {key: step[key] for key in ("id", "signature") if step.get(key)}}
            id = ids.at(place, step.get("id"), body.get("id"))
            for copy, arguments in enumerate(parse_calls(step.get("arguments"))):
                yield ToolCall(ids.at((place, copy), id) if copy else id, string(step.get("name")), arguments, {} if copy else kept)
        case "user_input":
            return
        case _:
            yield Opaque({"interactions": dict(step)})


def _parse_block(block: Mapping[str, Any]) -> Iterable[Part]:
    kind = string(block.get("type"))
    if kind == "text":
        if said := string(block.get("text")):
            yield Text(said, tuple(records(block.get("annotations"))))
    elif kind in MEDIA and (
        found := read_media(
            MEDIA[kind], block.get("data") or block.get("uri"), string(block.get("mime_type")) or None, {"interactions": dict(block)}
        )
    ):
        yield found
    else:
        yield Opaque({"interactions": {"type": "model_output", "content": [dict(block)]}})


def _parse_usage(usage: Mapping[str, Any]) -> Usage:
    """Returns the usage. Thoughts are counted apart from the output and priced like it, so both count as output."""
    inputs = count(usage.get("total_input_tokens")) + count(usage.get("total_tool_use_tokens"))
    thoughts = count(usage.get("total_thought_tokens"))
    outputs = count(usage.get("total_output_tokens")) + thoughts
    total = count(usage.get("total_tokens")) or inputs + outputs
    return Usage(inputs, outputs, total, count(usage.get("total_cached_tokens")), 0, thoughts)


def _render_config(request: CompletionRequest) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if request.temperature is not None:
        config["temperature"] = request.temperature
    if request.max_tokens is not None:
        config["max_output_tokens"] = request.max_tokens
    if plan := request.reasoning:
        if plan.budget is not None and not plan.is_off:
            config["thinking_level"] = "low" if plan.budget <= 4_096 else "medium" if plan.budget <= 16_384 else "high"
        elif plan.level and not plan.is_off:
            config["thinking_level"] = plan.level
        if not plan.is_off:
            config["thinking_summaries"] = "auto"
    if request.tool_choice is not None:
        name = request.forced_tool
        choice = {"required": "any"}.get(str(request.tool_choice), request.tool_choice)
        config["tool_choice"] = {"allowed_tools": {"mode": "any", "tools": [name]}} if name else choice
    return config


def _since(messages: tuple[Message, ...], params: dict[str, Any]) -> tuple[Message, ...]:
    """Returns the messages that the server does not have yet, where the request continues a stored interaction."""
    previous = params.get("previous_interaction_id")
    if previous is None:
        return messages
    known = [(message.extra.get("interactions") or {}).get("id") if message.role == "assistant" else None for message in messages]
    if previous == "auto":
        previous = params["previous_interaction_id"] = next((id for id in reversed(known) if id), None)
        if previous is None:
            del params["previous_interaction_id"]
            return messages
    at = max((n for n, id in enumerate(known) if id == previous), default=-1)
    return messages[at + 1 :]


def _render_message(message: Message) -> Iterable[dict[str, Any]]:
    if message.role == "assistant":
        yield from (step for part in message.content for step in _render_answer(part))
    elif message.role == "tool":
        yield {"type": "user_input", "content": [_render_result(part) for part in message.content]}
    else:
        yield {"type": "user_input", "content": [_render_part(part) for part in message.content]}


def _render_answer(part: Part) -> Iterable[dict[str, Any]]:
    """Yields the steps of one part of an assistant message. Thoughts in other formats are left out."""
    kept = part.extra.get("interactions") if hasattr(part, "extra") else None
    match part:
        case Text() | Refusal() if part.text:
            yield {"type": "model_output", "content": [{"type": "text", "text": part.text}]}
        case Reasoning() | Opaque() if kept:
            yield dict(kept)
        case ToolCall():
            arguments = part.arguments if isinstance(part.arguments, dict) else {"arguments": part.arguments}
            yield {"type": "function_call", "id": part.id, "name": part.name, "arguments": arguments} | dict(kept or {})
        case Image() | Audio() | File():
            yield {"type": "model_output", "content": [dict(kept) if kept else _render_part(part)]}


def _render_result(part: Part) -> dict[str, Any]:
    if not isinstance(part, ToolOutput):
        raise ConfigError("a message of role tool holds tool results alone")
    content = [_render_part(item) for item in part.content] or [{"type": "text", "text": ""}]
    plain = all(isinstance(item, Text) for item in part.content)
    result: dict[str, Any] = {"type": "function_result", "call_id": part.id, "name": part.name, "result": part.text if plain else content}
    return result | ({"is_error": True} if part.is_error else {})


def _render_part(part: Part) -> dict[str, Any]:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Image() | Audio() | File():
            kind = "image" if isinstance(part, Image) else "audio" if isinstance(part, Audio) else "document"
            if (part.media_type or "").startswith("video/"):
                kind = "video"
            where = {"uri": part.url or part.file_id} if part.url or part.file_id else {"data": part.base64}
            media_type = part.media_type or (DEFAULT_TYPES[kind] if part.data else None)
            return {"type": kind} | where | ({"mime_type": media_type} if media_type else {})
    raise ConfigError(f"a user's message cannot hold a part of type {part.type!r}")
