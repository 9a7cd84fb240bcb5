"""OAuth 2.1 as MCP has it: the authorization code grant with PKCE, for a client that keeps nothing but in memory.

https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import inspect
import json
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from ...core.errors import AuthError, ConfigError, error_for_status, redact
from ...core.ports import Clock, HttpRequest, Transport
from ...core.value import Value
from .discovery import AuthorizationServer, Resource, find_authorization_server, find_resource, read_challenge, send_json

EARLY_S = 30.0

type Authorize = Callable[[str], str | Awaitable[str]]


class Client(Value):
    """As the authorization server knows this program. method: how it shows its secret."""

    id: str
    secret: str | None = None
    method: str = "none"

    def __repr__(self) -> str:
        return "Client(...)"


class OAuth:
    """Tokens for one MCP server, got and renewed when they are needed; they are kept in memory alone.

    authorize: takes an address to show the user (a popup, a tab, a browser), and gives the address that it came back to at redirect_uri,
    or only the `code` in it. The whole address is better: its state and issuer are checked. client_id, client_secret: where the program is
    registered already; client_url: the https address of its metadata, for servers that take one instead; else it registers itself
    (RFC 7591) as client_name. scope: what to ask for, where the server does not say. Raises ConfigError.
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
    ) -> None:
        if not callable(authorize):
            raise ConfigError("authorize is a function that takes an address and gives the one that it came back to")
        if not urlsplit(redirect_uri).scheme:
            raise ConfigError("redirect_uri is the whole address that the user comes back to")
        self._authorize, self._redirect_uri = authorize, redirect_uri
        self._client_url, self._client_name, self._scope = client_url, client_name, scope
        method = "client_secret_post" if client_secret else "none"
        self._client = Client(client_id, client_secret, method) if client_id else None
        self._url = ""
        self._resource: Resource | None = None
        self._server: AuthorizationServer | None = None
        self._token: str | None = None
        self._refresh: str | None = None
        self._expires_at: float | None = None
        self._scopes: set[str] = set()
        self._lock = asyncio.Lock()

    def bind(self, url: str, transport: Transport, clock: Clock) -> None:
        """The server that the tokens are for. Raises ConfigError for a second one: tokens are not passed around."""
        if self._url and self._url != url:
            raise ConfigError("each MCP server needs an OAuth of its own")
        self._url, self._transport, self._clock = url, transport, clock

    async def token(self) -> str | None:
        if self._expires_at is not None and self._clock.now() > self._expires_at - EARLY_S and self._refresh:
            async with self._lock:
                if self._expires_at is not None and self._clock.now() > self._expires_at - EARLY_S:
                    await self._renew_quietly()
        return self._token

    async def renew(self, status: int, challenge: str, refused: str | None) -> bool:
        """Raises AuthError, and what `authorize` does."""
        async with self._lock:
            if self._token is not None and self._token != refused:
                return True  # another call has got one meanwhile
            if status == 401 and await self._renew_quietly():
                return True
            await self._ask_user(read_challenge(challenge))
            return True

    def secrets(self) -> Iterable[str]:
        return filter(None, (self._token, self._refresh, self._client.secret if self._client else None))

    def __repr__(self) -> str:
        return f"OAuth({'with' if self._token else 'without'} a token)"

    async def _renew_quietly(self) -> bool:
        """By the refresh token, if there is one and it is still good."""
        refresh, self._refresh = self._refresh, None
        self._token, self._expires_at = None, None
        if not (refresh and self._resource):
            return False
        try:
            await self._get_token({"grant_type": "refresh_token", "refresh_token": refresh, "resource": self._resource.id}, refresh)
        except AuthError:
            return False
        return True

    async def _ask_user(self, challenge: dict[str, str]) -> None:
        resource = await find_resource(self._transport, self._url, challenge)
        server = await find_authorization_server(self._transport, resource)
        if self._server and server.issuer != self._server.issuer:
            raise AuthError("the MCP server has another authorization server now; make another OAuth", code="oauth", provider="mcp")
        self._resource, self._server = resource, server
        client = self._client = self._client or await self._register(server)
        wanted = challenge.get("scope") or self._scope or " ".join(resource.scopes or ())
        self._scopes |= set(wanted.split())
        if self._scopes and "offline_access" in server.scopes:
            self._scopes.add("offline_access")
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": self._redirect_uri,
            "code_challenge": digest,
            "code_challenge_method": "S256",
            "state": state,
            "resource": resource.id,
        } | ({"scope": " ".join(sorted(self._scopes))} if self._scopes else {})
        joint = "&" if "?" in server.authorize_url else "?"
        given = self._authorize(f"{server.authorize_url}{joint}{urlencode(asked)}")
        code = _read_code(await given if inspect.isawaitable(given) else given, state, server)
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect_uri, "code_verifier": verifier}
        await self._get_token(grant | {"resource": resource.id}, code, verifier)

    async def _register(self, server: AuthorizationServer) -> Client:
        if self._client_url and server.takes_client_urls:
            return Client(self._client_url)
        if not server.register_url:
            raise ConfigError(f"{server.issuer} does not let programs register themselves: give OAuth a client_id from it")
        methods = [method for method in ("none", "client_secret_post", "client_secret_basic") if method in server.auth_methods]
        asked = {
            "client_name": self._client_name,
            "redirect_uris": [self._redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": methods[0] if methods else "none",
        } | ({"scope": self._scope} if self._scope else {})
        headers = {"content-type": "application/json", "accept": "application/json"}
        status, told = await send_json(self._transport, _post(server.register_url, headers, json.dumps(asked)))
        if status not in (200, 201) or not isinstance(told, dict) or not isinstance(told.get("client_id"), str):
            raise _refusal(status, told, f"{server.issuer} does not register this program")
        method = told.get("token_endpoint_auth_method") or asked["token_endpoint_auth_method"]
        return Client(told["client_id"], told.get("client_secret"), str(method))

    async def _get_token(self, grant: dict[str, str], *hidden: str) -> None:
        server, client = self._server, self._client
        assert server is not None
        assert client is not None
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if client.method == "client_secret_basic" and client.secret:
            pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            grant = {**grant, "client_id": client.id} | ({"client_secret": client.secret} if client.secret else {})
        status, told = await send_json(self._transport, _post(server.token_url, headers, urlencode(grant)))
        if status != 200 or not isinstance(told, dict) or not isinstance(told.get("access_token"), str):
            raise _refusal(status, redact(told, (*hidden, client.secret or "")), f"{server.issuer} gives no token")
        if str(told.get("token_type", "bearer")).lower() != "bearer":
            raise AuthError(f"{server.issuer} gives a token of a kind that MCP does not have", code="oauth", provider="mcp")
        self._token = told["access_token"]
        self._refresh = told.get("refresh_token") or grant.get("refresh_token")
        lasts_s = told.get("expires_in")
        self._expires_at = self._clock.now() + float(lasts_s) if isinstance(lasts_s, int | float) else None
        if isinstance(told.get("scope"), str):
            self._scopes |= set(told["scope"].split())


def _post(url: str, headers: dict[str, str], body: str) -> HttpRequest:
    return HttpRequest("POST", url, headers, body.encode(), redirects="return")


def _read_code(given: Any, state: str, server: AuthorizationServer) -> str:
    """The code, from the address that the user came back to (state and issuer as RFC 9207 has it), or alone. Raises AuthError."""
    if not isinstance(given, str) or not given:
        raise AuthError("authorize gave nothing: it gives the address that the user came back to", code="oauth", provider="mcp")
    if "code=" not in given and "error=" not in given:
        if server.names_itself:
            why = "authorize gave a code alone, but the issuer is to be checked: give the whole address"
            raise AuthError(why, code="oauth", provider="mcp")
        return given
    told = {name: values[-1] for name, values in parse_qs(urlsplit(given).query or given.partition("#")[2]).items()}
    if told.get("state") != state:
        raise AuthError("the answer to authorize is not of this request (its state is another)", code="oauth", provider="mcp")
    if ("iss" in told or server.names_itself) and told.get("iss") != server.issuer:
        raise AuthError(f"the answer to authorize is not of {server.issuer}", code="oauth", provider="mcp")
    if "code" not in told:
        reason = told.get("error_description") or told.get("error")
        raise AuthError(f"{server.issuer} refuses: {reason}", code="oauth", provider="mcp")
    return told["code"]


def _refusal(status: int, told: Any, what: str) -> AuthError:
    body = told if isinstance(told, dict) else {}
    why = body.get("error_description") or body.get("error") or f"it answered {status}"
    error = error_for_status(status, "", provider="mcp")
    return AuthError(f"{what}: {why}", code="oauth", status=status, provider="mcp", retryable=error.retryable)
