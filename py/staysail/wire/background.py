"""Waits for answers that a provider works on in the background.

OpenAI's `background: true` answers at once with the status "queued": https://platform.openai.com/docs/guides/background
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, runtime_checkable

from ..core.errors import NetworkError, ServerError
from ..core.waiting import SystemClock

FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 5.0
MOST_FAILURES = 3
"""Most failed requests in a row. The provider works on meanwhile, and the answer is paid for, so a few failures are tolerated."""


@runtime_checkable
class BackgroundWire(Protocol):
    """A format with answers in the background."""

    def unfinished(self, body: dict[str, Any]) -> str | None:
        """Returns the path of an answer that is not finished; None for a finished one."""


async def wait_until_finished(body: Any, wire: object, fetch: Callable[[str], Awaitable[Any]], total_s: float | None) -> Any:
    """Returns the body of the answer once it is finished. Raises ProviderError, also where it takes longer than `total_s` seconds.

    Args:
        fetch: Returns the JSON at a path of the provider.
    """
    clock, delay_s, failures = SystemClock(), FIRST_DELAY_S, 0
    ends_at = None if total_s is None else time.monotonic() + total_s
    while isinstance(wire, BackgroundWire) and isinstance(body, dict) and (path := wire.unfinished(body)):
        if ends_at is not None and time.monotonic() + delay_s > ends_at:
            raise NetworkError(f"the answer {body.get('id')} was not finished in time; the provider goes on with it", code="timeout")
        await clock.sleep(delay_s)
        delay_s = min(LONGEST_DELAY_S, delay_s * 1.5)
        try:
            body, failures = await fetch(path), 0
        except (NetworkError, ServerError):
            failures += 1
            if failures > MOST_FAILURES:
                raise
    return body
