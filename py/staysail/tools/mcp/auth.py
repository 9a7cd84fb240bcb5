"""How a request to an MCP server is allowed: a token that the caller has, or one that OAuth gives."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from ...core.errors import ConfigError

type TokenSource = str | Callable[[], str | Awaitable[str]]


class Auth(Protocol):
    async def token(self) -> str | None:
        """For the next request; None where there is none yet."""

    async def renew(self, status: int, challenge: str, refused: str | None) -> bool:
        """After a 401 or 403. challenge: the header www-authenticate. refused: the token that was sent. Whether another try makes sense."""

    def secrets(self) -> Iterable[str]:
        """What no error may tell."""


class Bearer:
    """A token, or a function that gives one for each request."""

    def __init__(self, source: TokenSource) -> None:
        self._source, self._last = source, ""

    async def token(self) -> str | None:
        given = self._source() if callable(self._source) else self._source
        self._last = await given if inspect.isawaitable(given) else given
        return self._last

    async def renew(self, status: int, challenge: str, refused: str | None) -> bool:
        """A function may have another by now."""
        return callable(self._source) and await self.token() != refused

    def secrets(self) -> Iterable[str]:
        return (self._last,)

    def __repr__(self) -> str:
        return "Bearer(...)"


def read_auth(auth: Any) -> Auth | None:
    """Raises ConfigError."""
    if auth is None or hasattr(auth, "renew"):
        return auth  # type: ignore[no-any-return]
    if callable(auth) or (isinstance(auth, str) and auth.strip()):
        return Bearer(auth)
    raise ConfigError("auth is a token, a function that gives one, or OAuth(...)")
