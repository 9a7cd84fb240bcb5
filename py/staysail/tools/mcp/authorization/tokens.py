"""Tokens of one MCP server: requested when they are needed, refreshed before they expire, kept in memory alone."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import quote, urlencode

from ....core.errors import AuthError, ConfigError, ProviderError, error_for_status
from ....core.json_text import write_json
from ....core.locks import Lock
from ....core.ports import Clock, HttpRequest, Transport
from ....core.secrets import excerpt, remember
from ....core.value import Value
from ..reading import mapping, number, text
from .bearer import check_token
from .discovery import AuthorizationServer, Resource, find_authorization_server, find_resource, read_challenge
from .documents import JsonAnswer, send_json

EARLY_S = 30.0
LONGEST_LIFE_S = 10 * 365 * 86_400.0
SECRET_PARAMETERS = ("code", "code_verifier", "refresh_token", "assertion", "client_secret", "client_assertion")

type Pause = Callable[[], AbstractContextManager[None]]


class Client(Value):
    """This program as the authorization server knows it. method: the way to show the secret at the token endpoint."""

    id: str
    secret: str | None = None
    method: str = "none"

    def __repr__(self) -> str:
        return "Client(...)"


class Tokens(ABC):
    """Access token and refresh token of one MCP server, for a grant that a subclass knows.

    issuer: The authorization server that the client is registered with; None takes the one that the MCP server names first.
    """

    def __init__(self, *, scope: str | None, issuer: str | None) -> None:
        self._scope, self._issuer = scope, issuer
        self._url = ""
        self._resource: Resource | None = None
        self._server: AuthorizationServer | None = None
        self._client: Client | None = None
        self._token: str | None = None
        self._refresh: str | None = None
        self._expires_at: float | None = None
        self._refreshed_at: float | None = None
        self._scopes: set[str] = set()
        self._lock = Lock()
        self._pause: Pause = nullcontext

    def bind(self, url: str, transport: Transport, clock: Clock, pause: Pause = nullcontext) -> None:
        """Names the MCP server that the tokens are for. Raises ConfigError for a second server: tokens are not passed around.

        Args:
            pause: Stops the time limits of calls while a person logs in.
        """
        if self._url and self._url != url:
            raise ConfigError(f"each MCP server needs {type(self).__name__}(...) of its own")
        self._url, self._transport, self._clock, self._pause = url, transport, clock, pause

    async def token(self) -> str | None:
        if self._is_expiring() and self._refresh:
            async with self._lock:
                if self._is_expiring():
                    await self._refresh_early()
        return self._token

    async def renew(self, status: int, challenge: str, refused: str | None) -> bool:
        """Raises AuthError, ConfigError, NetworkError, and what a function of the caller raises."""
        async with self._lock:
            if self._token is not None and self._token != refused:
                return True  # another call has renewed it meanwhile
            fresh = self._refreshed_at is not None and self._clock.now() < self._refreshed_at + EARLY_S
            if status != 401 or fresh or not await self._refresh_token():
                await self._obtain(read_challenge(challenge))
            return True

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'with' if self._token else 'without'} a token)"

    @abstractmethod
    async def _identify(self, server: AuthorizationServer) -> Client:
        """Returns the client to use with the authorization server."""

    @abstractmethod
    async def _grant(self, server: AuthorizationServer, client: Client, resource: Resource) -> Mapping[str, str]:
        """Returns the parameters of the token request."""

    async def _authenticate(self, server: AuthorizationServer, client: Client) -> tuple[dict[str, str], dict[str, str]]:
        """Returns the headers and parameters that show who the client is."""
        if client.method == "client_secret_basic" and client.secret:
            pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
            return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}, {}
        return {}, {"client_id": client.id} | ({"client_secret": client.secret} if client.secret else {})

    async def _obtain(self, challenge: Mapping[str, str]) -> None:
        """Finds the authorization server and requests tokens from it."""
        resource = await find_resource(self._transport, self._url, challenge)
        if self._issuer and resource.issuer.rstrip("/") != self._issuer.rstrip("/"):
            why = f"the MCP server names the authorization server {resource.issuer}, and not {self._issuer}, which issuer= names"
            raise AuthError(why, code="oauth", provider="mcp")
        server = await find_authorization_server(self._transport, resource)
        client = await self._identify(server)
        self._resource, self._server, self._client = resource, server, client
        self._refresh = None
        self._scopes |= set((challenge.get("scope") or self._scope or " ".join(resource.scopes or ())).split())
        grant = await self._grant(server, client, resource)
        await self._request({**grant, "resource": resource.id})

    def _is_expiring(self) -> bool:
        return self._expires_at is not None and self._clock.now() > self._expires_at - EARLY_S

    async def _refresh_early(self) -> None:
        try:
            await self._refresh_token()
        except ProviderError:
            if self._expires_at is not None and self._clock.now() >= self._expires_at:
                raise  # else the token is still good for some seconds

    async def _refresh_token(self) -> bool:
        """Requests new tokens with the refresh token. Returns False where there is none, or it is no longer accepted."""
        refresh = self._refresh
        if not (refresh and self._resource):
            return False
        try:
            await self._request({"grant_type": "refresh_token", "refresh_token": refresh, "resource": self._resource.id})
        except AuthError as error:
            if error.retryable:
                raise
            self._token, self._refresh, self._expires_at = None, None, None
            return False
        self._refreshed_at = self._clock.now()
        return True

    async def _request(self, grant: Mapping[str, str]) -> None:
        server, client = self._server, self._client
        assert server is not None
        assert client is not None
        headers, shown = await self._authenticate(server, client)
        headers |= {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        sent = {**grant, **shown}
        remember(*(sent.get(name) for name in SECRET_PARAMETERS))
        answer = await send_json(self._transport, post(server.token_url, headers, urlencode(sent)))
        body = mapping(answer.body)
        if answer.status != 200 or "access_token" not in body:
            raise refusal(answer, f"{server.issuer} gives no token")
        if (text(body.get("token_type")) or "bearer").lower() != "bearer":
            raise AuthError(f"{server.issuer} gives a token of a kind that MCP does not have", code="oauth", provider="mcp")
        self._token = check_token(body["access_token"], f"{server.issuer} gave")
        self._refresh = text(body.get("refresh_token")) or grant.get("refresh_token")
        remember(self._refresh)
        life_s = number(body.get("expires_in"))
        self._expires_at = None if life_s is None else self._clock.now() + min(max(life_s, 0.0), LONGEST_LIFE_S)
        self._scopes |= set((text(body.get("scope")) or "").split())


def post(url: str, headers: Mapping[str, str], body: str) -> HttpRequest:
    return HttpRequest("POST", url, headers, body.encode(), redirects="return")


async def register(transport: Transport, server: AuthorizationServer, redirect_uri: str, name: str, scope: str | None) -> Client:
    """Registers this program with an authorization server (RFC 7591). Raises ConfigError where the server does not take registrations."""
    if not server.register_url:
        raise ConfigError(f"{server.issuer} does not let programs register themselves: give OAuth a client_id from it")
    methods = [method for method in ("none", "client_secret_post", "client_secret_basic") if method in server.auth_methods]
    method = methods[0] if methods else "none"
    described = {
        "client_name": name,
        "redirect_uris": [redirect_uri],
        "application_type": "web" if redirect_uri.startswith("https:") else "native",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
    } | ({"scope": scope} if scope else {})
    headers = {"content-type": "application/json", "accept": "application/json"}
    answer = await send_json(transport, post(server.register_url, headers, write_json(described)))
    body = mapping(answer.body)
    id, secret = text(body.get("client_id")), text(body.get("client_secret"))
    remember(secret)
    if answer.status not in (200, 201) or not id:
        raise refusal(answer, f"{server.issuer} does not register this program")
    return Client(id, secret, text(body.get("token_endpoint_auth_method")) or method)


def secret_method(server: AuthorizationServer) -> str:
    """Returns the way in which a registered client shows its secret. `client_secret_basic` is what RFC 8414 assumes."""
    takes_post = "client_secret_post" in server.auth_methods and "client_secret_basic" not in server.auth_methods
    return "client_secret_post" if takes_post else "client_secret_basic"


def refusal(answer: JsonAnswer, what: str) -> AuthError:
    """Returns the error for an answer that refuses."""
    body = mapping(answer.body)
    why = text(body.get("error_description")) or text(body.get("error")) or f"it answered {answer.status}"
    error = error_for_status(answer.status, "", provider="mcp")
    return AuthError(f"{what}: {excerpt(why, 500)}", code="oauth", status=answer.status, provider="mcp", retryable=error.retryable)
