"""The retries of failed model calls."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

from .errors import ConfigError, ProviderError
from .value import Value


class Retry(Value):
    """When a failed model call is repeated.

    The n-th delay is drawn from [d/2, d] with d = base_s * 2**(n-1), at most max_s (jitter, so that clients do not return together).
    A delay that the provider asks for is used instead, unless it is longer than patience_s: then the error is raised at once, with
    the delay in its `retry_after_s`.

    Attributes:
        attempts: Calls in all, so 1 means no retry.
        base_s: The first delay in seconds.
        max_s: The longest delay in seconds.
        patience_s: The longest delay that a provider may ask for.
    """

    attempts: int = 4
    base_s: float = 0.5
    max_s: float = 30.0
    patience_s: float = 120.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ConfigError(f"Retry.attempts counts the first call too, so it is at least 1, got {self.attempts}")

    def delay_s(self, attempt: int, error: ProviderError) -> float | None:
        """Returns the seconds to wait after the `attempt`-th call (from 1) failed with `error`; None when it is not to be repeated."""
        if not error.retryable or attempt >= self.attempts:
            return None
        if error.retry_after_s is not None:
            return error.retry_after_s if error.retry_after_s <= self.patience_s else None
        ceiling = min(self.max_s, self.base_s * 2 ** (attempt - 1))
        return random.uniform(ceiling / 2, ceiling)  # noqa: S311  jitter, no secret

    @classmethod
    def of(cls, value: Retry | int | bool | None) -> Retry:
        """Returns the Retry for an option: None for the default, a number for that many calls in all, False for one call."""
        if isinstance(value, Retry):
            return value
        if value is None or value is True:
            return cls()
        return cls(attempts=max(1, int(value)))


async def repeat_failed[T](call: Callable[[], Awaitable[T]], retry: Retry, sleep: Callable[[float], Awaitable[None]]) -> T:
    """Returns what the call returns; repeats it after each ProviderError as `retry` says. Raises the last error."""
    attempt = 1
    while True:
        try:
            return await call()
        except ProviderError as error:
            delay_s = retry.delay_s(attempt, error)
            if delay_s is None:
                raise
            attempt += 1
            await sleep(delay_s)
