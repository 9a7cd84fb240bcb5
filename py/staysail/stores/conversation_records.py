"""The records of a conversation: their keys, and what their bytes hold. conversations.py says how they belong together."""

from __future__ import annotations

import hashlib
import re
import uuid
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ..agent.exchanges import unpaired
from ..core.conversations import ConversationInfo
from ..core.errors import ConfigError
from ..core.json_text import RECORD_DEPTH, json_bytes, read_json
from ..core.messages import Message, MessageLike, read_messages
from ..core.value import Value

LONGEST_ID = 150  # characters of a quoted id
LONGEST_TITLE = 80
ENTRY = re.compile(r"(\d{8,})-(\d+)-(\d+)-\w+")


class Entry(Value):
    """The key of an entry, parsed. at: seconds since 1970. messages: the number of messages."""

    key: str
    number: int
    at: float
    messages: int


def new_id() -> str:
    return uuid.uuid4().hex


def id_of(messages: Sequence[Message]) -> str:
    """Returns an id that the same messages always get; a new one where there are none."""
    return hashlib.sha256(write_messages(messages)).hexdigest()[:32] if messages else new_id()


def quote_id(id: str) -> str:
    """Returns an id as it is written in keys and file names. Raises ConfigError."""
    quoted = quote(id, safe="").replace(".", "%2E") if isinstance(id, str) else ""
    if not quoted or len(quoted) > LONGEST_ID:
        raise ConfigError(f"a conversation's id is a text of 1 to {LONGEST_ID} letters (fewer, of other than Latin ones), not {id!r:.40}")
    return quoted


def title_of(messages: Sequence[Message]) -> str:
    """Returns the first line of the user's first message."""
    said = next((message.text.strip() for message in messages if message.role == "user" and message.text.strip()), "")
    return shorten_title(said.partition("\n")[0]) or "Conversation"


def shorten_title(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1].rstrip() + "…"


def entries_of(id: str) -> str:
    return f"entry/{quote_id(id)}/"


def ten_entries(id: str, number: int) -> str:
    """Returns the common prefix of entries whose numbers differ from this one in the last digit alone."""
    return f"{entries_of(id)}{number // 10:07d}"


def head_of(id: str) -> str:
    return f"head/{quote_id(id)}"


def new_key(id: str, number: int, at: float, messages: int) -> str:
    return f"{entries_of(id)}{number:08d}-{int(at * 1000)}-{messages}-{uuid.uuid4().hex[:8]}"


def read_key(key: str) -> Entry | None:
    match = ENTRY.fullmatch(key.rpartition("/")[2])
    return Entry(key, int(match[1]), int(match[2]) / 1000, int(match[3])) if match else None


def last_number(keys: Iterable[str]) -> int:
    """Returns the highest number of an entry. Keys begin with it, so their order is that of the numbers."""
    return next((entry.number for entry in map(read_key, sorted(keys, reverse=True)) if entry), 0)


def write_json(value: Any) -> bytes:
    return json_bytes(value, nonfinite="null")


def write_messages(messages: Iterable[Message]) -> bytes:
    body = write_json([message.to_dict() for message in messages])
    return b"%08x\n%s" % (zlib.crc32(body), body)


def read_messages_of(data: bytes) -> tuple[Message, ...]:
    """Returns the messages of an entry. Raises ValueError or ConfigError for a damaged one."""
    checksum, _, body = data.partition(b"\n")
    if int(checksum, 16) != zlib.crc32(body):
        raise ValueError("its checksum is wrong")
    return tuple(Message.from_dict(item) for item in read_json(body.decode("utf-8", "surrogatepass"), max_depth=RECORD_DEPTH))


def decode_head(data: bytes) -> tuple[dict[str, Any], bool]:
    try:
        head = read_json(data)
        if isinstance(head, dict):
            return head, True
    except ValueError:
        pass
    return {}, False


def make_info(id: str, head: Mapping[str, Any], entries: Sequence[Entry]) -> ConversationInfo:
    title, created, forked_from = head.get("title"), head.get("created_at"), head.get("forked_from")
    began = float(created) if isinstance(created, int | float) else entries[0].at if entries else 0.0
    updated = entries[-1].at if entries else began
    count = sum(entry.messages for entry in entries)
    return ConversationInfo(id, title if isinstance(title, str) and title else id, began, updated, count, forked_from)


def read_paired(messages: Iterable[MessageLike]) -> tuple[Message, ...]:
    read = read_messages(messages)
    alone = unpaired(read)
    if alone:
        raise ConfigError(f"a conversation keeps tool calls together with their results; {alone[0]!r} stands alone")
    return read
