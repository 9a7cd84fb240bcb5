"""Conversations as plain JSON: what `Conversations.export` returns and `import_` reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.conversations import Conversation
from ..core.errors import ConfigError
from ..core.json_text import MESSAGE_DEPTH, read_json
from ..core.messages import Message
from .conversation_records import quote_id, read_paired, shorten_title, title_of

FORMAT = "staysail-conversations"
VERSION = 1


def export_of(conversation: Conversation) -> dict[str, Any]:
    data = conversation.to_dict()
    del data["problems"]
    return data


def list_imported(data: Mapping[str, Any] | str) -> list[Any]:
    try:
        read: Any = read_json(data, max_depth=MESSAGE_DEPTH) if isinstance(data, str) else data
    except ValueError as error:
        raise ConfigError(f"this is no export of conversations: it is not JSON ({error})") from error
    if not isinstance(read, Mapping) or read.get("format") != FORMAT or not isinstance(read.get("conversations"), list):
        raise ConfigError(f'this is no export of conversations: its "format" is not "{FORMAT}"')
    if read.get("version") != VERSION:
        raise ConfigError(
            f"these conversations were exported by another version of staysail (format {read.get('version')!r}, known: {VERSION})"
        )
    conversations: list[Any] = read["conversations"]
    return conversations


def read_imported(item: Any) -> tuple[str, dict[str, Any], tuple[Message, ...]]:
    if not isinstance(item, Mapping) or not isinstance(item.get("messages"), list):
        raise ConfigError('a conversation to import has a list of "messages"')
    messages = read_paired(item["messages"])
    title, id = item.get("title"), item.get("id")
    if isinstance(id, str) and id:
        quote_id(id)
    times = {name: float(at) for name in ("created_at", "updated_at") if isinstance(at := item.get(name), int | float) and 0 <= at < 1e11}
    head = {
        "title": shorten_title(title) if isinstance(title, str) and title.strip() else title_of(messages),
        "created_at": times.get("created_at", 0.0),
        "updated_at": times.get("updated_at", times.get("created_at", 0.0)),
        "forked_from": item.get("forked_from") if isinstance(item.get("forked_from"), str) else None,
    }
    return id if isinstance(id, str) else "", head, messages
