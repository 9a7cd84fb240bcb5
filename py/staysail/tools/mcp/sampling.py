"""Answers to a server that asks for a completion of the client's model (sampling).

https://modelcontextprotocol.io/specification/2025-11-25/client/sampling
"""

from __future__ import annotations

import inspect
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ...core.completion import Completion, CompletionRequest, ToolDefinition
from ...core.defaults import resolve_model
from ...core.errors import BadRequestError, ConfigError
from ...core.messages import Audio, Image, Message, Part, Text, ToolCall, ToolOutput
from ...core.ports import Model
from .content import read_part
from .listing import NO_PARAMETERS
from .reading import mapping, number, text

STOP_REASONS = {"stop": "endTurn", "length": "maxTokens", "tool_calls": "toolUse"}

type Approve = Callable[[Mapping[str, Any]], bool | Awaitable[bool]]


def sample_with(model: Any, *, approve: Approve | None = None, max_tokens: int = 4096) -> Sampler:
    """Returns an answerer for "sampling/createMessage", which lets a server use a model of the caller's.

    Args:
        model: "provider:model", a Model, or an Agent, whose model it takes.
        approve: A function of the params of each request of the server, which returns whether to answer it; best, a person decides. None
            approves every request.
        max_tokens: Most tokens of one answer, whatever the server asks for.

    Raises:
        ConfigError: There is no such model.
    """
    return Sampler(resolve_model(getattr(model, "model", model)), approve, max_tokens)


class Sampler:
    """Completions of a model for an MCP server. takes_tools: whether the server may offer the model tools of its own."""

    takes_tools = True

    def __init__(self, model: Model, approve: Approve | None, max_tokens: int) -> None:
        if max_tokens < 1:
            raise ConfigError(f"max_tokens is at least 1, not {max_tokens!r}")
        self._model, self._approve, self._max_tokens = model, approve, max_tokens

    async def __call__(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the result of a request. Raises BadRequestError where it is refused or cannot be read, ProviderError."""
        if self._approve:
            given = self._approve(params)
            if not (await given if inspect.isawaitable(given) else given):
                raise BadRequestError("the user refused the sampling request", code="refused", provider="mcp")
        completion = await self._model.complete(self._request(params))
        return _result(completion, self._model.name)

    def _request(self, params: Mapping[str, Any]) -> CompletionRequest:
        given = params.get("messages")
        messages = [message for item in given for message in _read_message(mapping(item))] if isinstance(given, list) else []
        if not messages:
            raise BadRequestError("a sampling request needs messages", provider="mcp")
        wanted, temperature = number(params.get("maxTokens")), number(params.get("temperature"))
        tools = params.get("tools")
        choice = text(mapping(params.get("toolChoice")).get("mode"))
        return CompletionRequest(
            tuple(messages),
            preamble=text(params.get("systemPrompt")),
            tools=tuple(_read_tool(mapping(tool)) for tool in tools) if isinstance(tools, list) else (),
            tool_choice=choice if choice in ("auto", "none", "required") else None,
            temperature=temperature if temperature is not None and temperature >= 0 else None,
            max_tokens=self._max_tokens if wanted is None or wanted < 1 else min(int(wanted), self._max_tokens),
        )


def _read_tool(tool: Mapping[str, Any]) -> ToolDefinition:
    name = text(tool.get("name"))
    if not name:
        raise BadRequestError("a tool of a sampling request needs a name", provider="mcp")
    return ToolDefinition(name, text(tool.get("description")) or "", mapping(tool.get("inputSchema")) or NO_PARAMETERS)


def _read_message(message: Mapping[str, Any]) -> list[Message]:
    """A message of the server; results of tools are messages of their own here, which come first."""
    content = message.get("content")
    blocks = content if isinstance(content, list) else [content]
    parts = [_read_part(block) for block in blocks if block is not None]
    outputs = tuple(part for part in parts if isinstance(part, ToolOutput))
    others = tuple(part for part in parts if not isinstance(part, ToolOutput))
    found = [Message.tool(outputs)] if outputs else []
    return [*found, Message("assistant" if message.get("role") == "assistant" else "user", others)] if others else found


def _read_part(block: Any) -> Part:
    match block:
        case {"type": "tool_use", "id": str(id), "name": str(name)}:
            return ToolCall(id, name, dict(mapping(block.get("input"))))
        case {"type": "tool_result", "toolUseId": str(id)}:
            content = block.get("content")
            inner = tuple(map(read_part, content)) if isinstance(content, list) else ()
            return ToolOutput(id, "", inner, block.get("isError") is True)
    return read_part(block)


def _result(completion: Completion, model: str) -> dict[str, Any]:
    blocks = [block for part in completion.message.content if (block := _block(part))]
    blocks = blocks or [{"type": "text", "text": completion.text}]
    return {
        "role": "assistant",
        "content": blocks[0] if len(blocks) == 1 else blocks,
        "model": completion.model or model,
        "stopReason": STOP_REASONS.get(completion.finish_reason, completion.finish_reason),
    }


def _block(part: Part) -> dict[str, Any] | None:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, ToolCall) and isinstance(part.arguments, dict):
        return {"type": "tool_use", "id": part.id, "name": part.name, "input": part.arguments}
    if isinstance(part, Image | Audio) and part.data is not None:
        return {"type": part.type, "data": b64encode(part.data).decode(), "mimeType": part.media_type or "application/octet-stream"}
    return None
