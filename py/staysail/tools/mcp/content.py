"""Results of a server, as the parts of messages. A block of content that is malformed becomes a text that says so."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ...core.errors import StreamError
from ...core.json_text import write_json
from ...core.messages import Audio, File, Image, Message, Part, Role, Text
from ...core.value import Value
from .reading import mapping, text


class McpResult(Value):
    """Result of a tool call. structured: the value that fits the tool's output schema, where the tool has one."""

    content: tuple[Part, ...] = ()
    structured: Any = None
    is_error: bool = False

    @property
    def text(self) -> str:
        return "\n".join(part.text for part in self.content if isinstance(part, Text))


class Content(list[Part]):
    """The parts of a tool's result, with the structured value that stands beside them."""

    def __init__(self, parts: tuple[Part, ...], structured: Any) -> None:
        super().__init__(parts)
        self.structured = structured


def read_result(result: Mapping[str, Any]) -> McpResult:
    blocks = result.get("content")
    content = tuple(read_part(block) for block in (blocks if isinstance(blocks, list) else [blocks] if blocks else ()))
    structured = result.get("structuredContent")
    if structured is not None and not any(isinstance(part, Text) for part in content):
        content = (*content, Text(write_json(structured, nonfinite="null", compact=False)))
    return McpResult(content or (Text("done"),), structured, result.get("isError") is True)


def read_prompt(result: Mapping[str, Any]) -> tuple[Message, ...]:
    """Returns a prompt's messages, without malformed ones. Raises StreamError where none is left of some."""
    messages = result.get("messages")
    found = tuple(filter(None, map(_read_message, messages if isinstance(messages, list) else ())))
    if messages and not found:
        raise StreamError("the server answered with a prompt whose messages cannot be read", provider="mcp")
    return found


def read_resource(result: Mapping[str, Any]) -> list[Part]:
    contents = result.get("contents")
    return [read_contents(item) for item in contents if isinstance(item, Mapping)] if isinstance(contents, list) else []


def read_part(block: Any) -> Part:
    """Returns a block of content. The model reads a block of an unknown kind as JSON."""
    match block:
        case str(words) | {"type": "text", "text": str(words)}:
            return Text(words)
        case {"type": "image" | "audio" as kind, "data": str(data)}:
            decoded, media_type = _decode(data), text(block.get("mimeType"))
            if decoded is None:
                return Text(f"[{kind} that cannot be read]")
            return Image(data=decoded, media_type=media_type) if kind == "image" else Audio(data=decoded, media_type=media_type)
        case {"type": "resource", "resource": {"uri": str()} as resource}:
            return read_contents(resource)
        case {"type": "resource_link", "uri": str(uri)}:
            about = [text(block.get("title")) or text(block.get("name")), text(block.get("description")), text(block.get("mimeType"))]
            return Text(f"[resource {uri}] {', '.join(filter(None, about))}".rstrip())
    return Text(write_json(block, nonfinite="null", compact=False))


def read_contents(resource: Mapping[str, Any]) -> Part:
    """Returns the contents of a resource: text, or bytes as the part that their media type names."""
    if not isinstance(resource.get("blob"), str):
        return Text(text(resource.get("text")) or "")
    data, uri = _decode(resource["blob"]), text(resource.get("uri")) or ""
    if data is None:
        return Text(f"[resource {uri} that cannot be read]")
    media_type = text(resource.get("mimeType")) or "application/octet-stream"
    if media_type.startswith("image/"):
        return Image(data=data, media_type=media_type)
    if media_type.startswith("audio/"):
        return Audio(data=data, media_type=media_type)
    return File(data=data, media_type=media_type, name=uri.rpartition("/")[2] or None)


def _read_message(message: Any) -> Message | None:
    role: Role | None = {"user": "user", "assistant": "assistant"}.get(text(mapping(message).get("role")) or "")  # type: ignore[assignment]
    content = mapping(message).get("content")
    if role is None or not content:
        return None
    return Message(role, tuple(map(read_part, content if isinstance(content, list) else [content])))


def _decode(data: str) -> bytes | None:
    """The bytes of base64, also in its variant for addresses and without padding; None where there are none."""
    plain = "".join(data.split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True) or None
    except ValueError:
        return None
