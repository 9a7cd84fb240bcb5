"""OAuth 2.1 for a person who logs in: the authorization code grant with PKCE.

https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
"""

from __future__ import annotations

import base64
import hashlib
import inspect
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from ....core.errors import AuthError, ConfigError
from ....core.secrets import remember
from .discovery import AuthorizationServer, Resource
from .tokens import Client, Tokens, register, secret_method

type Authorize = Callable[[str], str | Awaitable[str]]


class OAuth(Tokens):
    """Tokens for one MCP server that a person allows. They are kept in memory alone.

    Args:
        authorize: Shows the person an address (in a popup, a tab, a browser) and returns the address that the authorization server sent
            them back to, or only the `code` in it. The whole address is better: its state and issuer are checked.
        redirect_uri: Address that the authorization server sends people back to.
        client_id: Where the program is registered already. Without it the program registers itself (RFC 7591).
        client_secret: Secret of a registered program, if it has one.
        client_url: https address of the program's metadata, for servers that take one instead of a registration.
        client_name: Name under which the program registers itself.
        scope: Scopes to request where the server does not name any.
        issuer: The authorization server that client_id is registered with; another one is refused.

    Raises:
        ConfigError: An option cannot work.
    """

    def __init__(
        self,
        authorize: Authorize,
        *,
        redirect_uri: str,
        client_id: str | None = None,
        client_secret: str | None = None,
        client_url: str | None = None,
        client_name: str = "staysail",
        scope: str | None = None,
        issuer: str | None = None,
    ) -> None:
        super().__init__(scope=scope, issuer=issuer)
        remember(client_secret)
        if not callable(authorize):
            raise ConfigError("authorize is a function that takes an address and returns the one that the person came back to")
        if not isinstance(redirect_uri, str) or not re.match(r"[A-Za-z][\w+.-]*:", redirect_uri):
            raise ConfigError("redirect_uri is the whole address that the person comes back to")
        self._authorize, self._redirect_uri = authorize, redirect_uri
        self._client_url, self._client_name = client_url, client_name
        self._registered = (client_id, client_secret) if client_id else None

    async def _identify(self, server: AuthorizationServer) -> Client:
        same_server = self._server is not None and self._server.issuer == server.issuer
        if self._registered:
            if self._server and not same_server:
                why = f"the MCP server names another authorization server now, {server.issuer}, where client_id is not registered"
                raise AuthError(why, code="oauth", provider="mcp")
            id, secret = self._registered
            return Client(id, secret, secret_method(server) if secret else "none")
        if same_server and self._client:
            return self._client
        if self._client_url and server.takes_client_urls:
            return Client(self._client_url)
        return await register(self._transport, server, self._redirect_uri, self._client_name, self._scope)

    async def _grant(self, server: AuthorizationServer, client: Client, resource: Resource) -> Mapping[str, str]:
        if not server.authorize_url:
            raise AuthError(f"{server.issuer} names no authorization_endpoint", code="oauth", provider="mcp")
        if not server.has_pkce:
            raise AuthError(f"{server.issuer} does not offer PKCE with S256, which MCP needs", code="oauth", provider="mcp")
        if self._scopes and "offline_access" in server.scopes:
            self._scopes.add("offline_access")
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        parameters = {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": self._redirect_uri,
            "code_challenge": digest,
            "code_challenge_method": "S256",
            "state": state,
            "resource": resource.id,
        } | ({"scope": " ".join(sorted(self._scopes))} if self._scopes else {})
        joint = "&" if "?" in server.authorize_url else "?"
        with self._pause():
            given = self._authorize(f"{server.authorize_url}{joint}{urlencode(parameters)}")
            given = await given if inspect.isawaitable(given) else given
        code = _read_code(given, state, server)
        return {"grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect_uri, "code_verifier": verifier}


def _read_code(given: Any, state: str, server: AuthorizationServer) -> str:
    """Returns the code from the address that the person came back to, after checking its state and issuer (RFC 9207), or a bare code."""
    if not isinstance(given, str) or not given:
        raise AuthError("authorize gave nothing: it returns the address that the person came back to", code="oauth", provider="mcp")
    if "code=" not in given and "error=" not in given:
        if server.names_itself:
            why = "authorize gave a code alone, but the issuer is to be checked: return the whole address"
            raise AuthError(why, code="oauth", provider="mcp")
        return given
    try:
        parts = urlsplit(given)
    except ValueError:
        raise AuthError("authorize gave an address that cannot be read", code="oauth", provider="mcp") from None
    answer = {name: values[-1] for name, values in parse_qs(parts.query or parts.fragment).items()}
    if not secrets.compare_digest(answer.get("state", "").encode(), state.encode()):
        raise AuthError("the answer to authorize is not of this request (its state is another)", code="oauth", provider="mcp")
    if ("iss" in answer or server.names_itself) and answer.get("iss") != server.issuer:
        raise AuthError(f"the answer to authorize is not of {server.issuer}", code="oauth", provider="mcp")
    if "code" not in answer:
        reason = answer.get("error_description") or answer.get("error")
        raise AuthError(f"{server.issuer} refuses: {reason}", code="oauth", provider="mcp")
    return answer["code"]
