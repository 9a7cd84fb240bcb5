"""Authorization of requests to an MCP server: a token that the caller has, or tokens that OAuth obtains."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from ....core.errors import AuthError, ConfigError
from ....core.secrets import remember

type TokenSource = str | Callable[[], str | Awaitable[str]]

_TOKEN = re.compile(r"[!-~]+")


class Auth(Protocol):
    async def token(self) -> str | None:
        """Returns the token of the next request; None where there is none yet."""

    async def renew(self, status: int, challenge: str, refused: str | None) -> bool:
        """Replaces a token that the server refused with 401 or 403. Returns whether the request is worth another try.

        Args:
            challenge: The header www-authenticate of the refusal.
            refused: The token that the request carried.
        """


class Bearer:
    """A fixed token, or a function that returns a token for each request."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    async def token(self) -> str | None:
        given = self._source() if callable(self._source) else self._source
        return check_token(await given if inspect.isawaitable(given) else given, "the token function of an MCP server returned")

    async def renew(self, status: int, challenge: str, refused: str | None) -> bool:
        return callable(self._source) and await self.token() != refused

    def __repr__(self) -> str:
        return "Bearer(...)"


def read_auth(auth: Any) -> Auth | None:
    """Returns the Auth of an option. Raises ConfigError."""
    if auth is None or hasattr(auth, "renew"):
        return auth  # type: ignore[no-any-return]
    if callable(auth) or (isinstance(auth, str) and auth.strip()):
        return Bearer(auth)
    raise ConfigError("auth is a token, a function that returns a token, OAuth(...) or ClientCredentials(...)")


def check_token(token: Any, origin: str) -> str:
    """Returns a token that a header can carry, and remembers it as a secret. Raises AuthError, which does not show the token."""
    if isinstance(token, str) and _TOKEN.fullmatch(token.strip()):
        remember(token)
        return token.strip()
    raise AuthError(f"{origin} something that is no token: a token is ASCII text without spaces", code="token", provider="mcp")
