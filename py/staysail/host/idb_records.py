"""IndexedDB as a KeyValue: one table of bytes by text key, one transaction for each commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import js
from pyodide.ffi import JsException, to_js

from ..core.errors import StoreError
from .idb_database import Database, open_database, translated

TABLE = "records"

type Watcher = Callable[[set[str]], object]


class IdbRecords:
    """A KeyValue in IndexedDB. It opens when it is first used, and again after the browser closed it. Raises ConfigError where there is
    no IndexedDB.

    Args:
        name: The name of the database.
        durability: "strict" waits for the disk, so that a commit survives a power cut; "relaxed" survives the end of the page or the
            browser.
    """

    def __init__(self, name: str, *, durability: Literal["relaxed", "strict"] = "relaxed") -> None:
        self._name, self._durability = name, durability
        self._database: Database | None = None
        self._opening = asyncio.Lock()
        self._watchers: set[Watcher] = set()

    async def get(self, keys: Sequence[str]) -> list[bytes | None]:
        if not keys:
            return []
        async with self._transaction("readonly") as table:
            requests = [table.get(key) for key in keys]
        return [None if request.result is None else request.result.to_bytes() for request in requests]

    async def scan(self, prefix: str) -> list[tuple[str, bytes]]:
        async with self._transaction("readonly") as table:
            keys, records = table.getAllKeys(_range(prefix)), table.getAll(_range(prefix))
        return list(zip(keys.result.to_py(), (record.to_bytes() for record in records.result), strict=True))

    async def keys(self, prefix: str) -> list[str]:
        async with self._transaction("readonly") as table:
            keys = table.getAllKeys(_range(prefix))
        found: list[str] = keys.result.to_py()
        return found

    async def commit(self, puts: Mapping[str, bytes], deletes: Collection[str] = ()) -> None:
        async with self._transaction("readwrite") as table:
            for key in deletes:
                table.delete(key)
            for key, data in puts.items():
                # to_js copies out of the interpreter's memory: a view would take all of that memory along.
                table.put(to_js(data), key)
        areas = {key.partition("/")[0] for key in (*puts, *deletes)}
        self._tell(areas)
        if self._database:
            self._database.announce(sorted(areas))

    @asynccontextmanager
    async def exclusive(self) -> AsyncGenerator[None]:
        database = await self._open()
        async with database.exclusive():
            yield

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Calls a function with the first parts of the keys that this or another tab changed ("tree", "audit"). Returns a function that
        ends it."""
        self._watchers.add(watcher)
        return lambda: self._watchers.discard(watcher)

    async def persist(self) -> bool:
        """Requests persistent storage. Returns whether the browser granted it."""
        return await (await self._open()).persist()

    async def estimate(self) -> tuple[int, int | None]:
        """Returns the bytes that this origin uses, and has left."""
        return await (await self._open()).estimate()

    async def close(self) -> None:
        database, self._database = self._database, None
        if database:
            await database.close()

    async def destroy(self) -> None:
        """Deletes all records."""
        database, self._database = await self._open(), None
        await database.destroy()

    async def _open(self) -> Database:
        async with self._opening:
            if self._database is None:
                opened = await open_database(self._name, [TABLE], "name the store ':memory:'")
                self._database = Database(opened, self._name, on_message=lambda areas: self._tell(set(areas)))
            return self._database

    @asynccontextmanager
    async def _transaction(self, mode: str) -> AsyncGenerator[Any]:
        """Opens the table within the block, then waits for the transaction's end. Requests must be made without an await in between."""
        for last_try in (False, True):
            database = await self._open()
            try:
                transaction = database.begin([TABLE], mode, self._durability if mode == "readwrite" else "default")
                break
            except StoreError as error:
                if last_try or error.code != "closed":
                    raise
                await self.close()
        try:
            yield transaction.objectStore(TABLE)
        except JsException as error:
            transaction.abort()
            raise translated(error) from error
        await database.done(transaction)

    def _tell(self, areas: set[str]) -> None:
        for watcher in list(self._watchers):
            watcher(areas)


def _range(prefix: str) -> Any:
    """Returns the range of all keys that begin with the prefix."""
    return js.IDBKeyRange.bound(prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1), False, True) if prefix else None
