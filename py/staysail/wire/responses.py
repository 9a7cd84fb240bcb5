"""OpenAI's Responses format, which xAI speaks too.

How it works. The stream's last event holds the whole response, and `parse` reads it like a blocking one. Items are echoed as they came:
each part of a message remembers its item in `extra`, which reasoning models need to go on thinking.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from ..core.completion import Completion, CompletionRequest, ReasoningPlan, ToolDefinition
from ..core.errors import ConfigError
from ..core.messages import Audio, File, Image, Message, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolOutput
from ..core.ports import ModelTraits
from ..core.value import Value
from .call_ids import CallIds
from .faults import error_in_stream, not_understood
from .format import merge_params
from .history import HistoryRules, fit_history
from .hosted_tools import render_hosted
from .native_tools import NATIVE_CALLS, render_native, render_native_result, words_of_screen
from .responses_answer import ResponsesReader, parse_finish, parse_item, parse_usage
from .shapes import record, records, string

INCLUDES = {
    "web_search": "web_search_call.action.sources",
    "code_execution": "code_interpreter_call.outputs",
    "file_search": "file_search_call.results",
}
"""Values of `include` that request the results of hosted tools."""
KEPT_THERE = ("previous_response_id", "conversation", "background")
"""Parameters that have an effect only where the server stores the response."""
LEAST_TOKENS = 16
"""Least `max_output_tokens` that the API accepts."""


class ResponsesDialect(Value):
    """How a provider's Responses differ.

    Args:
        strict: Accepts `strict` in schemas.
        instructions: Has a field of its own for the preamble.
        system: Role of system messages.
        summary: Returns summaries of reasoning only if the request has `reasoning.summary`.
        stores: Stores responses unless the request forbids it.
        proof: Refuses reasoning that it does not store and that comes without its encrypted content.
        hosted: Name of the vocabulary of its hosted tools.
    """

    strict: bool = True
    instructions: bool = True
    system: str = "developer"
    summary: bool = True
    stores: bool = True
    proof: bool = True
    hosted: str = "responses"


RULES = HistoryRules(
    "responses",
    longest_id=64,
    name=r"[a-zA-Z0-9_-]{1,128}",
    result_media=True,
    user_media=(Image, File),
    echoed=("caller", "type", "pending_safety_checks"),
)


class Responses:
    name = "responses"
    framing: Literal["sse"] = "sse"

    def traits(self, dialect: ResponsesDialect, model: str) -> ModelTraits:
        return ModelTraits(native_output=True)

    def path(self, model: str, *, streamed: bool) -> str:
        return "responses"

    def render(self, request: CompletionRequest, model: str, dialect: ResponsesDialect, *, streamed: bool) -> dict[str, Any]:
        params = dict(request.additional_params)
        request = fit_history(request, RULES.replace(keeps_calls=any(params.get(name) for name in KEPT_THERE)))
        messages = _since(request.with_documents(), params)
        stored = params.get("store", not dialect.stores or any(params.get(name) for name in KEPT_THERE))
        body: dict[str, Any] = {"model": model, "input": [item for m in messages for item in _render_message(m, dialect, stored=stored)]}
        if not stored:
            body |= {"store": False} | ({"include": ["reasoning.encrypted_content"]} if request.reasons else {})
        if request.preamble and dialect.instructions:
            body["instructions"] = request.preamble
        elif request.preamble:
            body["input"].insert(0, {"type": "message", "role": dialect.system, "content": request.preamble})
        if request.tools:
            body["tools"] = [render_native(tool, dialect.hosted) or _render_tool(tool, dialect) for tool in request.tools]
        if request.hosted:
            body["tools"] = [*body.get("tools", ()), *render_hosted(request.hosted, dialect.hosted)]
            if shown := [INCLUDES[tool.kind] for tool in request.hosted if tool.kind in INCLUDES and dialect.hosted == "responses"]:
                body["include"] = [*body.get("include", ()), *shown]
        if request.tool_choice is not None:
            name = request.forced_tool
            native = next((entry for entry in body.get("tools", ()) if entry["type"] == "custom" and entry["name"] == name), None)
            body["tool_choice"] = {"type": native["type"] if native else "function", "name": name} if name else request.tool_choice
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.max_tokens is not None:
            body["max_output_tokens"] = max(request.max_tokens, LEAST_TOKENS)
        if plan := request.reasoning:
            body["reasoning"] = _render_reasoning(plan, dialect)
        if request.output:
            form = {
                "type": "json_schema",
                "name": request.output.name,
                "schema": dict(request.output.schema),
                "strict": request.output.strict,
            }
            body["text"] = {"format": form}
        if streamed:
            body["stream"] = True
        return merge_params(body, params)

    def parse(self, body: Mapping[str, Any], dialect: ResponsesDialect, ids: CallIds) -> Completion:
        """Returns the Completion of a whole response. Raises StreamError for a response that failed."""
        if body.get("status") == "failed" or (body.get("error") and not body.get("output")):
            raise error_in_stream(body)
        if not isinstance(body.get("output"), list):
            raise not_understood("an answer without output", str(body))
        items, native = records(body["output"]), dialect.hosted == "responses"
        parts = tuple(part for place, item in enumerate(items) for part in parse_item(item, place, body, ids, native=native))
        extra = {"responses": {"id": body["id"]}} if body.get("id") else {}
        message = Message("assistant", parts, extra=extra)
        reason = string(record(body.get("incomplete_details")).get("reason")) or string(body.get("status")) or None
        return Completion(
            message,
            parse_usage(record(body.get("usage"))),
            parse_finish(body, items, calls=bool(message.tool_calls)),
            reason,
            body,
            model=string(body.get("model")) or None,
        )

    def reader(self, dialect: ResponsesDialect, ids: CallIds, tools: Collection[str] = ()) -> ResponsesReader:
        return ResponsesReader(ids)

    def unfinished(self, body: Mapping[str, Any]) -> str | None:
        """Returns the path of a background response that is not finished yet; None for any other."""
        if body.get("status") in ("queued", "in_progress") and (id := string(body.get("id"))):
            return f"responses/{id}"
        return None


WIRE = Responses()


def _render_reasoning(plan: ReasoningPlan, dialect: ResponsesDialect) -> dict[str, Any]:
    effort = {"effort": plan.level} if plan.level else {}
    return effort | ({"summary": "auto"} if dialect.summary and not plan.is_off else {})


def _since(messages: tuple[Message, ...], params: dict[str, Any]) -> tuple[Message, ...]:
    """Returns the messages that the server does not have yet, where it keeps the earlier ones: the messages after the response that
    `previous_response_id` names ("auto": the last response of the history), or, with a server-side `conversation`, after the last
    answer."""
    previous = params.get("previous_response_id")
    if previous is None and not params.get("conversation"):
        return messages
    known = [((message.extra.get("responses") or {}).get("id") if message.role == "assistant" else None) for message in messages]
    if previous == "auto":
        previous = next((id for id in reversed(known) if id), None)
        params["previous_response_id"] = previous
        if previous is None:
            del params["previous_response_id"]
    wanted = {previous} if previous else {id for id in known if id}
    at = max((n for n, id in enumerate(known) if id in wanted), default=-1)
    return messages[at + 1 :]


def _render_message(message: Message, dialect: ResponsesDialect, *, stored: bool) -> Iterable[dict[str, Any]]:
    if message.role == "assistant":
        yield from _render_assistant(message, dialect, unproved=stored or not dialect.proof)
    elif message.role == "tool":
        for part in message.content:
            if not isinstance(part, ToolOutput):
                raise ConfigError("a message of role tool holds tool results alone")
            kept = dict(part.extra.get("responses") or {})
            kind = kept.pop("type", None)
            checks = kept.pop("pending_safety_checks", None)
            if checks and not part.extra.get("refused"):
                kept["acknowledged_safety_checks"] = checks
            output = _render_result(part)
            item = render_native_result(part, kind, output) if dialect.hosted == "responses" else None
            yield (item or {"type": "function_call_output", "call_id": part.id, "output": output}) | kept
            if item and kind == "computer_call" and (words := words_of_screen(part)):
                yield {"type": "message", "role": "user", "content": [_render_part(each) for each in words]}
    else:
        role = dialect.system if message.role == "system" else "user"
        yield {"type": "message", "role": role, "content": [_render_part(part) for part in message.content]}


def _render_assistant(message: Message, dialect: ResponsesDialect, *, unproved: bool) -> Iterable[dict[str, Any]]:
    """Yields the items of a message in the order in which they came. Text of one item stays one item; reasoning of another format is left
    out, as OpenAI cannot verify it."""
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
            case ToolCall() if kept.get("type") in NATIVE_CALLS and dialect.hosted == "responses":
                items.append(kept | ({"id": part.id} if kept["type"] == "mcp_approval_request" else {"call_id": part.id}))
            case ToolCall():
                call = {
                    "type": "function_call",
                    "call_id": part.id,
                    "name": part.name,
                    "arguments": part.arguments_json,
                }
                items.append(call if kept.get("type") in NATIVE_CALLS else call | kept)
            case Reasoning() if kept and not unproved and not kept.get("encrypted_content"):
                continue  # only a server that stores responses knows reasoning by its id alone
            case Reasoning() | Opaque() | Image() if kept:
                items.append(kept)
    return items


def _render_tool(tool: ToolDefinition, dialect: ResponsesDialect) -> dict[str, Any]:
    entry = {"type": "function", "name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return entry | ({"strict": bool(tool.strict)} if dialect.strict else {})


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
