"""A lock that holds in every tab and worker of an origin, through Web Locks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import js
from pyodide.ffi import create_proxy

from ..core.waiting import refuse_blocking


@asynccontextmanager
async def hold(name: str) -> AsyncGenerator[None]:
    """Waits for the lock of this name. Where there are no Web Locks, as in Node, it holds nothing off."""
    refuse_blocking("a lock that other tabs may hold")
    locks = getattr(getattr(js, "navigator", None), "locks", None)
    if locks is None:
        yield
        return
    granted = asyncio.get_running_loop().create_future()
    release = js.Promise.withResolvers()

    def take(_: Any) -> Any:
        if not granted.done():
            granted.set_result(None)
        return release.promise

    holder = create_proxy(take)
    held = locks.request(name, holder)
    try:
        await granted
        yield
    finally:
        release.resolve(None)
        await held
        holder.destroy()
