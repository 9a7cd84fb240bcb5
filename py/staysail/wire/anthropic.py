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

from ..core.arguments import parse_arguments, parse_calls
from ..core.completion import Completion, CompletionRequest, ReasoningPlan
from ..core.errors import ConfigError
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.json_text import write_json
from ..core.messages import Audio, File, Image, Media, Message, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolOutput
from ..core.ports import ModelTraits
from ..core.usage import Usage
from ..core.value import Value
from ..core.whole_text import whole_text
from .call_ids import CallIds
from .faults import error_in_stream, not_understood
from .finish import read_finish
from .format import merge_params
from .history import HistoryRules, fit_history
from .hosted_tools import CLAUDE_BETAS, claude_servers, render_hosted
from .native_tools import is_member, read_member_call, render_native
from .shapes import count, read_index, record, records, string

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
        message = Message("assistant", tuple(part for place, block in enumerate(blocks) for part in _parse_block(block, place, body, ids)))
        reason = string(body.get("stop_reason")) or None
        details = record(body.get("stop_details"))
        return Completion(
            message,
            _parse_usage(record(body.get("usage"))),
            read_finish(reason, calls=bool(message.tool_calls)),
            reason,
            body,
            model=string(body.get("model")) or None,
            stop_details=details or None,
        )

    def reader(self, dialect: MessagesDialect, ids: CallIds, tools: Collection[str] = ()) -> MessageReader:
        return MessageReader(ids)


WIRE = Messages()


class MessageReader:
    """Puts a streamed message together, block by block."""

    def __init__(self, ids: CallIds) -> None:
        self._ids = ids
        self._message: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}
        self._inputs: dict[int, str] = {}
        self.ended = False

    def feed(self, data: dict[str, Any], name: str = "") -> list[Event]:
        kind = data.get("type") or name
        match kind:
            case "message_start":
                return self._start(record(data.get("message")))
            case "content_block_start":
                index = read_index(data.get("index"), len(self._blocks))
                block = self._blocks[index] = dict(record(data.get("content_block")))
                return self._begin(block, index)
            case "content_block_delta":
                return self._grow(read_index(data.get("index"), max(self._blocks, default=0)), record(data.get("delta")))
            case "content_block_stop":
                return self._end(read_index(data.get("index"), max(self._blocks, default=0)))
            case "message_delta":
                self._message |= record(data.get("delta"))
                usage = {key: value for key, value in record(data.get("usage")).items() if value is not None}
                self._message["usage"] = record(self._message.get("usage")) | usage
                self._message |= {key: value for key, value in data.items() if key not in ("type", "delta", "usage")}
                self.ended = self.ended or bool(self._message.get("stop_reason"))
            case "message_stop":
                self.ended = True
            case "error":
                raise error_in_stream(data)
            case _ if data.get("error"):
                raise error_in_stream(data)
        return []

    def body(self) -> dict[str, Any]:
        """Returns the message so far. The input of a tool call, which comes as JSON text, is read."""
        blocks = {
            index: block | ({"input": parse_arguments(self._inputs[index])} if self._inputs.get(index) else {})
            for index, block in self._blocks.items()
        }
        if not self._message and not blocks:
            return {}
        return self._message | {"content": [blocks[index] for index in sorted(blocks)]}

    def _start(self, message: dict[str, Any]) -> list[Event]:
        """Takes the head of the message. A relay that sends it a second time adds nothing."""
        self._message = message | {key: value for key, value in self._message.items() if value is not None}
        if self._blocks:
            return []
        out: list[Event] = []
        for index, block in enumerate(records(message.get("content"))):
            self._blocks[index] = dict(block)
            out += self._begin(block, index)
        return out

    def _begin(self, block: Mapping[str, Any], index: int) -> list[Event]:
        if block.get("type") == "tool_use":
            return [self._call_delta(block, index, "")]
        if block.get("type") == "text" and string(block.get("text")):
            return [TextDelta(string(block["text"]))]
        return [ReasoningDelta(string(block["thinking"]))] if string(block.get("thinking")) else []

    def _grow(self, index: int, delta: Mapping[str, Any]) -> list[Event]:
        kind = delta.get("type")
        block = self._blocks.setdefault(index, {"type": "thinking" if kind == "thinking_delta" else "text"})
        match kind:
            case "text_delta" if more := string(delta.get("text")):
                block["text"] = string(block.get("text")) + more
                return [TextDelta(more)]
            case "thinking_delta" if more := string(delta.get("thinking")):
                block["thinking"] = string(block.get("thinking")) + more
                return [ReasoningDelta(more)]
            case "signature_delta":
                block["signature"] = string(block.get("signature")) + string(delta.get("signature"))
            case "citations_delta":
                block["citations"] = [*records(block.get("citations")), *records(delta.get("citation"))]
            case "input_json_delta":
                more = string(delta.get("partial_json"))
                self._inputs[index] = self._inputs.get(index, "") + more
                return [self._call_delta(block, index, more)] if block.get("type") == "tool_use" and not is_member(block) else []
            case "compaction_delta":
                block |= {key: value for key, value in delta.items() if key != "type" and value is not None}
        return []

    def _end(self, index: int) -> list[Event]:
        """Returns the arguments of a toolset's member, which are only whole when the block is."""
        block = self._blocks.get(index, {})
        called = read_member_call(block, parse_arguments(self._inputs.get(index, "")))
        return [self._call_delta(block, index, write_json(called[1]))] if called else []

    def _call_delta(self, block: Mapping[str, Any], index: int, more: str) -> ToolCallDelta:
        id = self._ids.at(self._place(index), block.get("id"), self._message.get("id"))
        calls_before = sum(other.get("type") == "tool_use" for at, other in self._blocks.items() if at < index)
        name = string(block.get("toolset_name" if is_member(block) else "name"))
        return ToolCallDelta(id, name, more, calls_before)

    def _place(self, index: int) -> int:
        return sum(at < index for at in self._blocks)


def _parse_block(block: Mapping[str, Any], place: int, body: Mapping[str, Any], ids: CallIds) -> Iterable[Part]:
    match block.get("type"):
        case "text":
            if said := string(block.get("text")):
                yield Text(said, tuple(records(block.get("citations"))))
        case "thinking":
            thought = string(block.get("thinking"))
            yield Reasoning(thought, string(block.get("signature")) or None, extra={"anthropic": {"type": "thinking"}})
        case "redacted_thinking":
            yield Reasoning("", redacted=string(block.get("data")), extra={"anthropic": {"type": "redacted_thinking"}})
        case "tool_use":
            kept = _without_direct_caller({key: value for key, value in block.items() if key not in ("type", "id", "name", "input")})
            id = ids.at(place, block.get("id"), body.get("id"))
            for copy, input in enumerate(parse_calls(block.get("input"))):
                own_id = ids.at((place, copy), id) if copy else id
                name, arguments, echo = read_member_call(block, input) or (string(block.get("name")), input, {})
                yield ToolCall(own_id, name, arguments, {"anthropic": kept | echo} if kept or echo else {})
        case _:
            yield Opaque({"anthropic": _without_direct_caller(block)})


def _without_direct_caller(block: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a block without the note that the model itself made the call: it is the default, and older endpoints refuse it."""
    return {key: value for key, value in block.items() if not (key == "caller" and value == {"type": "direct"})}


def _parse_usage(usage: Mapping[str, Any]) -> Usage:
    """Returns the usage. `input_tokens` counts tokens neither read from the cache nor written to it; the total counts all."""
    inputs, outputs = count(usage.get("input_tokens")), count(usage.get("output_tokens"))
    read, written = count(usage.get("cache_read_input_tokens")), count(usage.get("cache_creation_input_tokens"))
    thought = count(record(usage.get("output_tokens_details")).get("thinking_tokens"))
    return Usage(inputs, outputs, inputs + read + written + outputs, read, written, thought)


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
