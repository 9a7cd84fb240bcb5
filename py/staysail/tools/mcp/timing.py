"""Time limits of whole calls, which stand still while a person or a function of the caller is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager

from ...core.errors import NetworkError
from ...core.ports import Clock
from ...core.waiting import blocking, timeout


class CallTimer:
    """Time limits of the calls of one connection. A call within a call keeps the outer one's limit.

    Attributes:
        paused_s: Seconds of all pauses that are over.
    """

    def __init__(self, host: str, clock: Clock) -> None:
        self._host, self._clock = host, clock
        self._running: dict[asyncio.Timeout, asyncio.AbstractEventLoop] = {}
        self._left_s: dict[asyncio.Timeout, float] = {}
        self._pauses = 0
        self._paused_at = 0.0
        self.paused_s = 0.0
        self._blocking_until: float | None = None

    @asynccontextmanager
    async def limit(self, seconds: float | None, what: str) -> AsyncGenerator[None]:
        """Raises NetworkError with code "timeout" once the block has taken longer than `seconds`, pauses not counted."""
        if seconds is None:
            yield
            return
        if blocking.get():
            self._blocking_until = self._clock.now() + seconds
            try:
                yield
            finally:
                self._blocking_until = None
            return
        limit: asyncio.Timeout | None = None
        try:
            async with timeout(seconds) as limit:
                assert limit is not None
                self._running[limit] = asyncio.get_running_loop()
                if self._pauses:
                    self._stop(limit)
                yield
        except TimeoutError as error:
            if limit and limit.expired():
                raise too_late(self._host, what, seconds) from error
            raise
        finally:
            if limit:
                self._running.pop(limit, None)
                self._left_s.pop(limit, None)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stops every limit until the block ends."""
        self._pauses += 1
        if self._pauses == 1:
            self._paused_at = self._clock.now()
            for limit in self._running:
                self._stop(limit)
        try:
            yield
        finally:
            self._pauses -= 1
            if not self._pauses:
                self.paused_s += self._clock.now() - self._paused_at
                for limit, left_s in self._left_s.items():
                    if not limit.expired():
                        limit.reschedule(self._running[limit].time() + left_s)
                self._left_s.clear()

    def check(self, what: str) -> None:
        """Raises NetworkError where there is no event loop to end a call that is late."""
        if self._blocking_until is not None and self._clock.now() > self._blocking_until:
            raise too_late(self._host, what, None)

    def _stop(self, limit: asyncio.Timeout) -> None:
        loop, when = self._running[limit], limit.when()
        if loop is asyncio.get_running_loop() and when is not None and not limit.expired():
            self._left_s[limit] = when - loop.time()
            limit.reschedule(None)


def too_late(host: str, what: str, seconds: float | None) -> NetworkError:
    within = "in time" if seconds is None else f"within {seconds:g} s"
    return NetworkError(
        f"{host} did not finish {what} {within}; raise timeout_s (in JavaScript timeoutMs) if it may take longer",
        code="timeout",
        provider="mcp",
    )
