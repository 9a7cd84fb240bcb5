"""A database of IndexedDB, with transactions, Web Locks so that tabs write one after another, and BroadcastChannel so that they learn of
writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import js
from pyodide.ffi import JsException, create_proxy, to_js

from ..core.errors import ConfigError, QuotaError, StoreError
from ..core.waiting import refuse_blocking
from .persistence import persist
from .web_lock import hold

BLOCKED = "IndexedDB (a conversation, a durable run, a store with a name; ':memory:' keeps each of them in memory)"


def find_factory() -> Any:
    """Returns the IndexedDB factory; None where there is none, as in Node."""
    return getattr(js, "indexedDB", None)


async def open_database(name: str, tables: Sequence[str], advice: str, *, version: int = 1) -> Any:
    """Opens or creates the database. Raises ConfigError, StoreError.

    advice: the advice in the error where there is no IndexedDB. version: grows when tables are added.
    """
    refuse_blocking(BLOCKED)
    factory = find_factory()
    if factory is None:
        raise ConfigError(f"this runtime has no IndexedDB; {advice}")
    try:
        request = factory.open(name, version)
    except JsException as error:
        raise ConfigError(f"the browser does not let this page use IndexedDB: {error}") from error

    def upgrade(_: Any) -> None:
        existing = request.result.objectStoreNames
        for table in tables:
            if not existing.contains(table):
                request.result.createObjectStore(table)

    await settle(request, success="onsuccess", failure="onerror", onupgradeneeded=upgrade)
    return request.result


class Database:
    """An open database.

    Attributes:
        changed: Whether another tab has written; the reader sets it back.
        on_message: Called with the message of another tab's write.
    """

    def __init__(self, database: Any, name: str, *, on_message: Callable[[Any], object] | None = None) -> None:
        self._database, self._name, self._on_message = database, name, on_message
        self.changed = False
        self._alone = asyncio.Lock()  # within this interpreter; the only lock where Web Locks are missing
        self._let_go = create_proxy(lambda _: database.close())
        database.onversionchange = self._let_go
        self._heard = create_proxy(self._hear)
        self._channel = js.BroadcastChannel.new(name) if hasattr(js, "BroadcastChannel") else None
        if self._channel:
            self._channel.onmessage = self._heard

    def _hear(self, event: Any) -> None:
        self.changed = True
        if self._on_message:
            self._on_message(event.data)

    def begin(self, tables: Sequence[str], mode: str, durability: str = "default") -> Any:
        refuse_blocking(BLOCKED)
        options = to_js({"durability": durability}, dict_converter=js.Object.fromEntries)
        try:
            return self._database.transaction(to_js(list(tables)), mode, options)
        except JsException as error:
            raise translated(error) from error

    async def done(self, transaction: Any) -> None:
        await settle(transaction, success="oncomplete", failure="onabort")

    @asynccontextmanager
    async def exclusive(self) -> AsyncGenerator[None]:
        async with self._alone, hold(self._name):
            yield

    def announce(self, message: Any = 1) -> None:
        if self._channel:
            self._channel.postMessage(to_js(message))

    async def estimate(self) -> tuple[int, int | None]:
        storage = getattr(getattr(js, "navigator", None), "storage", None)
        if storage is None:
            return 0, None
        estimate = await storage.estimate()
        return int(estimate.usage), int(estimate.quota - estimate.usage)

    async def persist(self) -> bool:
        return await persist()

    async def close(self) -> None:
        self._database.close()
        if self._channel:
            self._channel.close()
        self._database.onversionchange = None
        self._let_go.destroy()
        self._heard.destroy()

    async def destroy(self) -> None:
        await self.close()
        await settle(js.indexedDB.deleteDatabase(self._name), success="onsuccess", failure="onerror")


async def settle(target: Any, *, success: str, failure: str, **handlers: Any) -> None:
    """Waits for one of two events of a request or a transaction. Raises StoreError or QuotaError with what the browser said."""
    done = asyncio.get_running_loop().create_future()

    def succeed(_: Any) -> None:
        if not done.done():
            done.set_result(None)

    def fail(_: Any) -> None:
        if not done.done():
            done.set_exception(translated(target.error))

    proxies = {name: create_proxy(handler) for name, handler in {success: succeed, failure: fail, **handlers}.items()}
    for name, proxy in proxies.items():
        setattr(target, name, proxy)
    try:
        await done
    finally:
        for name, proxy in proxies.items():
            setattr(target, name, None)
            proxy.destroy()


def translated(error: Any) -> StoreError:
    name, text = getattr(error, "name", "") or "", getattr(error, "message", "") or str(error)
    if "QuotaExceeded" in name or "QuotaExceeded" in text:
        return QuotaError(
            "the browser has no room left for this page: delete something, or ask for persistent storage. Nothing was changed"
        )
    if name == "InvalidStateError":
        return StoreError("the store is closed, or was deleted in another tab: open it again", code="closed")
    return StoreError(f"IndexedDB failed: {name or 'unknown error'} {text}".strip())
