"""Waiting from code that is not async, on CPython: on an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from concurrent.futures import Future
from contextlib import aclosing, suppress
from contextvars import copy_context
from queue import SimpleQueue
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


def iterate_sync[T](work: Callable[[], AsyncGenerator[T]]) -> Generator[T]:
    """Yields the values of `work()`, which runs in a thread with an event loop of its own. Closing the generator, or Ctrl-C, cancels the
    work and waits until it has ended."""
    news: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = Future()

    async def pump() -> None:
        task = asyncio.current_task()
        assert task is not None
        started.set_result((asyncio.get_running_loop(), task))
        async with aclosing(work()) as values:
            async for value in values:
                news.put((value,))

    def run() -> None:
        try:
            asyncio.run(pump())
        except BaseException as error:  # noqa: BLE001  raised in the caller's thread
            news.put(error)
        else:
            news.put(None)

    thread = Thread(target=copy_context().run, args=(run,), name="staysail stream_sync", daemon=True)
    thread.start()
    loop, task = started.result()
    ended = False
    try:
        while (item := news.get()) is not None:
            if isinstance(item, BaseException):
                ended = True
                raise item
            yield item[0]
        ended = True
    finally:
        if not ended:
            with suppress(RuntimeError):  # the loop is closed: the work has just ended
                loop.call_soon_threadsafe(task.cancel)
        thread.join()
