"""Limits of what one MCP server may send, so that a hostile or broken one costs bounded time and memory."""

from __future__ import annotations

from ...core.errors import ConfigError, StreamError
from ...core.ports import Clock
from ...core.value import Value

PERIOD_S = 60.0
SPELLINGS = {"message_bytes": "messageBytes", "response_bytes": "responseBytes"}


class McpLimits(Value):
    """Most of what a server may send. Above a limit the call ends with a StreamError that names it.

    Attributes:
        message_bytes: One JSON answer, or one event of a stream.
        response_bytes: Everything in answer to one request, or to the requests for the pages of one list, keep-alive comments and resumed
            streams included.
        messages: Messages in answer to one request or list; of messages that answer no request, within a minute.
        requests: The server's own requests (pings, elicitations, sampling) in answer to one request; else within a minute.
        pages: Pages of one list.
        items: Tools, resources or prompts of one list.
        resumes: Times that a stream is resumed in one call.
    """

    message_bytes: int = 16 << 20
    response_bytes: int = 64 << 20
    messages: int = 10_000
    requests: int = 100
    pages: int = 1000
    items: int = 10_000
    resumes: int = 100

    def __post_init__(self) -> None:
        for name in type(self).__match_args__:
            limit = getattr(self, name)
            if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
                raise ConfigError(f"{name} of McpLimits is a whole number from 1 on, not {limit!r}")


class Meter:
    """Counts what a server sends in answer to one request, or with a clock within a minute."""

    def __init__(self, limits: McpLimits, host: str, what: str, clock: Clock | None = None) -> None:
        self._limits, self._host, self._what, self._clock = limits, host, what, clock
        self._begin()

    def count(self, limit: str, amount: int = 1) -> None:
        """Adds to what is counted under the name of a limit. Raises StreamError above it."""
        if self._clock and self._clock.now() > self._began_at + PERIOD_S:
            self._begin()
        self._counts[limit] = self._counts.get(limit, 0) + amount
        self.check(limit, self._counts[limit])

    def check(self, limit: str, amount: int) -> None:
        """Raises StreamError where an amount is above a limit."""
        if amount > self.most(limit):
            raise self.exceeded(limit)

    def most(self, limit: str) -> int:
        most: int = getattr(self._limits, limit)
        return most

    def exceeded(self, limit: str) -> StreamError:
        """Returns the error for more than a limit allows."""
        return StreamError(
            f"{self._host} sent more than {self.most(limit)} {limit.replace('_', ' ')} in answer to {self._what}; "
            f"raise {limit} of McpLimits (in JavaScript {SPELLINGS.get(limit, limit)} of limits) if that is expected",
            code="limit",
            provider="mcp",
        )

    def _begin(self) -> None:
        self._counts: dict[str, int] = {}
        self._began_at = self._clock.now() if self._clock else 0.0
