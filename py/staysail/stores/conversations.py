"""Conversations in a KeyValue.

How it works. Each append is a record of its own, so its cost does not grow with the conversation, and it is stored as a whole or not
at all:

    entry/<id>/<number>-<ms>-<messages>-<random>   CRC-32, line feed, JSON of the messages
    head/<id>                                      JSON: title, created_at, forked_from
    note/<id>/<name>                               JSON, for memory policies; "versions" and "question": of a chat, see
                                                   web/chat/versions.js and open-question.js

An entry's key holds the time (milliseconds since 1970) and the number of messages, so a list reads only heads and keys. Two
concurrent appends wait for each other; where no lock is possible, both get the same number, and the random part keeps their keys
apart.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from ..agent.exchanges import cut_back
from ..core.conversations import Conversation, ConversationHit, ConversationInfo
from ..core.defaults import Defaults
from ..core.errors import ConfigError, StoreError
from ..core.json_text import RECORD_DEPTH, read_json
from ..core.messages import Message, MessageLike
from ..core.ports import KeyValue
from .conversation_export import FORMAT, VERSION, export_of, list_imported, read_imported
from .conversation_records import (
    Entry,
    decode_head,
    entries_of,
    head_of,
    id_of,
    last_number,
    make_info,
    new_id,
    new_key,
    quote_id,
    read_key,
    read_messages_of,
    read_paired,
    shorten_title,
    ten_entries,
    title_of,
    write_json,
    write_messages,
)

MOST_PARSED = 8  # conversations whose messages stay parsed
MOST_APPENDED = 1000  # conversations whose last key is remembered
QUESTION = "question"
"""The note with a question that has no answer yet. A fork, which ends with an answer, does not copy it."""
AROUND = 60  # characters of an excerpt on either side


type Parsed = tuple[Entry, tuple[Message, ...]]
"""An entry with its messages."""


class Conversations:
    """A store of conversations, for agents and for programs that list, search, fork and export them.

        conversations = Conversations("chats")
        agent = Agent("anthropic:claude-sonnet-4-5", conversations=conversations, conversation="trip")
        await agent.prompt("My name is Ada.")
        for found in await conversations.list(): print(found.id, found.title)

    Only messages are stored: no key, no header, no address. Tabs and processes that append at once wait for each other.

    Args:
        store: In a page, the name in IndexedDB, "conversations" if left out. On CPython, a directory; if left out, conversations last
            as long as the process. ":memory:" does the same everywhere. Or a KeyValue.
        now: Returns the time in seconds since 1970.

    Raises:
        ConfigError: The store is none of these.
    """

    def __init__(self, store: KeyValue | str | os.PathLike[str] | None = None, *, now: Callable[[], float] = time.time) -> None:
        self._records, self._now = Defaults.open_records(store, "conversations"), now
        self._parsed: dict[str, dict[str, Parsed]] = {}  # by conversation, the last used at the end
        self._appended: dict[str, str] = {}  # the key of the last append by conversation, the last used at the end

    @classmethod
    def in_toolfs(cls, toolfs: Any, session: Any, folder: str) -> Conversations:
        """Returns a store that keeps conversations as files below a folder of a ToolFS, such as "/toolfs/data/chats". The session must
        allow reading, writing, listing and deleting there."""
        return cls(Defaults.file_records(toolfs, session, folder))

    async def load(self, id: str) -> Conversation:
        """Returns a conversation. An unknown id gives an empty conversation, which its first append creates."""
        keys = sorted(await self._records.keys(entries_of(id)))
        read = self._parsed.pop(id, {})
        new = [key for key in keys if key not in read]
        problems: list[str] = []
        for key, data in zip(new, await self._records.get(new), strict=True):
            try:
                entry = read_key(key)
                if entry is None:
                    raise ValueError("its key is not an entry's")
                read[key] = entry, read_messages_of(data or b"")
            except (ValueError, ConfigError) as error:
                problems.append(f"a part of the conversation {id!r} is damaged and was left out: {key} ({error})")
        parsed = {key: read[key] for key in keys if key in read}
        self._keep(id, parsed)
        messages = [message for _, part in parsed.values() for message in part]
        entries = [entry for entry, _ in parsed.values()]
        head, problem = await self._head(id)
        info = make_info(id, head or {"created_at": self._now()}, entries).replace(messages=len(messages))
        return Conversation(info, tuple(messages), (*problems, *([problem] if problem else [])))

    def _keep(self, id: str, parsed: dict[str, Parsed]) -> None:
        """Keeps parsed messages for the next `load`, as entries never change."""
        self._parsed[id] = parsed
        for oldest in list(self._parsed)[:-MOST_PARSED]:
            self._parsed.pop(oldest, None)

    async def append(self, id: str, messages: Iterable[MessageLike]) -> None:
        """Appends an exchange, as a whole or not at all. The first append creates the conversation, with the first line of the user's
        message as its title.

        Raises:
            ConfigError: A tool call has no result.
            QuotaError: The storage is full.
            StoreError: The storage failed.
        """
        added = read_paired(messages)
        if not added:
            return
        async with self._records.exclusive():
            key = new_key(id, await self._last_number(id) + 1, self._now(), len(added))
            puts = {key: write_messages(added)}
            if await self._missing(id):
                puts[head_of(id)] = write_json({"title": title_of(added), "created_at": self._now(), "forked_from": None})
            await self._records.commit(puts)
            self._appended.pop(id, None)
            self._appended[id] = key
            for oldest in list(self._appended)[:-MOST_APPENDED]:
                self._appended.pop(oldest, None)

    async def _last_number(self, id: str) -> int:
        """Returns the number of the last entry; 0 without entries. Entries are numbered without gaps, so it goes on from the last one that
        was appended here, ten numbers at a time, unless that one was cut off."""
        appended = self._appended.get(id, "")
        entry = read_key(appended)
        if entry is None:
            return last_number(await self._records.keys(entries_of(id)))
        keys = await self._records.keys(ten_entries(id, entry.number))
        if appended not in keys:
            return last_number(await self._records.keys(entries_of(id)))
        while (last := last_number(keys)) % 10 == 9:
            keys = await self._records.keys(ten_entries(id, last + 1))
            if not keys:
                break
        return last

    async def list(self) -> list[ConversationInfo]:
        """Returns all conversations, the last used first."""
        heads = await self._records.keys("head/")
        entries: dict[str, list[Entry]] = {}
        for key in await self._records.keys("entry/"):
            if entry := read_key(key):
                entries.setdefault(key.split("/")[1], []).append(entry)
        found = []
        for key, data in zip(heads, await self._records.get(heads), strict=True):
            if data is not None:
                head, _ = decode_head(data)
                name = key.removeprefix("head/")
                found.append(make_info(unquote(name), head, sorted(entries.get(name, []), key=lambda entry: entry.key)))
        return sorted(found, key=lambda info: info.updated_at, reverse=True)

    async def search(self, text: str, *, limit: int = 50) -> Sequence[ConversationHit]:
        """Returns messages and titles that contain every word of the text, ignoring case; those of the last used conversations first. It
        reads all conversations, one at a time."""
        words = text.casefold().split()
        hits: list[ConversationHit] = []
        for info in await self.list() if words else ():
            if all(word in info.title.casefold() for word in words):
                hits.append(ConversationHit(info.id, info.title, 0, "title", info.title))
            for at, message in enumerate((await self.load(info.id)).messages):
                folded = message.text.casefold()
                if message.role in ("user", "assistant") and all(word in folded for word in words):
                    hits.append(ConversationHit(info.id, info.title, at, message.role, _excerpt(message.text, words)))
            if len(hits) >= limit:
                break
        return hits[:limit]

    async def fork(self, id: str, at: int | None = None, *, title: str | None = None) -> str:
        """Copies the first `at` messages (all, if left out) to a new conversation, and returns its id. Fewer are copied where the cut
        would separate a tool call from its result. The two conversations are independent. Raises StoreError for an unknown id."""
        conversation = await self._need(id)
        kept = conversation.messages[: cut_back(conversation.messages, len(conversation.messages) if at is None else at)]
        new = new_id()
        notes = [(key.rpartition("/")[2], data) for key, data in await self._records.scan(f"note/{quote_id(id)}/")]
        puts = {f"note/{quote_id(new)}/{name}": data for name, data in notes if name != QUESTION}
        if kept:
            puts[new_key(new, 1, self._now(), len(kept))] = write_messages(kept)
        head = {"title": shorten_title(title or conversation.info.title), "created_at": self._now(), "forked_from": id}
        await self._commit(puts | {head_of(new): write_json(head)})
        return new

    async def cut(self, id: str, at: int) -> None:
        """Deletes the messages from index `at` on, so that a question can be put anew. The cut moves back where it would separate a tool
        call from its result."""
        await self.replace(id, at, [])

    async def replace(self, id: str, at: int, messages: Iterable[MessageLike], *, notes: Mapping[str, Any] | None = None) -> None:
        """Replaces the messages from index `at` on. The place moves back where
        it would separate a tool call from its result. An unknown conversation stays unknown where there is nothing to put into it.

        Args:
            id: The conversation's id.
            at: Index of the first message to replace.
            messages: The new messages; none, if the conversation ends at `at`.
            notes: JSON values by name, stored in the same write.

        Raises:
            ConfigError: A tool call has no result.
            QuotaError: The storage is full.
            StoreError: The storage failed.
        """
        added = read_paired(messages)
        async with self._records.exclusive():
            puts, deletes = await self._cut(id, at)
            if added:
                # From the entries that stay, so that numbers have no gaps.
                last = last_number({*await self._records.keys(entries_of(id)), *puts} - {*deletes})
                puts[new_key(id, last + 1, self._now(), len(added))] = write_messages(added)
                if await self._missing(id):
                    puts[head_of(id)] = write_json({"title": title_of(added), "created_at": self._now(), "forked_from": None})
            if added or not await self._missing(id):
                puts |= {f"note/{quote_id(id)}/{name}": write_json(value) for name, value in (notes or {}).items()}
            await self._records.commit(puts, deletes)

    async def _cut(self, id: str, at: int) -> tuple[dict[str, bytes], Sequence[str]]:
        """Returns the records to write and the keys to delete, so that messages from index `at` on are gone."""
        keys = sorted(await self._records.keys(entries_of(id)))
        found = dict(await self._records.scan(entries_of(id)))
        kept: list[Message] = []
        puts: dict[str, bytes] = {}
        deletes = []
        for key in keys:
            try:
                messages = read_messages_of(found[key])
            except (ValueError, ConfigError):
                continue
            left = messages[: cut_back(messages, max(0, at - len(kept)))]
            kept += messages
            if len(left) < len(messages):
                deletes.append(key)
                entry = read_key(key)
                if left and entry:
                    puts[new_key(id, entry.number, entry.at, len(left))] = write_messages(left)
        return puts, deletes

    async def rename(self, id: str, title: str) -> None:
        """Sets the title. Raises StoreError for an unknown id, ConfigError for an empty title."""
        if not title.strip():
            raise ConfigError("a conversation's title cannot be empty")
        async with self._records.exclusive():
            head, _ = await self._head(id)
            if head is None:
                raise _unknown(id)
            await self._records.commit({head_of(id): write_json(head | {"title": shorten_title(title)})})

    async def delete(self, id: str) -> None:
        """Deletes a conversation with its notes. An unknown id is ignored."""
        async with self._records.exclusive():
            keys = [*await self._records.keys(entries_of(id)), *await self._records.keys(f"note/{quote_id(id)}/")]
            await self._records.commit({}, [head_of(id), *keys])

    async def export(self, id: str | None = None) -> dict[str, Any]:
        """Returns one conversation, or all, as plain JSON. Raises StoreError for an unknown id."""
        ids = [id] if id is not None else [info.id for info in await self.list()]
        return {"format": FORMAT, "version": VERSION, "conversations": [export_of(await self._need(one)) for one in ids]}

    async def import_(self, data: Mapping[str, Any] | str) -> Sequence[str]:
        """Adds conversations that `export` returned, as data or as text, all or none. Returns their ids. Nothing comes in twice: a
        conversation that is here already, or that went on since, stays as it is; of one that went on elsewhere the rest is appended. One
        whose id another conversation has gets an id made of its messages. Raises ConfigError for other data."""
        conversations = [read_imported(item) for item in list_imported(data)]
        puts: dict[str, bytes] = {}
        ids: list[str] = []
        async with self._records.exclusive():
            for given, head, messages in conversations:
                id = await self._id_to_import(given, messages, ids)
                ids.append(id)
                updated_at = head.pop("updated_at")
                known = (await self.load(id)).messages
                if rest := messages[len(known) :]:
                    number = last_number(await self._records.keys(entries_of(id))) + 1
                    puts[new_key(id, number, updated_at, len(rest))] = write_messages(rest)
                if await self._missing(id):
                    puts[head_of(id)] = write_json(head)
            await self._records.commit(puts)
        return ids

    async def _id_to_import(self, id: str, messages: Sequence[Message], taken: Sequence[str]) -> str:
        """Returns the id that imported messages belong to: their own, where one conversation begins as the other does."""
        if id and id not in taken:
            known = (await self.load(id)).messages
            both = min(len(known), len(messages))
            if known[:both] == messages[:both]:
                return id
        return id_of(messages)

    async def get_note(self, id: str, name: str) -> Any:
        """Returns a note; None where it is missing or damaged, as notes can be made again."""
        [data] = await self._records.get([f"note/{quote_id(id)}/{name}"])
        try:
            return None if data is None else read_json(data, max_depth=RECORD_DEPTH)
        except ValueError:
            return None

    async def put_note(self, id: str, name: str, value: Any, *, begin: Sequence[Message] = ()) -> None:
        """Stores a note, of a memory policy for example.

        Args:
            id: The conversation's id.
            name: The note's name; an earlier note with it is replaced.
            value: JSON.
            begin: Messages that are not stored, and by which an unknown conversation is created and named.
        """
        puts = {f"note/{quote_id(id)}/{name}": write_json(value)}
        async with self._records.exclusive():
            if begin and await self._missing(id):
                puts[head_of(id)] = write_json({"title": title_of(begin), "created_at": self._now(), "forked_from": None})
            await self._records.commit(puts)

    async def close(self) -> None:
        """Closes the underlying store. Nothing is lost."""
        close = getattr(self._records, "close", None)
        if close:
            await close()

    async def _commit(self, puts: Mapping[str, bytes]) -> None:
        async with self._records.exclusive():
            await self._records.commit(puts)

    async def _need(self, id: str) -> Conversation:
        if await self._missing(id):
            raise _unknown(id)
        return await self.load(id)

    async def _missing(self, id: str) -> bool:
        return await self._records.get([head_of(id)]) == [None]

    async def _head(self, id: str) -> tuple[dict[str, Any] | None, str | None]:
        [data] = await self._records.get([head_of(id)])
        if data is None:
            return None, None
        head, readable = decode_head(data)
        return head, None if readable else f"the title of the conversation {id!r} is damaged"


def _unknown(id: str) -> StoreError:
    return StoreError(f"there is no conversation {id!r}", code="not_found")


def _excerpt(text: str, words: Sequence[str]) -> str:
    at = max(0, text.casefold().find(words[0]))
    start, end = max(0, at - AROUND), at + len(words[0]) + AROUND
    return ("… " if start else "") + " ".join(text[start:end].split()) + (" …" if end < len(text) else "")
