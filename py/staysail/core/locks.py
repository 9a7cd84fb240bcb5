"""Locks for objects that several event loops and threads share; asyncio's own belong to the loop that first waits for them.

How it works. State changes under a thread's lock, which is held for a few instructions. A waiter is a future of its own loop, which the
releasing thread completes through that loop. The lock passes straight to the waiter that came first, so nobody overtakes it.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from types import TracebackType


class _Waiter:
    """A task that waits for the lock. owns: the lock was passed to it."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[None] = self.loop.create_future()
        self.owns = False

    def wake(self) -> None:
        """Wakes the task. Raises RuntimeError if its loop is closed."""
        self.loop.call_soon_threadsafe(self._complete)

    def _complete(self) -> None:
        if not self.future.done():
            self.future.set_result(None)


class Lock:
    """A mutex for tasks of any event loop and thread, first come, first served."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._waiters: deque[_Waiter] = deque()

    def locked(self) -> bool:
        return self._held

    def acquire_nowait(self) -> bool:
        """Takes the lock if it is free. Returns whether it did."""
        with self._guard:
            if self._held:
                return False
            self._held = True
            return True

    async def acquire(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            waiter = _Waiter()
            self._waiters.append(waiter)
        try:
            await waiter.future
        except BaseException:
            with self._guard:
                owns = waiter.owns
                if not owns:
                    self._waiters.remove(waiter)
            if owns:
                self.release()
            raise

    def release(self) -> None:
        with self._guard:
            while self._waiters:
                waiter = self._waiters.popleft()
                waiter.owns = True
                try:
                    waiter.wake()
                except RuntimeError:  # its loop is closed, and the task with it
                    continue
                return
            self._held = False

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


class LoopLock:
    """Admits the tasks of one event loop together, and those of another loop after they have left.

    It guards an object whose tasks can share it on one loop, where nothing else runs between two awaits, but not with another thread.
    A task that is inside may enter again. With a single loop it costs one comparison.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._inside = 0
        self._waiting = 0

    @asynccontextmanager
    async def enter(self) -> AsyncGenerator[None]:
        place = self, asyncio.get_running_loop()
        before = _entered.get()
        if place in before:
            yield
            return
        await self._join(place[1])
        _entered.set((*before, place))
        try:
            yield
        finally:
            _entered.set(before)
            self._leave()

    async def _join(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._guard:
            if self._loop is loop and not self._waiting:
                self._inside += 1
                return
            self._waiting += 1
        try:
            await self._lock.acquire()
        finally:
            with self._guard:
                self._waiting -= 1
        with self._guard:
            self._loop, self._inside = loop, 1

    def _leave(self) -> None:
        with self._guard:
            self._inside -= 1
            if self._inside:
                return
            self._loop = None
        self._lock.release()


_entered: ContextVar[tuple[tuple[LoopLock, asyncio.AbstractEventLoop], ...]] = ContextVar("staysail_entered_locks", default=())
