"""Ownership of runs among the tabs of an origin: Web Locks, which end with the tab. The owner's messages are sent through
BroadcastChannel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import js
from pyodide.ffi import JsException, create_proxy, to_js

from ..core.errors import ConfigError
from ..core.waiting import refuse_blocking


class WebRunLocks:
    """Run locks in a page. Raises ConfigError where there are no Web Locks. name: the name of the run log."""

    def __init__(self, name: str) -> None:
        self._locks: Any = getattr(getattr(js, "navigator", None), "locks", None)
        if self._locks is None:
            raise ConfigError("this runtime has no Web Locks, so a durable run could be carried out twice; use durable=':memory:'")
        self._name = name
        self._channels: dict[str, Any] = {}

    @asynccontextmanager
    async def own(self, id: str, *, wait: bool) -> AsyncGenerator[bool]:
        refuse_blocking("a durable run in IndexedDB (durable=':memory:' keeps it in memory)")
        granted = asyncio.get_running_loop().create_future()
        release, given_up = js.Promise.withResolvers(), js.AbortController.new()

        def take(lock: Any) -> Any:
            if granted.done():
                return None
            granted.set_result(bool(lock))  # null, which is not None, where another tab owns the run
            return release.promise if lock else None

        holder = create_proxy(take)
        options = {"signal": given_up.signal} if wait else {"ifAvailable": True}
        held = self._locks.request(self._lane(id), to_js(options, dict_converter=js.Object.fromEntries), holder)
        try:
            yield await granted
        finally:
            if not granted.done() or granted.cancelled():
                given_up.abort()
            release.resolve(None)
            channel = self._channels.pop(id, None)
            if channel:
                channel.close()
            with suppress(JsException):
                await held
            holder.destroy()

    async def owned(self) -> set[str]:
        state = await self._locks.query()
        prefix = self._lane("")
        return {lock.name.removeprefix(prefix) for lock in state.held if lock.name.startswith(prefix)}

    def tell(self, id: str, message: str) -> None:
        if id not in self._channels:
            self._channels[id] = js.BroadcastChannel.new(self._lane(id))
        self._channels[id].postMessage(message)

    def listen(self, id: str, take: Callable[[str], object]) -> Callable[[], None]:
        channel = js.BroadcastChannel.new(self._lane(id))
        heard = create_proxy(lambda event: take(event.data))
        channel.onmessage = heard

        def leave() -> None:
            channel.onmessage = None
            channel.close()
            heard.destroy()

        return leave

    def _lane(self, id: str) -> str:
        return f"{self._name}/{id}"
