"""IndexedDB as a BlockStore: a database with a table of bytes for each name, one transaction for each change; Web Locks so that tabs
write one after another, BroadcastChannel so that they hear of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import js
from pyodide.ffi import JsException, create_proxy, to_js

from ..core.errors import ConfigError, QuotaError, StoreError

VERSION = 1
TABLES = ("head", "mean", "segments", "rows", "codes", "signs", "ids", "documents", "metadata", "terms", "dead", "log")
READ_AT_ONCE_BYTES = 32 << 20


async def open_blocks(name: str, tables: Sequence[str] = TABLES) -> IdbBlocks:
    """Opens the database or makes it. Raises ConfigError where there is none to be had, StoreError."""
    factory = getattr(js, "indexedDB", None)
    if factory is None:
        raise ConfigError("this runtime has no IndexedDB; name the store ':memory:'")
    try:
        request = factory.open(name, VERSION)
    except JsException as error:
        raise ConfigError(f"the browser does not let this page use IndexedDB: {error}") from error

    def upgrade(_: Any) -> None:
        existing = request.result.objectStoreNames
        for table in tables:
            if not existing.contains(table):
                request.result.createObjectStore(table)

    await _settle(request, success="onsuccess", failure="onerror", onupgradeneeded=upgrade)
    return IdbBlocks(request.result, name)


class IdbBlocks:
    def __init__(self, database: Any, name: str) -> None:
        self._database, self._name = database, name
        self.changed = False
        self._alone = asyncio.Lock()  # within this interpreter, and all there is where Web Locks are missing
        self._let_go = create_proxy(lambda _: database.close())
        database.onversionchange = self._let_go
        self._heard = create_proxy(self._hear)
        self._channel = js.BroadcastChannel.new(name) if hasattr(js, "BroadcastChannel") else None
        if self._channel:
            self._channel.onmessage = self._heard

    def _hear(self, _: Any) -> None:
        self.changed = True

    async def read(self, requests: Sequence[tuple[str, int]]) -> list[bytes | None]:
        found = await self._get(requests)
        return [record.to_bytes() if record is not None else None for record in found]

    async def read_into(self, table: str, targets: Mapping[int, memoryview[int]]) -> list[int]:
        failed = []
        keys = list(targets)
        at_once = max(1, READ_AT_ONCE_BYTES // max(len(target) for target in targets.values())) if targets else 1
        for at in range(0, len(keys), at_once):
            part = keys[at : at + at_once]
            for key, record in zip(part, await self._get([(table, key) for key in part]), strict=True):
                if record is None or record.byteLength != len(targets[key]):
                    failed.append(key)
                else:
                    record.assign_to(targets[key])
        return failed

    async def read_all(self, table: str) -> dict[int, bytes]:
        transaction = self._begin([table], "readonly")
        store = transaction.objectStore(table)
        keys, records = store.getAllKeys(), store.getAll()
        await self._done(transaction)
        return {key: record.to_bytes() for key, record in zip(keys.result, records.result, strict=True)}

    async def write(self, puts: Sequence[tuple[str, int, Any]], deletes: Sequence[tuple[str, int]], *, strict: bool) -> None:
        tables = sorted({table for table, _, _ in puts} | {table for table, _ in deletes})
        transaction = self._begin(tables, "readwrite", "strict" if strict else "relaxed")
        stores = {table: transaction.objectStore(table) for table in tables}
        try:
            for table, key in deletes:
                stores[table].delete(key)
            for table, key, record in puts:
                # to_js copies out of the interpreter's memory: a view would take all of that memory along.
                stores[table].put(to_js(record), key)
        except JsException as error:
            transaction.abort()
            raise _translated(error) from error
        await self._done(transaction)

    async def estimate(self) -> tuple[int, int | None]:
        storage = getattr(getattr(js, "navigator", None), "storage", None)
        if storage is None:
            return 0, None
        told = await storage.estimate()
        return int(told.usage), int(told.quota - told.usage)

    async def persist(self) -> bool:
        storage = getattr(getattr(js, "navigator", None), "storage", None)
        return bool(await storage.persist()) if storage is not None else False

    @asynccontextmanager
    async def exclusive(self) -> AsyncGenerator[None]:
        locks = getattr(getattr(js, "navigator", None), "locks", None)
        async with self._alone:
            if locks is None:
                yield
                return
            granted = asyncio.get_running_loop().create_future()
            release = js.Promise.withResolvers()

            def hold(_: Any) -> Any:
                if not granted.done():
                    granted.set_result(None)
                return release.promise

            holder = create_proxy(hold)
            held = locks.request(self._name, holder)
            try:
                await granted
                yield
            finally:
                release.resolve(None)
                await held
                holder.destroy()

    def announce(self) -> None:
        if self._channel:
            self._channel.postMessage(1)

    async def close(self) -> None:
        self._database.close()
        if self._channel:
            self._channel.close()
        self._database.onversionchange = None
        self._let_go.destroy()
        self._heard.destroy()

    async def destroy(self) -> None:
        await self.close()
        await _settle(js.indexedDB.deleteDatabase(self._name), success="onsuccess", failure="onerror")

    async def _get(self, requests: Sequence[tuple[str, int]]) -> list[Any]:
        """The records, as the browser holds them. One wait for all of them."""
        if not requests:
            return []
        tables = sorted({table for table, _ in requests})
        transaction = self._begin(tables, "readonly")
        stores = {table: transaction.objectStore(table) for table in tables}
        asked = [stores[table].get(key) for table, key in requests]
        await self._done(transaction)
        return [request.result for request in asked]

    def _begin(self, tables: Sequence[str], mode: str, durability: str = "default") -> Any:
        options = to_js({"durability": durability}, dict_converter=js.Object.fromEntries)
        try:
            return self._database.transaction(to_js(list(tables)), mode, options)
        except JsException as error:
            raise _translated(error) from error

    async def _done(self, transaction: Any) -> None:
        await _settle(transaction, success="oncomplete", failure="onabort")


async def _settle(target: Any, *, success: str, failure: str, **handlers: Any) -> None:
    """Waits for one of two events of a request or a transaction. Raises StoreError or QuotaError with what the browser said."""
    done = asyncio.get_running_loop().create_future()

    def succeed(_: Any) -> None:
        if not done.done():
            done.set_result(None)

    def fail(_: Any) -> None:
        if not done.done():
            done.set_exception(_translated(target.error))

    proxies = {name: create_proxy(handler) for name, handler in {success: succeed, failure: fail, **handlers}.items()}
    for name, proxy in proxies.items():
        setattr(target, name, proxy)
    try:
        await done
    finally:
        for name, proxy in proxies.items():
            setattr(target, name, None)
            proxy.destroy()


def _translated(error: Any) -> StoreError:
    name, text = getattr(error, "name", "") or "", getattr(error, "message", "") or str(error)
    if "QuotaExceeded" in name or "QuotaExceeded" in text:
        return QuotaError(
            "the browser has no room left for this page: delete something, or ask for persistent storage. Nothing was changed"
        )
    if name == "InvalidStateError":
        return StoreError("the store is closed, or was deleted in another tab: open it again", code="closed")
    return StoreError(f"IndexedDB failed: {name or 'unknown error'} {text}".strip())
