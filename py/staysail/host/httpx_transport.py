from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

import httpx

from ..core.errors import NetworkError
from ..core.ports import HttpRequest, HttpResponse
from ..core.version import __version__


class HttpxTransport:
    """HTTP on CPython, through httpx. Connections are kept for the event loop that opened them and closed when that loop shuts down."""

    def __init__(self) -> None:
        self._tls: ssl.SSLContext | None = None  # reading the certificates costs more than a request on this machine
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[httpx.AsyncClient, AsyncGenerator[None]]] = WeakKeyDictionary()

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[HttpResponse]:
        client = await self._client()
        try:
            sent = client.build_request(request.method, request.url, headers=dict(request.headers), content=request.body)
            response = await client.send(sent, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _translated(error, request) from error
        try:
            yield _Response(response, request)
        finally:
            await response.aclose()

    async def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            # Time limits are the caller's, through `Timeouts`; only the TCP and TLS handshakes have one here.
            self._tls = self._tls or httpx.create_ssl_context()
            client = httpx.AsyncClient(
                verify=self._tls,
                timeout=httpx.Timeout(None, connect=30.0),
                headers={"user-agent": f"staysail/{__version__}"},
                follow_redirects=False,
            )
            keeper = self._keep(client)
            await anext(keeper)
            self._clients[loop] = client, keeper
        return self._clients[loop][0]

    async def _keep(self, client: httpx.AsyncClient) -> AsyncGenerator[None]:
        """Closes the client when its loop shuts down: a loop closes the async generators that were begun on it."""
        loop = asyncio.get_running_loop()
        try:
            yield
        finally:
            self._clients.pop(loop, None)
            await client.aclose()


class _Response:
    def __init__(self, response: httpx.Response, request: HttpRequest) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers)
        self._response, self._request = response, request

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.aiter_bytes():
                yield chunk
        except httpx.HTTPError as error:
            raise NetworkError(
                f"the connection to {self._request.host} broke in the middle of the answer",
                code="disconnected",
                retryable=True,
            ) from error


def _translated(error: httpx.HTTPError | httpx.InvalidURL, request: HttpRequest) -> NetworkError:
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return NetworkError(f"{request!r}: {error}", code="bad_url")
    why = (
        "did not accept a connection in time"
        if isinstance(error, httpx.TimeoutException)
        else f"cannot be reached: {str(error) or 'it broke the connection'}"
    )
    return NetworkError(f"{request.host} {why}", code="unreachable", retryable=True)
