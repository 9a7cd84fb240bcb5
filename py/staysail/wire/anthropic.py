"""Anthropic's Messages format.

How it works. A streamed answer is put together, block by block, into the message that a blocking call would have returned, and `parse`
reads both. Each part remembers its block, so that signatures, redacted thinking and blocks of hosted tools are echoed as they came. A
part's `extra["anthropic"]` given by a caller is merged into its block: `Text("...", extra={"anthropic": {"cache_control": {"type":
"ephemeral"}}})`. System messages that open the conversation become the system prompt, with their extra.
`additional_params={"cache_prefix": "1h"}` (or "5m", or True) caches tools and system prompt; `{"cache_control": {...}}` caches the
whole conversation as it grows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from ..core.completion import Completion, CompletionRequest, ReasoningPlan
from ..core.errors import ConfigError
from ..core.messages import Audio, File, Image, Media, Message, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolOutput
from ..core.ports import ModelTraits
from ..core.value import Value
from ..core.whole_text import whole_text
from .anthropic_answer import MessageReader, parse_block, parse_usage
from .call_ids import CallIds
from .faults import error_in_stream, not_understood
from .finish import read_finish
from .format import merge_params
from .history import HistoryRules, fit_history
from .hosted_tools import CLAUDE_BETAS, claude_servers, render_hosted
from .native_tools import render_native
from .shapes import record, records, string

# The models before structured output, and before system messages in mid-conversation.
WITHOUT_OUTPUT = re.compile(r"claude-([123]|instant)|claude-(opus|sonnet|haiku)-4(-[01]|-20\d{6})?$")
WITHOUT_SYSTEM_TURNS = re.compile(r"claude-([123]|instant)|claude-(opus|sonnet|haiku)-4(-[0-7]\b|-20\d{6}|$)")


RULES = HistoryRules(
    "anthropic",
    id=r"[a-zA-Z0-9_-]+",
    unique=True,
    name=r"[a-zA-Z0-9_-]{1,128}",
    blank_text=False,
    result_media=True,
    user_media=(Image, File),
    user_first=True,
    echoed=("toolset_name",),
)


class MessagesDialect(Value):
    """How a provider's Messages differ.

    Args:
        max_tokens: The limit that is sent where the caller sets none and the model's own is not known; the API requires one.
    """

    max_tokens: int = 32_000


class Messages:
    name = "anthropic"
    framing: Literal["sse"] = "sse"

    def traits(self, dialect: MessagesDialect, model: str) -> ModelTraits:
        return ModelTraits(native_output=not WITHOUT_OUTPUT.search(model), needs_max_tokens=True)

    def path(self, model: str, *, streamed: bool) -> str:
        return "messages"

    def render(self, request: CompletionRequest, model: str, dialect: MessagesDialect, *, streamed: bool) -> dict[str, Any]:
        """Returns the body. Raises ConfigError for an option that the API has no field for."""
        system, messages = _split_system(fit_history(request, RULES))
        body: dict[str, Any] = {"model": model, "max_tokens": _most_tokens(request, dialect)}
        if system:
            body["system"] = system
        system_role = "user" if WITHOUT_SYSTEM_TURNS.search(model) else "system"
        body["messages"] = [rendered for message in messages if (rendered := _render_message(message, system_role))["content"]]
        if request.tools:
            body["tools"] = [
                render_native(tool, "anthropic") or _render_tool(tool.name, tool.description, tool.parameters, tool.strict)
                for tool in request.tools
            ]
        if request.hosted:
            _add_hosted(body, request)
        if request.tool_choice is not None:
            name, choice = request.forced_tool, request.tool_choice
            body["tool_choice"] = {"type": "tool", "name": name} if name else {"type": "any" if choice == "required" else choice}
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if plan := request.reasoning:
            body |= _render_reasoning(plan)
        if request.output:
            config = body.setdefault("output_config", {})
            config |= {"format": {"type": "json_schema", "schema": dict(request.output.schema)}}
        if streamed:
            body["stream"] = True
        params = dict(request.additional_params)
        _cache_prefix(body, params.pop("cache_prefix", None))
        return merge_params(body, params)

    def headers(self, request: CompletionRequest) -> dict[str, str]:
        """Returns the betas that the request needs: of hosted tools, and of files that the provider keeps."""
        betas = [CLAUDE_BETAS[kind] for kind in dict.fromkeys(tool.kind for tool in request.hosted) if kind in CLAUDE_BETAS]
        if any(tool.native and tool.native.kind == "computer" for tool in request.tools):
            betas.append("computer-use-2025-11-24")
        if any(isinstance(part, Media) and part.file_id for message in request.messages for part in message.content):
            betas.append("files-api-2025-04-14")
        return {"anthropic-beta": ",".join(betas)} if betas else {}

    def parse(self, body: Mapping[str, Any], dialect: MessagesDialect, ids: CallIds) -> Completion:
        """Returns the Completion of a whole message. Raises StreamError for a body that holds an error."""
        if body.get("type") == "error" or body.get("error"):
            raise error_in_stream(body)
        content = body.get("content")
        if not isinstance(content, list | str):
            raise not_understood("an answer without content", str(body))
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else records(content)
        message = Message("assistant", tuple(part for place, block in enumerate(blocks) for part in parse_block(block, place, body, ids)))
        reason = string(body.get("stop_reason")) or None
        details = record(body.get("stop_details"))
        return Completion(
            message,
            parse_usage(record(body.get("usage"))),
            read_finish(reason, calls=bool(message.tool_calls)),
            reason,
            body,
            model=string(body.get("model")) or None,
            stop_details=details or None,
        )

    def reader(self, dialect: MessagesDialect, ids: CallIds, tools: Collection[str] = ()) -> MessageReader:
        return MessageReader(ids)


WIRE = Messages()


def _add_hosted(body: dict[str, Any], request: CompletionRequest) -> None:
    """Adds the tools that the provider runs. With a search among them, the caller's own tools are found by it."""
    own = body.get("tools", [])
    if any(tool.kind == "tool_search" for tool in request.hosted):
        own = [tool | {"defer_loading": True} for tool in own]
    body["tools"] = [*own, *render_hosted(request.hosted, "anthropic")]
    if servers := claude_servers(request.hosted):
        body["mcp_servers"] = servers


def _most_tokens(request: CompletionRequest, dialect: MessagesDialect) -> int:
    """Returns the limit of the whole answer. Thinking counts too, so a thinking budget is added where it would leave nothing."""
    plan = request.reasoning
    if request.max_tokens is not None:
        budget = (plan.budget if plan else None) or 0
        return request.max_tokens if budget < request.max_tokens else budget + request.max_tokens
    most = dialect.max_tokens
    thinking = request.additional_params.get("thinking")
    budget = thinking.get("budget_tokens") if isinstance(thinking, Mapping) else None
    return most if not budget or budget < most else budget + most


def _render_reasoning(plan: ReasoningPlan) -> dict[str, Any]:
    """Returns the fields that ask for thinking. From Claude Opus 4.7 on its text comes only with `display`."""
    if plan.style in ("disabled", "between_tools", "adaptive") and plan.level:
        if plan.is_off:
            return {"thinking": {"type": plan.style}}
        return {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": plan.level}}
    return {"thinking": {"type": "enabled", "budget_tokens": plan.budget}} if plan.budget else {"thinking": {"type": "disabled"}}


def _cache_prefix(body: dict[str, Any], lifetime: Any) -> None:
    """Marks the end of the cached prefix after the tools and again after the system prompt."""
    if lifetime not in (None, False, True, "5m", "1h"):
        raise ConfigError(f'cache_prefix is "5m", "1h" or True, not {lifetime!r}')
    if lifetime:
        mark = {"type": "ephemeral"} | ({} if lifetime is True else {"ttl": lifetime})
        for blocks in (body.get("tools"), body.get("system")):
            if blocks:
                blocks[-1] = blocks[-1] | {"cache_control": mark}


def _split_system(request: CompletionRequest) -> tuple[list[dict[str, Any]], list[Message]]:
    """Returns the system prompt's blocks, and the other messages, with documents as document blocks before the last prompt."""
    messages = list(request.messages)
    system = [{"type": "text", "text": request.preamble}] if request.preamble else []
    while messages and messages[0].role == "system":
        system += [_render_part(part) for part in messages.pop(0).content]
    if request.documents:
        last_prompt = max((n for n, message in enumerate(messages) if message.role == "user"), default=0)
        texts = (File(data=whole_text(doc.text).encode(), media_type="text/plain", name=doc.id) for doc in request.documents)
        messages.insert(last_prompt, Message("user", tuple(texts)))
    return system, messages


def _render_message(message: Message, system_role: str) -> dict[str, Any]:
    match message.role:
        case "assistant":
            return {"role": "assistant", "content": [block for part in message.content for block in _render_answer(part)]}
        case "tool":
            return {"role": "user", "content": [_render_result(part) for part in message.content]}
    role = system_role if message.role == "system" else "user"
    return {"role": role, "content": [_render_part(part) for part in message.content if not (isinstance(part, Text) and not part.text)]}


def _render_answer(part: Part) -> Iterable[dict[str, Any]]:
    """Yields the blocks of one part of an assistant's message. Thinking of another format is left out, as Anthropic cannot verify it."""
    kept = part.extra.get("anthropic") if hasattr(part, "extra") else None
    match part:
        case Text():
            citations = [dict(citation) for citation in part.citations if str(citation.get("type", "")).endswith("_location")]
            if part.text:
                yield {"type": "text", "text": part.text} | ({"citations": citations} if citations else {}) | dict(kept or {})
        case Refusal() if part.text:
            yield {"type": "text", "text": part.text}
        case Reasoning() if kept is not None or not part.extra:
            if part.redacted:
                yield {"type": "redacted_thinking", "data": part.redacted}
            elif part.signature:
                yield {"type": "thinking", "thinking": part.text, "signature": part.signature}
        case ToolCall():
            input = part.arguments if isinstance(part.arguments, dict) else {"arguments": part.arguments}
            yield {"type": "tool_use", "id": part.id, "name": part.name, "input": input} | dict(kept or {})
        case Opaque() if kept is not None:
            yield dict(kept)


def _render_result(part: Part) -> dict[str, Any]:
    if not isinstance(part, ToolOutput):
        raise ConfigError("a message of role tool holds tool results alone")
    content = [_render_part(item) for item in part.content if not (isinstance(item, Text) and not item.text)]
    block: dict[str, Any] = {"type": "tool_result", "tool_use_id": part.id, "content": content}
    return block | ({"is_error": True} if part.is_error else {}) | dict(part.extra.get("anthropic") or {})


def _render_part(part: Part) -> dict[str, Any]:
    match part:
        case Text():
            block: dict[str, Any] = {"type": "text", "text": part.text}
        case Image():
            block = {"type": "image", "source": _source(part, "image/png")}
        case File():
            block = {"type": "document", "source": _source(part, "application/pdf")} | ({"title": part.name} if part.name else {})
        case Audio():
            raise ConfigError("anthropic takes no audio")
        case _:
            raise ConfigError(f"a user's message cannot hold a part of type {part.type!r}")
    return block | dict(part.extra.get("anthropic") or {})


def _source(part: Media, media_type: str) -> dict[str, Any]:
    """Returns the source of a block. A file id needs the header anthropic-beta: files-api-2025-04-14."""
    if part.file_id:
        return {"type": "file", "file_id": part.file_id}
    if part.url:
        return {"type": "url", "url": part.url}
    kind = part.media_type or media_type
    if kind.startswith("text/") and part.data is not None:
        return {"type": "text", "media_type": "text/plain", "data": part.data.decode("utf-8", "replace")}
    return {"type": "base64", "media_type": kind, "data": part.base64}


def _render_tool(name: str, description: str, parameters: Mapping[str, Any], strict: bool | None) -> dict[str, Any]:
    tool: dict[str, Any] = {"name": name, "description": description, "input_schema": dict(parameters)}
    return tool | {"strict": True} if strict else tool
