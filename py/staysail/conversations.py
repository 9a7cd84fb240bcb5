"""`Conversations`: a composition root, like the package's `__init__`: here conversations and what keeps them come together. It is imported
when it is first used."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from .core.ports import KeyValue
from .fs.file_records import FileRecords
from .host.records import open_records
from .stores import conversations


class Conversations(conversations.Conversations):
    """Keeps conversations, for agents and for whoever lists, searches, forks and exports them.

        conversations = Conversations("chats")
        agent = Agent("anthropic:claude-sonnet-4-5", conversations=conversations, conversation="trip")
        await agent.prompt("My name is Ada.")
        for found in await conversations.list(): print(found.id, found.title)

    store: in a page the name they are kept under in IndexedDB, "conversations" if left out; on CPython a directory that keeps them, and if
    left out they last as long as the process, as ":memory:" does everywhere; or a KeyValue. now: seconds since 1970. Raises ConfigError.

    Messages are all that is kept: no key, no header, no address. Tabs and processes that append at once wait for each other."""

    def __init__(self, store: KeyValue | str | os.PathLike[str] | None = None, *, now: Callable[[], float] = time.time) -> None:
        super().__init__(open_records(store, "conversations"), now=now)

    @classmethod
    def in_toolfs(cls, toolfs: Any, session: Any, folder: str) -> Conversations:
        """In files below a folder of a ToolFS, such as "/toolfs/data/chats", which the session may read, write, list and delete."""
        return cls(FileRecords(toolfs, session, folder))
