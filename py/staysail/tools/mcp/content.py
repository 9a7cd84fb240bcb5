"""What servers answer with, as messages' parts."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ...core.json_text import write_json
from ...core.messages import Audio, File, Image, Message, Part, Text
from ...core.value import Value


class McpResult(Value):
    """What a tool answered. structured: the object that fits the tool's output schema, where it has one."""

    content: tuple[Part, ...] = ()
    structured: Any = None
    is_error: bool = False

    @property
    def text(self) -> str:
        return "\n".join(part.text for part in self.content if isinstance(part, Text))


def read_result(result: Mapping[str, Any]) -> McpResult:
    content = tuple(read_part(block) for block in result.get("content") or ())
    structured = result.get("structuredContent")
    if structured is not None and not any(isinstance(part, Text) for part in content):
        content = (*content, Text(write_json(structured, nonfinite="null", compact=False)))
    return McpResult(content or (Text("done"),), structured, bool(result.get("isError")))


def read_prompt(result: Mapping[str, Any]) -> tuple[Message, ...]:
    return tuple(Message(message["role"], (read_part(message["content"]),)) for message in result.get("messages") or ())


def read_part(block: Mapping[str, Any]) -> Part:
    """A block of content. Of a kind that is not known the model reads the JSON."""
    match block:
        case {"type": "text", "text": str(text)}:
            return Text(text)
        case {"type": "image", "data": str(data)}:
            return Image(data=base64.b64decode(data), media_type=block.get("mimeType"))
        case {"type": "audio", "data": str(data)}:
            return Audio(data=base64.b64decode(data), media_type=block.get("mimeType"))
        case {"type": "resource", "resource": {"uri": str()} as resource}:
            return read_contents(resource)
        case {"type": "resource_link", "uri": str(uri)}:
            told = [block.get("title") or block.get("name"), block.get("description"), block.get("mimeType")]
            return Text(f"[resource {uri}] {', '.join(filter(None, told))}".rstrip())
    return Text(write_json(block, nonfinite="null", compact=False))


def read_contents(resource: Mapping[str, Any]) -> Part:
    """The contents of a resource: text, or bytes as what their type says they are."""
    if "blob" not in resource:
        return Text(str(resource.get("text", "")))
    data, media_type = base64.b64decode(resource["blob"]), resource.get("mimeType") or "application/octet-stream"
    if media_type.startswith("image/"):
        return Image(data=data, media_type=media_type)
    if media_type.startswith("audio/"):
        return Audio(data=data, media_type=media_type)
    return File(data=data, media_type=media_type, name=str(resource["uri"]).rpartition("/")[2] or None)
