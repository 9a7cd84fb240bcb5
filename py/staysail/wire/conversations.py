"""Mistral's Conversations format, in which Mistral runs tools of its own.

https://docs.mistral.ai/api/endpoint/beta/conversations

How it works. A request holds entries (messages, calls, results), and so does an answer. The provider stores a conversation only on request:
`additional_params={"store": True}`; the history is sent each time. The format has no finish reason, so an answer that was cut off at
`max_tokens` looks like a whole one. A tool is forced by offering it alone, because `tool_choice` takes no name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from ..core.arguments import parse_calls
from ..core.completion import Completion, CompletionRequest
from ..core.errors import ConfigError, StreamError
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from ..core.messages import File, Image, Message, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolOutput
from ..core.ports import ModelTraits
from ..core.usage import Usage
from .call_ids import CallIds
from .chat import MISTRAL_ID, ChatDialect, render_part, render_tool
from .chat_answer import as_parts
from .faults import error_in_stream
from .finish import no_answer
from .format import merge_params
from .history import HistoryRules, fit_history
from .hosted_tools import render_hosted
from .shapes import count, read_index, record, records, string

RULES = HistoryRules("conversations", id=MISTRAL_ID, longest_id=16, user_media=(Image, File))


class Conversations:
    name = "conversations"
    framing: Literal["sse"] = "sse"

    def traits(self, dialect: ChatDialect, model: str) -> ModelTraits:
        return ModelTraits(native_output=True)

    def path(self, model: str, *, streamed: bool) -> str:
        return "conversations"

    def render(self, request: CompletionRequest, model: str, dialect: ChatDialect, *, streamed: bool) -> dict[str, Any]:
        """Returns the body. Raises ConfigError for a part that the format cannot express."""
        messages = list(fit_history(request, RULES).with_documents())
        system = [request.preamble] if request.preamble else []
        while messages and messages[0].role == "system":
            system.append(messages.pop(0).text)
        body: dict[str, Any] = {
            "model": model,
            "inputs": [entry for m in messages for entry in _render_message(m, dialect)],
            "store": False,
        }
        if system:
            body["instructions"] = "\n\n".join(system)
        forced = request.forced_tool
        tools = [render_tool(tool, dialect) for tool in request.tools if forced in (None, tool.name)]
        hosted = [] if forced else render_hosted(request.hosted, "conversations")
        if tools or hosted:
            body["tools"] = [*tools, *hosted]
        if arguments := _render_arguments(request, dialect):
            body["completion_args"] = arguments
        if streamed:
            body["stream"] = True
        return merge_params(body, request.additional_params)

    def parse(self, body: Mapping[str, Any], dialect: ChatDialect, ids: CallIds) -> Completion:
        """Returns the Completion of a whole answer. Raises StreamError for an error in the body, or for an answer without entries."""
        if not records(body.get("outputs")):
            raise error_in_stream(body) if "outputs" not in body and body.get("message") else no_answer(body, "outputs")
        entries = records(body["outputs"])
        parts = tuple(part for place, entry in enumerate(entries) for part in _parse_entry(entry, place, body, ids))
        message = Message("assistant", parts)
        named = next((string(entry.get("model")) for entry in entries if entry.get("model")), None)
        reason: Literal["tool_calls", "stop"] = "tool_calls" if message.tool_calls else "stop"
        return Completion(message, _parse_usage(record(body.get("usage"))), reason, None, body, model=named)

    def reader(self, dialect: ChatDialect, ids: CallIds, tools: Collection[str] = ()) -> ConversationReader:
        return ConversationReader(ids)


WIRE = Conversations()


class ConversationReader:
    """Assembles the entries of a streamed answer."""

    def __init__(self, ids: CallIds) -> None:
        self._ids = ids
        self._head: dict[str, Any] = {}
        self._entries: dict[int, dict[str, Any]] = {}
        self.ended = False

    def feed(self, data: dict[str, Any], name: str = "") -> list[Event]:
        index = read_index(data.get("output_index"), max(self._entries, default=0))
        match string(data.get("type")) or name:
            case "conversation.response.started":
                self._head |= {key: data[key] for key in ("conversation_id",) if key in data}
            case "message.output.delta":
                return self._say(index, data)
            case "function.call.delta":
                return self._call(index, data)
            case "tool.execution.started" | "tool.execution.delta" | "tool.execution.done":
                entry = self._entry(index, "tool.execution", data)
                entry["arguments"] = string(entry.get("arguments")) + string(data.get("arguments"))
            case "conversation.response.done":
                self._head["usage"] = record(data.get("usage"))
                self.ended = True
            case "conversation.response.error":
                raise _stream_error(data)
            case _ if data.get("error"):
                raise error_in_stream(data)
            case kind if kind.startswith("agent.handoff"):
                self._entry(index, "agent.handoff", data)
        return []

    def body(self) -> dict[str, Any]:
        return self._head | {"outputs": [entry for _, entry in sorted(self._entries.items())]}

    def _entry(self, index: int, type: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the entry at an index, with the event's fields that do not grow."""
        entry = self._entries.setdefault(index, {"type": type})
        return _update(entry, data, ("type", "arguments", "content", "output_index", "content_index", "created_at"))

    def _say(self, index: int, data: Mapping[str, Any]) -> list[Event]:
        parts = self._entry(index, "message.output", data).setdefault("content", [])
        out: list[Event] = []
        for part in as_parts(data.get("content")):
            chunk = record(part)
            out += [TextDelta(said) for said in _text_of(chunk)] + [ReasoningDelta(thought) for thought in _thoughts_of(chunk)]
            last = parts[-1] if parts else {}
            if chunk.get("type") == "text" and last.get("type") == "text":
                last["text"] = string(last.get("text")) + string(chunk.get("text"))
            elif chunk.get("type") == "thinking" and last.get("type") == "thinking" and not last.get("signature"):
                last["thinking"] = _join_texts([*records(last.get("thinking")), *records(chunk.get("thinking"))])
                _update(last, chunk, ("type", "thinking"))
            elif chunk:
                parts.append(dict(chunk))
        return out

    def _call(self, index: int, data: Mapping[str, Any]) -> list[Event]:
        entry = self._entry(index, "function.call", data)
        more = string(data.get("arguments"))
        entry["arguments"] = string(entry.get("arguments")) + more
        id = self._ids.at(index, entry.get("tool_call_id"), self._head.get("conversation_id"))
        before = sum(other.get("type") == "function.call" for at, other in self._entries.items() if at < index)
        return [ToolCallDelta(id, string(entry.get("name")), more, before)]


def _update(entry: dict[str, Any], data: Mapping[str, Any], left_out: Collection[str]) -> dict[str, Any]:
    entry |= {key: value for key, value in data.items() if key not in left_out and value is not None}
    return entry


def _join_texts(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the parts with neighbouring texts joined."""
    out: list[dict[str, Any]] = []
    for part in parts:
        if out and part.get("type") == out[-1].get("type") == "text":
            out[-1] = out[-1] | {"text": string(out[-1].get("text")) + string(part.get("text"))}
        else:
            out.append(part)
    return out


def _stream_error(data: Mapping[str, Any]) -> StreamError:
    return error_in_stream({"error": {"message": string(data.get("message")), "code": data.get("code")}})


def _text_of(chunk: Mapping[str, Any]) -> list[str]:
    return [said] if chunk.get("type") == "text" and (said := string(chunk.get("text"))) else []


def _thoughts_of(chunk: Mapping[str, Any]) -> list[str]:
    return [said for part in records(chunk.get("thinking")) for said in _text_of(part)] if chunk.get("type") == "thinking" else []


def _parse_entry(entry: Mapping[str, Any], place: int, body: Mapping[str, Any], ids: CallIds) -> Iterable[Part]:
    match entry.get("type"):
        case "message.output":
            yield from _parse_content(as_parts(entry.get("content")))
        case "function.call":
            id = ids.at(place, entry.get("tool_call_id"), body.get("conversation_id"))
            for copy, arguments in enumerate(parse_calls(entry.get("arguments"))):
                yield ToolCall(ids.at((place, copy), id) if copy else id, string(entry.get("name")), arguments)
        case _:
            yield Opaque({"conversations": dict(entry)})


def _parse_content(chunks: Iterable[Any]) -> Iterable[Part]:
    """Yields the parts of a message. References stand behind the text that they belong to, and become its citations."""
    said, citations = "", []
    for chunk in map(record, chunks):
        match chunk.get("type"):
            case "text":
                said += string(chunk.get("text"))
            case "tool_reference":
                citations.append(dict(chunk))
            case "thinking":
                yield Reasoning("".join(_thoughts_of(chunk)), extra={"conversations": dict(chunk)})
            case "tool_file" if chunk.get("file_id"):
                kind = string(chunk.get("file_type"))
                made: type[Image | File] = Image if chunk.get("tool") == "image_generation" else File
                yield made(file_id=string(chunk["file_id"]), media_type=f"image/{kind}" if made is Image and kind else None)
            case _:
                yield Opaque({"conversations": {"type": "message.output", "content": [dict(chunk)]}})
    if said:
        yield Text(said, tuple(citations))


def _parse_usage(usage: Mapping[str, Any]) -> Usage:
    """Returns the usage. The tokens of the provider's tools are counted apart from the prompt and read by the model, so they are input."""
    inputs = count(usage.get("prompt_tokens")) + count(usage.get("connector_tokens"))
    outputs = count(usage.get("completion_tokens"))
    return Usage(inputs, outputs, count(usage.get("total_tokens")) or inputs + outputs)


def _render_arguments(request: CompletionRequest, dialect: ChatDialect) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if request.temperature is not None:
        arguments["temperature"] = request.temperature
    if request.max_tokens is not None:
        arguments["max_tokens"] = request.max_tokens
    if request.tool_choice is not None:
        arguments["tool_choice"] = "any" if request.forced_tool or request.tool_choice == "required" else request.tool_choice
    if plan := request.reasoning:
        arguments["reasoning_effort"] = plan.level or "high"
    if request.output:
        schema = {"name": request.output.name, "schema": dict(request.output.schema), "strict": request.output.strict}
        arguments["response_format"] = {"type": "json_schema", "json_schema": schema}
    return arguments


def _render_message(message: Message, dialect: ChatDialect) -> Iterable[dict[str, Any]]:
    if message.role == "assistant":
        yield from _render_answer(message)
    elif message.role == "tool":
        for result in message.content:
            if not isinstance(result, ToolOutput):
                raise ConfigError("a message of role tool holds tool results alone")
            said = f"Error: {result.text}" if result.is_error else result.text
            yield {"type": "function.result", "tool_call_id": result.id, "result": said}
    else:
        plain = all(isinstance(part, Text) for part in message.content)
        content: Any = message.text if plain else [render_part(part, dialect) for part in message.content]
        yield {"type": "message.input", "role": "user", "content": content}


def _render_answer(message: Message) -> Iterable[dict[str, Any]]:
    """Yields the entries of an assistant message. Reasoning in other formats is left out."""
    content: list[dict[str, Any]] = []
    later: list[dict[str, Any]] = []
    for part in message.content:
        kept = part.extra.get("conversations") if hasattr(part, "extra") else None
        match part:
            case Text() | Refusal() if part.text:
                content.append({"type": "text", "text": part.text})
            case Reasoning() if kept:
                content.append(dict(kept))
            case Opaque() if kept and kept.get("type") == "message.output":
                content += kept["content"]
            case Opaque() if kept:
                yield dict(kept)
            case ToolCall():
                later.append({"type": "function.call", "tool_call_id": part.id, "name": part.name, "arguments": part.arguments_json})
    if content:
        yield {"type": "message.output", "role": "assistant", "content": content[0]["text"] if _is_plain(content) else content}
    yield from later


def _is_plain(content: list[dict[str, Any]]) -> bool:
    return len(content) == 1 and content[0].get("type") == "text"
