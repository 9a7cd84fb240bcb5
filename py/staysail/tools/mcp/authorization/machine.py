"""OAuth 2.1 for a program that acts for itself, with nobody to log in.

https://github.com/modelcontextprotocol/ext-auth (client credentials, enterprise-managed authorization); RFC 7523 has the assertions.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlencode

from ....core.defaults import default_transport
from ....core.errors import AuthError, ConfigError
from ....core.secrets import remember
from ..reading import mapping, text
from .discovery import AuthorizationServer, Resource
from .documents import send_json
from .tokens import Client, Tokens, post, refusal, secret_method

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

type Sign = Callable[[str], str | Awaitable[str]]
type Assert = Callable[[str, str], str | Awaitable[str]]


class ClientCredentials(Tokens):
    """Tokens for one MCP server that a program gets in its own name.

    Args:
        client_id: The program's id at the authorization server.
        client_secret: Its secret, where it has one.
        sign: Returns a signed JWT that proves who the program is, for an audience (the issuer). Instead of a secret.
        assertion: Returns a JWT that is exchanged for a token, for an issuer and a resource: of a workload identity, or from
            `identity_assertion`. Without it the program's own credentials are exchanged.
        scope: Scopes to request where the server does not name any.
        issuer: The authorization server that client_id is registered with; another one is refused.

    Raises:
        ConfigError: An option cannot work.
    """

    def __init__(
        self,
        client_id: str,
        *,
        client_secret: str | None = None,
        sign: Sign | None = None,
        assertion: Assert | None = None,
        scope: str | None = None,
        issuer: str | None = None,
    ) -> None:
        super().__init__(scope=scope, issuer=issuer)
        remember(client_secret)
        if not (client_secret or sign or assertion):
            raise ConfigError("ClientCredentials needs client_secret, sign or assertion")
        self._id, self._secret, self._sign, self._assertion = client_id, client_secret, sign, assertion

    async def _identify(self, server: AuthorizationServer) -> Client:
        if self._server and self._server.issuer != server.issuer:
            why = f"the MCP server names another authorization server now, {server.issuer}, where client_id is not registered"
            raise AuthError(why, code="oauth", provider="mcp")
        return Client(self._id, self._secret, secret_method(server) if self._secret else "none")

    async def _authenticate(self, server: AuthorizationServer, client: Client) -> tuple[dict[str, str], dict[str, str]]:
        if self._sign is None:
            return await super()._authenticate(server, client)
        signed = self._sign(server.issuer)
        token = await signed if inspect.isawaitable(signed) else signed
        return {}, {"client_id": client.id, "client_assertion_type": ASSERTION_TYPE, "client_assertion": token}

    async def _grant(self, server: AuthorizationServer, client: Client, resource: Resource) -> Mapping[str, str]:
        scope = {"scope": " ".join(sorted(self._scopes))} if self._scopes else {}
        if self._assertion is None:
            return {"grant_type": "client_credentials"} | scope
        given = self._assertion(server.issuer, resource.id)
        return {"grant_type": JWT_BEARER, "assertion": await given if inspect.isawaitable(given) else given} | scope


def identity_assertion(token_url: str, id_token: str, *, client_id: str) -> Assert:
    """Returns an `assertion` for ClientCredentials that an identity provider makes of a person's ID token (cross-app access).

    Args:
        token_url: Token endpoint of the identity provider.
        id_token: The person's ID token.
        client_id: The program's id at the identity provider.

    Raises:
        AuthError: The identity provider refuses.
    """

    async def exchange(issuer: str, resource: str) -> str:
        remember(id_token)
        request = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "requested_token_type": "urn:ietf:params:oauth:token-type:id-jag",
            "audience": issuer,
            "resource": resource,
            "subject_token": id_token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "client_id": client_id,
        }
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        answer = await send_json(default_transport(), post(token_url, headers, urlencode(request)))
        token = text(mapping(answer.body).get("access_token"))
        if answer.status != 200 or not token:
            raise refusal(answer, f"{token_url} gives no identity assertion")
        return token

    return exchange
