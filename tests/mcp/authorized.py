"""An MCP server with an authorization server, as a transport: no request leaves the test, and every address that is visited is noted."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from staysail.core.ports import HttpRequest

SERVER, ISSUER = "https://mcp.example.com/mcp", "https://login.example.org"
REDIRECT_URI = "https://app.example.net/back"


class Response:
    def __init__(self, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.headers = {"content-type": "application/json"} | (headers or {})
        self.body = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self.body


class World:
    """Answers for a server and its authorization server; a test changes what it likes.

    Attributes:
        documents: What is found at an address: JSON, or a Response.
        visited: Method and address of each request.
        tokens: Tokens that the server takes.
        grants: Parameters of each token request.
    """

    def __init__(self, server: str = SERVER, issuer: str = ISSUER) -> None:
        origin = "://".join(urlsplit(server)[:2])
        self.server, self.issuer = server, issuer
        self.resource = f"{origin}/.well-known/oauth-protected-resource{urlsplit(server).path}"
        self.metadata = f"{issuer}/.well-known/oauth-authorization-server"
        self.challenge = f'Bearer resource_metadata="{self.resource}"'
        self.documents: dict[str, Any] = {
            self.resource: {"resource": server, "authorization_servers": [issuer], "scopes_supported": ["sail"]},
            self.metadata: {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "registration_endpoint": f"{issuer}/register",
                "code_challenge_methods_supported": ["S256"],
            },
            f"{issuer}/register": {"client_id": "c1"},
        }
        self.visited: list[tuple[str, str]] = []
        self.grants: list[dict[str, str]] = []
        self.tokens: set[str] = set()
        self.answer: dict[str, Any] = {}
        self.shown: list[dict[str, str]] = []

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncIterator[Response]:
        self.visited.append((request.method, request.url))
        assert request.redirects == "return", "a redirect would be followed without a look at where it leads"
        yield self.respond(request)

    def respond(self, request: HttpRequest) -> Response:
        if request.url == self.server:
            return self.serve(request)
        found = self.documents.get(request.url)
        if request.url.endswith("/token") and found is None:
            return self.give_token(request)
        if found is None:
            return Response(404)
        return found if isinstance(found, Response) else Response(200, found)

    def serve(self, request: HttpRequest) -> Response:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Response(401, headers={"www-authenticate": self.challenge})
        message = json.loads(request.body)
        result = {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "tools": [], "content": []}
        return Response(200, {"jsonrpc": "2.0", "id": message["id"], "result": result})

    def give_token(self, request: HttpRequest) -> Response:
        grant = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if request.headers.get("authorization"):
            grant["basic"] = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        self.grants.append(grant)
        token = f"secret-access-{len(self.grants)}"
        self.tokens.add(token)
        return Response(
            200, {"access_token": token, "refresh_token": f"secret-refresh-{len(self.grants)}", "token_type": "Bearer"} | self.answer
        )

    def authorize(self, url: str) -> str:
        """Says yes, as a person at the authorization server does."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.shown.append(asked | {"address": url.partition("?")[0]})
        return f"{asked['redirect_uri']}?code=secret-code&state={asked['state']}"

    def hosts(self) -> set[str]:
        return {urlsplit(url).netloc for _, url in self.visited}


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
