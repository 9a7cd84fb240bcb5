"""Waiting from code that is not async, on CPython: on an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextvars import copy_context
from threading import Thread
from typing import Any


def run_sync[T](work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Waits for `work()` in this thread, or in another thread when a loop is running in this one. Ctrl-C cancels the work at once."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = Future()
    done: Future[T] = Future()

    async def begin() -> T:
        task = asyncio.current_task()
        assert task is not None
        started.set_result((asyncio.get_running_loop(), task))
        return await work()

    def run() -> None:
        try:
            done.set_result(asyncio.run(begin()))
        except BaseException as error:  # noqa: BLE001  raised in the caller's thread
            done.set_exception(error)

    thread = Thread(target=copy_context().run, args=(run,), name="staysail prompt_sync", daemon=True)
    thread.start()
    try:
        return done.result()
    except BaseException:
        if not done.done():  # this thread was interrupted while the work continues
            loop, task = started.result()
            loop.call_soon_threadsafe(task.cancel)
            thread.join()
        raise
