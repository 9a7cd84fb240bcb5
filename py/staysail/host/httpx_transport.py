"""HTTP on CPython, through httpx."""

from __future__ import annotations

import asyncio
import logging
import ssl
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from urllib.request import getproxies
from weakref import WeakKeyDictionary

import httpx

from ..core.errors import NetworkError
from ..core.log import remove_secrets
from ..core.ports import HttpRequest, HttpResponse
from ..core.redirects import MOST_REDIRECTS, endless, redirected
from ..core.secrets import redact, remember, secrets_of_url
from ..core.version import __version__
from .unpacking import ACCEPTED, unpacker_for

LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")


class HttpxTransport:
    """Connections are kept for the event loop that opened them and closed when that loop shuts down. Redirects are followed as
    `core.redirects` allows, bodies are unpacked piece by piece, and what httpx logs holds no secrets."""

    def __init__(self) -> None:
        self._tls: ssl.SSLContext | None = None  # reading the certificates costs more than a request on this machine
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[httpx.AsyncClient, AsyncGenerator[None]]] = WeakKeyDictionary()
        for name in LOGGERS:
            logging.getLogger(name).addFilter(remove_secrets)

    def send(self, request: HttpRequest) -> AbstractAsyncContextManager[HttpResponse]:
        return _Exchange(self, request)

    async def open(self, request: HttpRequest) -> httpx.Response:
        client = await self._client()
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.items()]
        try:
            sent = client.build_request(request.method, request.url, headers=headers, content=request.body)
            return await client.send(sent, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            error.args = tuple(redact(list(error.args)))
            raise _translated(error, request) from error

    async def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            # Time limits are the caller's, through `Timeouts`; only the TCP and TLS handshakes have one here.
            self._tls = self._tls or httpx.create_ssl_context()
            remember(*(secret for address in getproxies().values() for secret in secrets_of_url(address)))
            client = httpx.AsyncClient(
                verify=self._tls,
                timeout=httpx.Timeout(None, connect=30.0),
                headers={"user-agent": f"staysail/{__version__}", "accept-encoding": ACCEPTED},
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


class _Exchange:
    """A request and its response. No async generator: a loop that ends closes those that are still open all at once, in no order, and
    this one belongs to others."""

    def __init__(self, transport: HttpxTransport, request: HttpRequest) -> None:
        self._transport, self._request = transport, request
        self._response: httpx.Response | None = None

    async def __aenter__(self) -> HttpResponse:
        request = self._request
        for _ in range(MOST_REDIRECTS + 1):
            self._response = response = await self._transport.open(request)
            try:
                target = redirected(request, response.status_code, response.headers.get("location"))
            except BaseException:
                await response.aclose()
                raise
            if target is None:
                return _Response(response, request)
            await response.aclose()
            request = target
        raise endless(request)

    async def __aexit__(self, *_: object) -> None:
        if self._response is not None:
            await self._response.aclose()


class _Response:
    def __init__(self, response: httpx.Response, request: HttpRequest) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers)
        self._response, self._request = response, request

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            unpacker = unpacker_for(self.headers.get("content-encoding", ""))
            async for chunk in self._response.aiter_raw():
                for piece in unpacker.feed(chunk) if unpacker else (chunk,):
                    yield piece
        except httpx.HTTPError as error:
            raise NetworkError(
                f"the connection to {self._request.host} broke in the middle of the answer",
                code="disconnected",
                retryable=True,
            ) from error
        except (zlib.error, ValueError) as error:
            raise NetworkError(f"the answer of {self._request.host} cannot be unpacked: {error}", code="bad_encoding") from error


def _translated(error: httpx.HTTPError | httpx.InvalidURL, request: HttpRequest) -> NetworkError:
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return NetworkError(f"{request!r}: {error}", code="bad_url")
    why = (
        "did not accept a connection in time"
        if isinstance(error, httpx.TimeoutException)
        else f"cannot be reached: {str(error) or 'it broke the connection'}"
    )
    return NetworkError(f"{request.host} {why}", code="unreachable", retryable=True)
