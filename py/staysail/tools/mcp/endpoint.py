"""The HTTP endpoint of an MCP server: one request, and the messages in its response, a JSON body or an event stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any

from ...core.bodies import read_beginning
from ...core.completion import Timeouts
from ...core.errors import ConfigError, JsonError, NetworkError, ProviderError, StreamError, error_for_status
from ...core.framing import SSEReader
from ...core.json_text import json_bytes, read_json
from ...core.ports import HttpRequest, HttpResponse, Transport
from ...core.secrets import excerpt
from ...core.waiting import timeout
from .authorization.bearer import Auth
from .limits import Meter
from .reading import mapping, text

MOST_ATTEMPTS = 3
LONGEST_ID = 1024

type Message = dict[str, Any]


class McpResponse:
    """A response that is no refusal. last_id, retry_s: of its event stream, where it is one."""

    def __init__(self, response: HttpResponse, idle_s: float | None, host: str, check: Callable[[], None]) -> None:
        self.status, self.headers = response.status, response.headers
        self.last_id = ""
        self.retry_s = 1.0
        self._response, self._idle_s, self._host, self._check = response, idle_s, host, check

    @property
    def streams(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")

    async def messages(self, meter: Meter) -> AsyncGenerator[Message]:
        """Yields JSON-RPC messages as they arrive. Raises NetworkError, StreamError."""
        async with aclosing(self._events(meter) if self.streams else self._bodies(meter)) as found:
            async for data in found:
                for message in self._parse(data):
                    meter.count("messages")
                    yield message

    async def _bodies(self, meter: Meter) -> AsyncGenerator[bytes]:
        body = bytearray()
        async with aclosing(self.chunks()) as chunks:
            async for chunk in chunks:
                meter.count("response_bytes", len(chunk))
                body += chunk
                meter.check("message_bytes", len(body))
        if body.strip():
            yield bytes(body)

    async def _events(self, meter: Meter) -> AsyncGenerator[str]:
        reader = SSEReader(meter.most("message_bytes"))
        async with aclosing(self.chunks()) as chunks:
            async for chunk in chunks:
                meter.count("response_bytes", len(chunk))
                try:
                    events = reader.feed(chunk)
                except OverflowError:
                    raise meter.exceeded("message_bytes") from None
                for event in events:
                    if event.id:
                        self.last_id = event.id if event.id.isascii() and len(event.id) <= LONGEST_ID else ""
                    if event.event in ("", "message") and event.data.strip():
                        yield event.data
                self.retry_s = self.retry_s if reader.retry_ms is None else reader.retry_ms / 1000

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Yields the body as it arrives. Raises NetworkError once the server is silent for too long, or the call is late."""
        chunks = aiter(self._response.chunks())
        while True:
            self._check()
            try:
                async with timeout(self._idle_s):
                    chunk = await anext(chunks, None)
            except TimeoutError as error:
                raise _silent(self._host, self._idle_s) from error
            if chunk is None:
                return
            yield chunk

    def _parse(self, data: str | bytes) -> list[Message]:
        """Returns one message, or several at once, as versions before 2025-06-18 may send them."""
        value = read_json(data, what=f"a message of {self._host}", error=partial(StreamError, provider="mcp"), nonfinite="null")
        return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


class HttpEndpoint:
    """Where a server is reached, and how requests are authorized.

    Args:
        headers: Headers of every request. They may hold keys, which no error shows.
        idle_s: Most seconds without a byte from the server; None for ever.
        check: Called before each chunk; raises where the call is late.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        auth: Auth | None,
        transport: Transport,
        idle_s: float | None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self.url, self.auth, self.idle_s = url, auth, idle_s
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._transport, self._check = transport, check

    @property
    def host(self) -> str:
        return HttpRequest("POST", self.url).host

    @asynccontextmanager
    async def send(
        self, method: str, message: Any = None, headers: Mapping[str, str] | None = None, *, endless: bool = False
    ) -> AsyncGenerator[McpResponse]:
        """Sends a request. endless: the server may be silent for ever. Raises ProviderError for a refusal."""
        accepts = "text/event-stream" if method == "GET" else "application/json, text/event-stream"
        sent = {**self._headers, **(headers or {}), "accept": accepts}
        body = b""
        if message is not None:
            body = json_bytes(message, what="what is to be sent to the MCP server", error=ConfigError)
            sent["content-type"] = "application/json"
        for attempt in range(1, MOST_ATTEMPTS + 1):
            token = await self.auth.token() if self.auth else None
            authorized = sent | ({"authorization": f"Bearer {token}"} if token else {})
            # A redirect might take the headers' keys elsewhere.
            request = HttpRequest(method, self.url, authorized, body, Timeouts(), streamed=True, redirects="return")
            async with self._open(request) as http_response:
                response = McpResponse(http_response, None if endless else self.idle_s, request.host, self._check)
                if response.status < 300:
                    yield response
                    return
                challenge = response.headers.get("www-authenticate", "")
                refused = response.status == 401 or (response.status == 403 and "insufficient_scope" in challenge)
                if not (refused and self.auth and attempt < MOST_ATTEMPTS):
                    raise await _refusal(response, request.host)
            if not await self.auth.renew(response.status, challenge, token):
                raise error_for_status(response.status, f"{request.host} refuses the token", provider="mcp")

    @asynccontextmanager
    async def _open(self, request: HttpRequest) -> AsyncGenerator[HttpResponse]:
        opened = self._transport.send(request)
        try:
            async with timeout(self.idle_s):
                response = await opened.__aenter__()
        except TimeoutError as error:
            raise _silent(request.host, self.idle_s) from error
        try:
            yield response
        finally:
            await opened.__aexit__(None, None, None)


async def _refusal(response: McpResponse, host: str) -> ProviderError:
    if 300 <= response.status < 400:
        where = excerpt(response.headers.get("location", "wherever it is"), 200)
        message = f"{host} answers {response.status}, elsewhere: give the final address, {where}"
        return ProviderError(message, status=response.status, provider="mcp")
    beginning = (await read_beginning(response)).decode("utf-8", "replace")
    try:
        body = read_json(beginning, nonfinite="null")
    except JsonError:
        body = excerpt(beginning, 4000)
    error = mapping(body).get("error")
    why = text(mapping(error).get("message")) or text(error)
    if why is None:
        why = excerpt(beginning, 200) if isinstance(body, str) and "<" not in beginning else ""
    return error_for_status(response.status, f"{host} answered {response.status}{f': {why}' if why else ''}", body=body, provider="mcp")


def _silent(host: str, seconds: float | None) -> NetworkError:
    return NetworkError(
        f"{host} said nothing for {seconds:g} s; raise idle_s (in JavaScript idleMs) if it may be silent",
        code="timeout",
        retryable=True,
        provider="mcp",
    )
