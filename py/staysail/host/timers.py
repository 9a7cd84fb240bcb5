"""Timers that end when they are cancelled, for Pyodide's event loop.

Why: the loop (Pyodide 314.0) gives every `call_later` a setTimeout of its own and leaves it running when the handle is cancelled. A time
limit of minutes, cancelled after milliseconds, then holds its callback's memory, and keeps Node from exiting, until it would have struck.
To be removed when the loop clears its timers itself.

How it works: handles wait in a heap, as in asyncio's own loops, and one setTimeout waits for the earliest that is not cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from heapq import heapify, heappop, heappush
from typing import Any

import js
from pyodide.ffi import create_proxy

MOST_IDLE_HANDLES = 64
LONGEST_DELAY_S = 86_400.0
"""setTimeout takes no more than 24.8 days; a longer wait is taken up again each day."""


def install(loop: Any) -> None:
    """Gives `loop` timers of this kind. A second call changes nothing."""
    if not isinstance(getattr(loop.call_later, "__self__", None), Timers):
        timers = Timers(loop, loop.call_later)
        loop.call_later, loop._timer_handle_cancelled = timers.call_later, timers.forget


class Timers:
    def __init__(self, loop: asyncio.AbstractEventLoop, call_now: Callable[..., Any]) -> None:
        self._loop, self._call_now = loop, call_now
        self._heap: list[asyncio.TimerHandle] = []
        self._live = 0
        self._wake = create_proxy(self._run)
        self._timer: Any = None
        self._timer_at = 0.0

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:
        if not 0 < delay < float("inf"):
            handle: asyncio.Handle = self._call_now(delay, callback, *args, context=context)
            return handle
        timer = asyncio.TimerHandle(self._loop.time() + delay, callback, args, self._loop, context)
        _schedule(timer, True)
        heappush(self._heap, timer)
        self._live += 1
        self._arm()
        return timer

    def forget(self, handle: Any) -> None:
        """Removes a cancelled handle, which may have run already."""
        if not handle._scheduled:
            return
        handle._scheduled = False
        self._live -= 1
        if not self._live:
            self._heap.clear()
            self._disarm()
        elif len(self._heap) > MOST_IDLE_HANDLES and self._live * 2 < len(self._heap):
            self._heap = [timer for timer in self._heap if not timer.cancelled()]
            heapify(self._heap)

    def _arm(self) -> None:
        while self._heap and self._heap[0].cancelled():
            heappop(self._heap)
        if not self._heap:
            return
        at = self._heap[0].when()
        if self._timer is not None and self._timer_at <= at:
            return
        self._disarm()
        self._timer_at = at
        self._timer = js.setTimeout(self._wake, min(max(at - self._loop.time(), 0.0), LONGEST_DELAY_S) * 1000)

    def _disarm(self) -> None:
        if self._timer is not None:
            js.clearTimeout(self._timer)
            self._timer = None

    def _run(self, *_: Any) -> None:
        self._timer = None
        now = self._loop.time() + 0.0005  # a browser's timer may strike a little early
        while self._heap and (self._heap[0].cancelled() or self._heap[0].when() <= now):
            timer = heappop(self._heap)
            if not timer.cancelled():
                _schedule(timer, False)
                self._live -= 1
                self._call_now(0, _run_unless_cancelled, timer)
        self._arm()


def _run_unless_cancelled(timer: asyncio.TimerHandle) -> None:
    if not timer.cancelled():
        timer._run()


def _schedule(timer: Any, waiting: bool) -> None:
    """Sets asyncio's own mark of a waiting handle."""
    timer._scheduled = waiting
