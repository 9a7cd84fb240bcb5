"""Messages and their parts: one shape for every provider, plain JSON on the way out and in.

A part's `extra` holds what a provider wants echoed (signatures, item ids), under the name of the wire format that wrote it; other
formats ignore it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, ClassVar, Literal, Self

from .arguments import parse_arguments
from .errors import ConfigError
from .json_text import read_json, write_json
from .value import NOTHING, Value

Role = Literal["system", "user", "assistant", "tool"]
SOURCES = "sources"  # in the `extra` of a message or a tool's output


class Part(Value):
    """A part of a message. `type` is its name in JSON."""

    type: ClassVar[str] = "part"

    def to_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {"type": self.type}
        for field in type(self)._fields:
            value = getattr(self, field)
            if value is None or (field in ("extra", "citations") and not value):
                continue
            out[field] = _plain(value)
        return out


class Text(Part):
    """Text of a message.

    Args:
        citations: Sources of the text, as the provider gave them.
    """

    type: ClassVar[str] = "text"
    text: str
    citations: tuple[Mapping[str, Any], ...] = ()
    extra: Mapping[str, Any] = NOTHING


class Media(Part):
    """A picture, sound or file: bytes, an address, or a file that the provider keeps; exactly one of `data`, `url` and `file_id`."""

    data: bytes | None = None
    url: str | None = None
    media_type: str | None = None
    file_id: str | None = None
    name: str | None = None
    extra: Mapping[str, Any] = NOTHING

    def __post_init__(self) -> None:
        if isinstance(self.data, str):
            object.__setattr__(self, "data", self._decode(self.data))
        if self.url and self.url.startswith("data:"):
            head, _, payload = self.url[5:].partition(",")
            object.__setattr__(self, "media_type", self.media_type or head.partition(";")[0] or None)
            object.__setattr__(self, "data", self._decode(payload))
            object.__setattr__(self, "url", None)
        if sum(source is not None for source in (self.data, self.url, self.file_id)) != 1:
            raise ConfigError(f"{type(self).__name__} needs exactly one of data, url and file_id")

    @classmethod
    def _decode(cls, text: str) -> bytes:
        try:
            return base64.b64decode(text)
        except ValueError as error:
            raise ConfigError(f"{cls.__name__} data is bytes or base64 text; this is neither: {text[:40]!r}") from error

    @property
    def base64(self) -> str:
        """Returns the bytes as base64 text; "" where there are none."""
        return base64.b64encode(self.data or b"").decode("ascii")

    def data_url(self, default_type: str = "application/octet-stream") -> str:
        """Returns a `data:` address of the bytes, or the address itself."""
        return self.url or f"data:{self.media_type or default_type};base64,{self.base64}"


class Image(Media):
    """A picture. detail: how closely the model looks at it, as its provider names it ("low", "high")."""

    type: ClassVar[str] = "image"
    detail: str | None = None


class Audio(Media):
    """A sound, such as a recording of speech."""

    type: ClassVar[str] = "audio"


class File(Media):
    """A file, such as a PDF."""

    type: ClassVar[str] = "file"


class Reasoning(Part):
    """Reasoning of the model.

    Args:
        signature: Proof of the reasoning, to be echoed.
        redacted: Reasoning that the provider sent encrypted.
    """

    type: ClassVar[str] = "reasoning"
    text: str = ""
    signature: str | None = None
    redacted: str | None = None
    extra: Mapping[str, Any] = NOTHING


class Refusal(Part):
    """The text with which a model refused to answer."""

    type: ClassVar[str] = "refusal"
    text: str
    extra: Mapping[str, Any] = NOTHING


class ToolCall(Part):
    """A call of a tool.

    Args:
        arguments: The parsed JSON object; the model's text where it is no JSON object.
    """

    type: ClassVar[str] = "tool_call"
    id: str
    name: str
    arguments: dict[str, Any] | str = NOTHING  # type: ignore[assignment]
    extra: Mapping[str, Any] = NOTHING

    def __post_init__(self) -> None:
        if isinstance(self.arguments, Mapping):
            object.__setattr__(self, "arguments", dict(self.arguments))

    @property
    def arguments_json(self) -> str:
        """Returns the arguments as JSON text; the model's text where it is no JSON object."""
        return self.arguments if isinstance(self.arguments, str) else write_json(self.arguments, nonfinite="null", compact=False)


class ToolOutput(Part):
    """The result of a tool call, in a message of the role `tool`."""

    type: ClassVar[str] = "tool_result"
    id: str
    name: str
    content: tuple[Part, ...] = ()
    is_error: bool = False
    extra: Mapping[str, Any] = NOTHING

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", _parts(self.content))

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.content if isinstance(part, Text))


class Opaque(Part):
    """An item of a provider that staysail has no name for, such as a hosted tool's call. Only the wire format that wrote it echoes it."""

    type: ClassVar[str] = "opaque"
    extra: Mapping[str, Any] = NOTHING


class Message(Value):
    """One turn. `content` may be given as text, parts, their dicts, or a mixture."""

    role: Role
    content: tuple[Part, ...] = ()
    name: str | None = None
    extra: Mapping[str, Any] = NOTHING

    def __post_init__(self) -> None:
        if self.role not in ("system", "user", "assistant", "tool"):
            raise ConfigError(f"a message's role is system, user, assistant or tool, not {self.role!r}")
        object.__setattr__(self, "content", _parts(self.content))

    @classmethod
    def system(cls, content: Content) -> Message:
        return cls("system", _parts(content))

    @classmethod
    def user(cls, content: Content) -> Message:
        return cls("user", _parts(content))

    @classmethod
    def assistant(cls, content: Content) -> Message:
        return cls("assistant", _parts(content))

    @classmethod
    def tool(cls, results: Iterable[ToolOutput]) -> Message:
        return cls("tool", tuple(results))

    @property
    def text(self) -> str:
        """Returns the text, also of a refusal."""
        return "".join(part.text for part in self.content if isinstance(part, Text | Refusal))

    @property
    def reasoning(self) -> str:
        return "".join(part.text for part in self.content if isinstance(part, Reasoning))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(part for part in self.content if isinstance(part, ToolCall))

    @property
    def sources(self) -> tuple[Mapping[str, Any], ...]:
        """Returns the documents that the message rests on, as in `Reply.sources`. They are kept with the message, so a loaded conversation
        has them."""
        outputs = (part.extra for part in self.content if isinstance(part, ToolOutput))
        return tuple(source for extra in (self.extra, *outputs) for source in extra.get(SOURCES, ()))

    def to_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {"role": self.role, "content": [part.to_dict() for part in self.content]}
        return out | ({"name": self.name} if self.name else {}) | ({"extra": dict(self.extra)} if self.extra else {})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Returns the message of a dict: in the shape of `to_dict`, or as OpenAI and rig spell messages. Raises ConfigError."""
        if "role" not in data:
            raise ConfigError(f"a message needs a role; this one has {', '.join(map(str, data)) or 'nothing'}")
        role, content = data["role"], data.get("content")
        parts = list(_parts(content)) if content is not None else []
        parts += [_part_from_dict({**call, "type": "toolcall"}) for call in data.get("tool_calls") or ()]
        if role == "tool" and "tool_call_id" in data:
            parts = [ToolOutput(data["tool_call_id"], data.get("name") or "", tuple(parts))]
        role = {"developer": "system", "model": "assistant"}.get(role, role)
        if role == "user" and parts and all(isinstance(part, ToolOutput) for part in parts):
            role = "tool"
        return cls(role, tuple(parts), data.get("name") if role != "tool" else None, data.get("extra") or NOTHING)


def cited[T: (Message, ToolOutput)](said: T, sources: Iterable[Mapping[str, Any]]) -> T:
    """Returns the message or result with the documents that it rests on, as plain JSON in its `extra`, which no provider is sent."""
    plain = read_json(write_json(list(sources), default=str, nonfinite="null"))
    return said.replace(extra={**said.extra, SOURCES: plain}) if plain else said


type Content = str | Part | Mapping[str, Any] | Sequence[str | Part | Mapping[str, Any]]
type MessageLike = str | Message | Mapping[str, Any]


def read_messages(history: MessageLike | Iterable[MessageLike] | None) -> tuple[Message, ...]:
    """Returns messages from text (a user's), a Message, a dict, or several of them."""
    if history is None:
        return ()
    if isinstance(history, str | Message | Mapping):
        history = [history]
    return tuple(_message(item) for item in history)


def _message(item: MessageLike) -> Message:
    if isinstance(item, Message):
        return item
    return Message.user(item) if isinstance(item, str) else Message.from_dict(item)


def _parts(content: Content) -> tuple[Part, ...]:
    if isinstance(content, tuple) and all(isinstance(part, Part) for part in content):
        return content
    if isinstance(content, str | Part | Mapping):
        content = [content]
    return tuple(part if isinstance(part, Part) else Text(part) if isinstance(part, str) else _part_from_dict(part) for part in content)


KINDS: dict[str, type[Part]] = {kind.type: kind for kind in (Text, Image, Audio, File, Reasoning, Refusal, ToolCall, ToolOutput, Opaque)}


def _part_from_dict(data: Mapping[str, Any]) -> Part:
    kind = KINDS.get(data.get("type", "text"))
    if kind is None or "function" in data or "image_url" in data:
        return _foreign_part(data)
    fields = {key: value for key, value in data.items() if key in kind.__match_args__ and value is not None}
    if kind is ToolCall and isinstance(fields.get("arguments"), str):
        fields["arguments"] = parse_arguments(fields["arguments"])
    if kind is ToolOutput:
        fields = {"name": "", **fields}
    if isinstance(fields.get("citations"), list):
        fields["citations"] = tuple(fields["citations"])
    try:
        return kind(**fields)
    except TypeError as error:
        raise ConfigError(f"a message part of type {kind.type!r} is incomplete: {error}") from error


def _foreign_part(data: Mapping[str, Any]) -> Part:
    """Returns a part that is spelled as OpenAI or rig spell it."""
    match data:
        case {"type": "image_url", "image_url": {"url": str(url)}}:
            return Image(url=url, detail=data["image_url"].get("detail"))
        case {"type": "image_url", "image_url": str(url)}:
            return Image(url=url)
        case {"type": "toolcall" | "tool_call" | "function", "function": {"name": str(name)}}:
            arguments = data["function"].get("arguments") or {}
            return ToolCall(
                data.get("call_id") or data.get("id") or name,
                name,
                parse_arguments(arguments) if isinstance(arguments, str) else arguments,
            )
        case {"type": "toolresult", "id": id}:
            return ToolOutput(data.get("call_id") or id, data.get("name") or "", _parts(data.get("content") or ()))
    known = ", ".join(KINDS)
    raise ConfigError(f"a message part of type {data.get('type')!r} is not known; parts are {known}")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Part):
        return value.to_dict()
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
