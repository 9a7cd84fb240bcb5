"""Waiting from code that is not async, on CPython: on an event loop of its own."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from concurrent.futures import Future, wait
from contextlib import aclosing, suppress
from contextvars import copy_context
from threading import Thread
from typing import Any

LOOK_S = 0.1
"""Seconds between two looks at whether the caller's task was cancelled, which `asyncio.run` does on Ctrl-C in place of raising."""


def run_sync[T](work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Waits for `work()` in this thread, or in another thread when a loop is running in this one. Ctrl-C cancels the work at once, also
    where the running loop takes it to cancel the task of the caller, as `asyncio.run` does."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    is_cancelled = _cancellation_of_caller()
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
        while not wait([done], LOOK_S).done and not is_cancelled():
            pass
        if not done.done():
            _cancel(*started.result())
        return done.result()
    except BaseException:
        if not done.done():  # this thread was interrupted while the work continues
            _cancel(*started.result())
            thread.join()
        raise


def _cancel(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
    """Cancels a task of another thread's loop."""
    with suppress(RuntimeError):  # the loop is closed: the work has just ended
        loop.call_soon_threadsafe(task.cancel)


def _cancellation_of_caller() -> Callable[[], bool]:
    """Returns a function that says whether the task which calls now, if a task does, was cancelled since."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    if task is None:
        return lambda: False
    before = task.cancelling()
    return lambda: task.cancelling() > before


def iterate_sync[T](work: Callable[[], AsyncGenerator[T]]) -> Generator[T]:
    """Yields the values of `work()`, which runs in a thread with an event loop of its own. Closing the generator, or Ctrl-C, cancels the
    work and waits until it has ended."""
    is_cancelled = _cancellation_of_caller()
    news: queue.SimpleQueue[tuple[T] | BaseException | None] = queue.SimpleQueue()
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
    ended = told = False
    try:
        while True:
            if is_cancelled() and not told:
                told = True
                _cancel(loop, task)
            try:
                item = news.get(timeout=LOOK_S)
            except queue.Empty:
                continue
            if item is None:
                break
            if isinstance(item, BaseException):
                ended = True
                raise item
            yield item[0]
        ended = True
    finally:
        if not ended:
            _cancel(loop, task)
        thread.join()
