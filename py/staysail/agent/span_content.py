"""Messages as attributes of spans: the JSON of OpenTelemetry's conventions for generative AI."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.messages import Message, Part, Reasoning, Text, ToolCall, ToolOutput


def render_messages(messages: Iterable[Message], finish_reason: str | None = None) -> str:
    """Returns the messages as JSON. Files and pictures appear by their type only."""
    ended = {"finish_reason": finish_reason} if finish_reason else {}
    rendered = [{"role": message.role, "parts": [_render(part) for part in message.content]} | ended for message in messages]
    return json.dumps(rendered, ensure_ascii=False, default=str)


def _render(part: Part) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"type": "text", "content": text}
        case Reasoning(text):
            return {"type": "reasoning", "content": text}
        case ToolCall(id, name, arguments):
            plain_arguments = dict(arguments) if isinstance(arguments, Mapping) else arguments
            return {"type": "tool_call", "id": id, "name": name, "arguments": plain_arguments}
        case ToolOutput(id):
            return {"type": "tool_call_response", "id": id, "result": part.text}
    return {"type": part.type}
