"""The time that the calls of a session take. Concurrent calls count each: n calls at once use up a limit n times as fast.

How it works. A session's clock adds up the seconds of all running calls. Whenever a call begins or ends, the deadlines of the others
move: the remaining time is shared among the running calls.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence


class WorkClock:
    """The clock of one session. limit_s: None for no limit."""

    def __init__(self, limit_s: float | None) -> None:
        self.limit_s = limit_s
        self.running: set[Work] = set()
        self._used_s, self._at = 0.0, time.monotonic()

    @property
    def used_s(self) -> float:
        """Seconds of work so far, including calls that still run."""
        return self._used_s + len(self.running) * (time.monotonic() - self._at)

    @property
    def left_s(self) -> float | None:
        return None if self.limit_s is None else max(0.0, self.limit_s - self.used_s)

    def add(self, seconds: float) -> None:
        self._used_s += seconds

    def start(self, work: Work) -> None:
        self._settle()
        self.running.add(work)

    def stop(self, work: Work) -> None:
        self._settle()
        self.running.discard(work)

    def _settle(self) -> None:
        self._used_s, self._at = self.used_s, time.monotonic()


class Work:
    """A running call, which uses time of some sessions' clocks."""

    _guard = threading.Lock()

    def __init__(self, clocks: Sequence[WorkClock]) -> None:
        self._clocks = clocks
        self._limit: asyncio.Timeout | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        with self._guard:
            for clock in clocks:
                clock.start(self)
        self._move_all()

    def keep_within(self, limit: asyncio.Timeout | None) -> None:
        """Makes a timeout follow the remaining time of the sessions."""
        if limit is not None:
            self._limit, self._loop = limit, asyncio.get_running_loop()
            self._move()

    @property
    def left_s(self) -> float | None:
        """Seconds until the time is used up, if no call begins or ends meanwhile; None for no limit."""
        left = [clock.left_s / max(1, len(clock.running)) for clock in self._clocks if clock.left_s is not None]
        return min(left, default=None)

    def end(self) -> None:
        self._limit = None
        with self._guard:
            for clock in self._clocks:
                clock.stop(self)
        self._move_all()

    def _move_all(self) -> None:
        with self._guard:
            others = {work for clock in self._clocks if clock.limit_s is not None for work in clock.running if work._loop}
        here = asyncio.get_running_loop() if others else None
        for work in others:
            if work._loop is here:
                work._move()
            elif work._loop and not work._loop.is_closed():
                work._loop.call_soon_threadsafe(work._move)

    def _move(self) -> None:
        left_s = self.left_s
        if self._limit is not None and self._loop is not None and left_s is not None and not self._limit.expired():
            self._limit.reschedule(self._loop.time() + left_s)
