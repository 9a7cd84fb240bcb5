"""Requests in Chat Completions, OpenAI's older format, which most other providers speak. chat_answer.py reads the answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from ..core.completion import Completion, CompletionRequest, ReasoningPlan, ToolDefinition
from ..core.errors import ConfigError
from ..core.messages import (
    Audio,
    File,
    Image,
    Media,
    Message,
    Opaque,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolOutput,
)
from ..core.ports import ModelTraits, ReasoningTraits
from ..core.value import NOTHING, Value
from .call_ids import CallIds
from .chat_answer import ChatReader, as_parts, parse_answer
from .format import merge_params
from .history import HistoryRules, fit_history
from .hosted_tools import render_hosted

# Most tokens of reasoning that a level stands for, where a provider accepts levels alone.
LOW_BUDGET, MEDIUM_BUDGET = 4_096, 16_384

MISTRAL_ID = r"(?!call_[a-zA-Z0-9]{1,8}$)\w+"
"""Mistral refuses ids that it did not give: short ones of other providers are call_ and four to eight letters or digits."""
ECHO_ALL = ("reasoning_content", "reasoning", "reasoning_details", "parts")


class ChatDialect(Value):
    """How a provider's Chat Completions differ.

    Args:
        max_tokens: Name of the field that limits the answer.
        output: Kind of structured output.
        required: Value of `tool_choice` that forces a call; "" where no call can be forced.
        echo: Reasoning that is sent back unchanged: fields of the message, and "parts" of its content.
        usage_option: A stream reports its usage only if `stream_options` requests it.
        strict: Accepts `strict` in schemas.
        system: Role of the preamble.
        tools: Has tool calls. Where it has none, the calls of a history are sent as text.
        images: Accepts pictures. Where it does not, pictures from tools and answers are left out.
        files, audio: Shape of these parts; "" where they are not accepted.
        alternate: Requires messages of user and assistant in turns, so neighbours of one role are joined.
        longest_id: Most characters of a tool call's id; 0 for no limit.
        reasoning: Form of the fields that request reasoning; "" where there are none.
        every_thought: Requires `reasoning_content` on each of the assistant's messages.
        output_with_tools: Structured output also in a request that offers tools.
        hosted: Name of the vocabulary of its hosted tools; "" where it has none.
    """

    max_tokens: str = "max_tokens"
    output: Literal["json_schema", "json_object", "none"] = "json_schema"
    required: str = "required"
    echo: tuple[str, ...] = ()
    usage_option: bool = True
    strict: bool = False
    system: str = "system"
    tools: bool = True
    images: bool = True
    files: Literal["file", "document_url", ""] = "file"
    audio: Literal["object", "base64", ""] = "object"
    alternate: bool = False
    longest_id: int = 0
    reasoning: Literal["effort", "object", "thinking", "groq", "template", ""] = ""
    every_thought: bool = False
    output_with_tools: bool = True
    hosted: str = ""


class Chat:
    name = "chat"
    framing: Literal["sse"] = "sse"

    def traits(self, dialect: ChatDialect, model: str) -> ModelTraits:
        return ModelTraits(
            native_output=dialect.output == "json_schema",
            output_with_tools=dialect.output_with_tools,
            tools=dialect.tools,
            forced_tools=bool(dialect.required) and dialect.tools,
            reasoning=None if dialect.reasoning else ReasoningTraits(),
        )

    def path(self, model: str, *, streamed: bool) -> str:
        return "chat/completions"

    def render(self, request: CompletionRequest, model: str, dialect: ChatDialect, *, streamed: bool) -> dict[str, Any]:
        """Returns the body. Raises ConfigError for an option that the dialect has no field for."""
        if request.tools and not dialect.tools:
            raise ConfigError(f"this provider has no tool calls, and tools were given: {', '.join(tool.name for tool in request.tools)}")
        request = fit_history(request, _rules(dialect))
        body: dict[str, Any] = {"model": model, "messages": list(_render_messages(request, dialect))}
        if request.tools:
            body["tools"] = [render_tool(tool, dialect) for tool in request.tools]
        if request.hosted:
            body["tools"] = [*body.get("tools", ()), *render_hosted(request.hosted, dialect.hosted)]
        if request.tool_choice is not None:
            body["tool_choice"] = _render_choice(request, dialect)
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.max_tokens is not None:
            body[dialect.max_tokens] = request.max_tokens
        if request.reasoning:
            body |= _render_reasoning(request.reasoning, dialect)
        if request.output:
            body["response_format"] = _render_output(request, dialect)
        if streamed:
            body["stream"] = True
            if dialect.usage_option:
                body["stream_options"] = {"include_usage": True}
        return merge_params(body, request.additional_params)

    def parse(self, body: Mapping[str, Any], dialect: ChatDialect, ids: CallIds) -> Completion:
        """Returns the Completion of a whole body. Raises StreamError for a body that holds an error."""
        return parse_answer(body, ids)

    def reader(self, dialect: ChatDialect, ids: CallIds, tools: Collection[str] = ()) -> ChatReader:
        return ChatReader(ids, tools)


WIRE = Chat()


def _render_reasoning(plan: ReasoningPlan, dialect: ChatDialect) -> dict[str, Any]:
    """Returns the fields that request reasoning. A budget stands for its level where the provider takes levels alone."""
    level = plan.level or _level_of(plan.budget)
    if plan.style == "switch":
        return {"thinking": {"type": "disabled" if plan.is_off else "enabled"}}
    match dialect.reasoning:
        case "object":
            return {"reasoning": {"max_tokens": plan.budget} if plan.budget else {"effort": "xhigh" if level == "max" else level}}
        case "thinking":
            return {"thinking": {"type": "disabled"}} if plan.is_off else {"thinking": {"type": "enabled"}, "reasoning_effort": level}
        case "groq":
            return {"reasoning_effort": level} | ({} if plan.is_off else {"reasoning_format": "parsed"})
        case "template":
            return {"chat_template_kwargs": {"enable_thinking": not plan.is_off}} | ({} if plan.is_off else {"reasoning_effort": level})
    return {"reasoning_effort": level}


def _level_of(budget: int | None) -> str:
    if not budget:
        return "none"
    return "low" if budget <= LOW_BUDGET else "medium" if budget <= MEDIUM_BUDGET else "high"


def _rules(dialect: ChatDialect) -> HistoryRules:
    kinds: dict[type[Media], Any] = {Image: dialect.images, Audio: dialect.audio, File: dialect.files}
    media = tuple(kind for kind, taken in kinds.items() if taken)
    own = MISTRAL_ID if dialect.longest_id else ""
    return HistoryRules("chat", id=own, longest_id=dialect.longest_id or 40, user_media=media, user_first=dialect.alternate)


def _render_messages(request: CompletionRequest, dialect: ChatDialect) -> Iterable[dict[str, Any]]:
    out: list[dict[str, Any]] = [{"role": dialect.system, "content": request.preamble}] if request.preamble else []
    for message in request.with_documents():
        if message.role == "tool":
            out += _render_results(message) if dialect.tools else _results_as_text(message)
        elif message.role == "assistant":
            out.append(_render_assistant(message, dialect))
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
            out[-1] = out[-1] | {"content": f"{old}\n\n{new}" if plain else [*as_parts(old), *as_parts(new)]}
        else:
            out.append(message)
    return out


def _render_assistant(message: Message, dialect: ChatDialect) -> dict[str, Any]:
    out: dict[str, Any] = {"role": "assistant"}
    text = message.text if dialect.tools else _calls_as_text(message)
    calls: list[dict[str, Any]] = []
    for part in message.content:
        kept = part.extra.get("chat", {}) if hasattr(part, "extra") else {}
        if isinstance(part, ToolCall) and dialect.tools:
            calls.append(_render_call(part))
        elif isinstance(part, Opaque) and kept.get("call") and dialect.tools:
            calls.append(kept["call"])
        elif isinstance(part, Reasoning) and kept:
            if kept.get("details"):
                out |= {"reasoning_details": kept["details"]} if "reasoning_details" in dialect.echo else {}
            elif kept.get("field"):
                out |= {kept["field"]: part.text} if kept["field"] in dialect.echo else {}
            elif kept.get("parts") and "parts" in dialect.echo:
                out["content"] = [*kept["parts"], *as_parts(text)]
    if text or not calls:
        out.setdefault("content", text)
    if dialect.every_thought:
        out.setdefault("reasoning_content", "")
    if calls:
        out["tool_calls"] = calls
    return out


def _calls_as_text(message: Message) -> str:
    """Returns the text and the calls of a message as text, for a provider without tool calls."""
    calls = [f"[I called {call.name} with {call.arguments_json}]" for call in message.tool_calls]
    return "\n\n".join(filter(None, [message.text, *calls]))


def _results_as_text(message: Message) -> Iterable[dict[str, Any]]:
    """Yields the results of tools as the user's words, for a provider without tools."""
    for result in message.content:
        if isinstance(result, ToolOutput):
            yield {"role": "user", "content": f"[{result.name} answered: {result.text}]"}


def _render_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments_json}
    return {"id": call.id, "type": "function", "function": function} | dict(call.extra.get("chat", NOTHING))


def _render_results(message: Message) -> Iterable[dict[str, Any]]:
    for result in message.content:
        if not isinstance(result, ToolOutput):
            raise ConfigError("a message of role tool holds tool results alone")
        content = f"Error: {result.text}" if result.is_error else result.text
        yield {"role": "tool", "tool_call_id": result.id, "content": content}


def _render_content(parts: tuple[Part, ...], dialect: ChatDialect) -> str | list[dict[str, Any]]:
    if all(isinstance(part, Text) for part in parts):
        return "\n\n".join(part.text for part in parts if isinstance(part, Text))
    return [render_part(part, dialect) for part in parts]


def render_part(part: Part, dialect: ChatDialect) -> dict[str, Any]:
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
    strict = {"strict": tool.strict} if tool.strict is not None and dialect.strict else {}
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)} | strict,
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
        schema["strict"] = request.output.strict
    return {"type": "json_schema", "json_schema": schema}
