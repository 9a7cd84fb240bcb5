"""Waiting from code that is not async, on CPython: on an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any


def run_sync[T](work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Waits for `work()`: in this thread, or, when a loop is already running here, in another."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(copy_context().run, lambda: asyncio.run(work())).result()
