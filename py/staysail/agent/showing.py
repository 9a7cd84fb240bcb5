"""Parts that show replies, runs and tool calls in notebooks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from ..core.events import ToolResult
from ..core.messages import Image, Message, Part, Text
from ..core.plain_values import as_plain
from ..core.shown import Card, Code, Note, Picture, Prose, ShownPart
from ..core.usage import Usage

MOST_CHARACTERS = 20_000


def show_json(value: Any) -> Code:
    """Returns a value as indented JSON; text as it is."""
    if isinstance(value, str):
        return Code(shorten(value))
    return Code(shorten(json.dumps(as_plain(value), indent=2, ensure_ascii=False, default=str)))


def show_call(name: str, arguments: Any, state: str, content: Sequence[ShownPart] = ()) -> Card:
    """Returns the card of a tool call: its arguments, then its content. Pictures make it open."""
    given = () if arguments in (None, "", {}) else (show_json(arguments),)
    return Card(name, state, (*given, *content), is_open=any(isinstance(part, Picture) for part in content))


def show_result(result: ToolResult) -> tuple[ShownPart, ...]:
    """Returns the content of a tool's result."""
    return show_content(result.content, "error" if result.is_error else "")


def state_of(result: ToolResult) -> str:
    """Returns the word for a call with this result."""
    word = "failed" if result.is_error else "done"
    return f"{word}, {result.duration_s:.1f} s" if result.duration_s >= 0.1 else word


def show_content(content: Iterable[Part], kind: str = "") -> tuple[ShownPart, ...]:
    """Returns text and pictures of a message or a result. Other media are named."""
    shown: list[ShownPart] = []
    for part in content:
        if isinstance(part, Text):
            shown.append(Note(shorten(part.text), kind) if kind else Code(shorten(part.text)))
        elif isinstance(part, Image) and part.data:
            shown.append(Picture(part.data, part.media_type or "image/png"))
        elif part.type in ("image", "audio", "file"):
            shown.append(Note(f"[{part.type}]"))
    return tuple(shown)


def show_answer(message: Message, results: Iterable[ToolResult]) -> tuple[ShownPart, ...]:
    """Returns a model's answer: its text and pictures, and its tool calls with their results."""
    by_id = {result.id: result for result in results}
    shown: list[ShownPart] = []
    for part in message.content:
        if isinstance(part, Text):
            shown.append(Prose(part.text))
        elif part.type == "refusal":
            shown.append(Note(getattr(part, "text", ""), "error"))
        elif part.type == "image":
            shown += show_content([part])
    for call in message.tool_calls:
        result = by_id.get(call.id)
        state = state_of(result) if result else "no result"
        shown.append(show_call(call.name, call.arguments, state, show_result(result) if result else ()))
    return tuple(shown)


def show_usage(usage: Usage, calls: int) -> Note:
    return Note(f"{usage.total_tokens:,} tokens in {calls} model call{'' if calls == 1 else 's'}")


def shorten(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}\n[{len(text) - MOST_CHARACTERS:,} characters more]"
