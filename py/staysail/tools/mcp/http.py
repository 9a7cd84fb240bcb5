"""One HTTP request to an MCP server, and the messages in its answer: a JSON body or an event stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

from ...core.completion import Timeouts
from ...core.errors import NetworkError, ProviderError, StreamError, error_for_status, redact
from ...core.framing import SSEReader
from ...core.json_text import json_bytes, read_json
from ...core.ports import HttpRequest, HttpResponse, Transport
from ...core.waiting import timeout
from .auth import Auth

MOST_OF_AN_ERROR = 4000
MOST_ATTEMPTS = 3


class Answer:
    """An answer whose status says that it is one. last_id, retry_s: of the event stream, where it is one."""

    def __init__(self, response: HttpResponse, timeout_s: float | None, host: str) -> None:
        self.status, self.headers = response.status, response.headers
        self.last_id = ""
        self.retry_s = 1.0
        self._response, self._timeout_s, self._host = response, timeout_s, host

    @property
    def streams(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")

    async def messages(self) -> AsyncGenerator[dict[str, Any]]:
        """JSON-RPC messages as they come. Raises NetworkError, StreamError."""
        reader = SSEReader()
        body = b""
        async with aclosing(self._chunks()) as chunks:
            async for chunk in chunks:
                if not self.streams:
                    body += chunk
                    continue
                for event in reader.feed(chunk):
                    self.last_id = event.id or self.last_id
                    self.retry_s = self.retry_s if reader.retry_ms is None else reader.retry_ms / 1000
                    if event.data.strip():
                        for message in self._parse(event.data):
                            yield message
        if body.strip():
            for message in self._parse(body):
                yield message

    async def text(self) -> str:
        body = b""
        async with aclosing(self._chunks()) as chunks:
            async for chunk in chunks:
                body += chunk
        return body.decode("utf-8", "replace")

    async def _chunks(self) -> AsyncGenerator[bytes]:
        chunks = aiter(self._response.chunks())
        while True:
            try:
                async with timeout(self._timeout_s):
                    chunk = await anext(chunks, None)
            except TimeoutError as error:
                raise NetworkError(f"{self._host} said nothing for {self._timeout_s:g} s", code="timeout", retryable=True) from error
            if chunk is None:
                return
            yield chunk

    def _parse(self, text: str | bytes) -> list[dict[str, Any]]:
        """One message, or several at once, as versions before 2025-06-18 may send them."""
        try:
            value = read_json(text)
        except ValueError as error:
            raise StreamError(f"{self._host} sent what is not JSON: {text[:80]!r}", body=None, provider="mcp") from error
        return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


class Door:
    """Where a server is, and how one gets in. headers: for every request; they may hold keys, which no error tells."""

    def __init__(self, url: str, *, headers: Mapping[str, str], auth: Auth | None, transport: Transport, timeout_s: float | None) -> None:
        self.url, self.auth = url, auth
        self.timeout_s = timeout_s
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._transport = transport

    @asynccontextmanager
    async def send(
        self, method: str, message: Any = None, headers: Mapping[str, str] | None = None, *, silent_s: float | None = None
    ) -> AsyncGenerator[Answer]:
        """silent_s: how long it may say nothing, where that is not `timeout_s`; 0: for ever. Raises ProviderError for a refusal."""
        accepts = "text/event-stream" if method == "GET" else "application/json, text/event-stream"
        sent = {**self._headers, **(headers or {}), "accept": accepts}
        body = b""
        if message is not None:
            body = json_bytes(message, nonfinite="null")
            sent["content-type"] = "application/json"
        for attempt in range(1, MOST_ATTEMPTS + 1):
            token = await self.auth.token() if self.auth else None
            authorized = sent | ({"authorization": f"Bearer {token}"} if token else {})
            # A redirect might take the headers' keys elsewhere.
            request = HttpRequest(method, self.url, authorized, body, Timeouts(), streamed=True, redirects="return")
            silence = self.timeout_s if silent_s is None else silent_s or None
            async with self._open(request) as response:
                answer = Answer(response, silence, request.host)
                if answer.status < 300:
                    yield answer
                    return
                challenge = answer.headers.get("www-authenticate", "")
                refused = answer.status == 401 or (answer.status == 403 and "insufficient_scope" in challenge)
                if not (refused and self.auth and attempt < MOST_ATTEMPTS):
                    raise self.cleaned(await self._refusal(answer, request.host), token)
            if not await self.auth.renew(answer.status, challenge, token):
                raise self.cleaned(error_for_status(answer.status, f"{request.host} refuses the token", provider="mcp"), token)

    @asynccontextmanager
    async def _open(self, request: HttpRequest) -> AsyncGenerator[HttpResponse]:
        opened = self._transport.send(request)
        try:
            async with timeout(self.timeout_s):
                response = await opened.__aenter__()
        except TimeoutError as error:
            raise NetworkError(f"{request.host} did not answer within {self.timeout_s:g} s", code="timeout", retryable=True) from error
        try:
            yield response
        finally:
            await opened.__aexit__(None, None, None)

    async def _refusal(self, answer: Answer, host: str) -> ProviderError:
        text = (await answer.text())[:MOST_OF_AN_ERROR]
        try:
            body = read_json(text)
        except ValueError:
            body = text
        if 300 <= answer.status < 400:
            return ProviderError(
                f"{host} answers {answer.status}, elsewhere: give the final address, {answer.headers.get('location', 'wherever it is')}",
                status=answer.status,
                provider="mcp",
            )
        told = body.get("error") if isinstance(body, dict) else None
        if isinstance(told, dict):
            told = told.get("message")
        why = told if isinstance(told, str) else text[:200] if isinstance(body, str) and "<" not in text else ""
        return error_for_status(answer.status, f"{host} answered {answer.status}{f': {why}' if why else ''}", body=body, provider="mcp")

    def cleaned(self, error: ProviderError, token: str | None = None) -> ProviderError:
        """The same error, without what must not be told."""
        values = [value.removeprefix("Bearer ") for value in self._headers.values()]
        secrets = tuple(filter(None, [*values, token, *(self.auth.secrets() if self.auth else ())]))
        error.args = tuple(redact(list(error.args), secrets))
        error.body = redact(error.body, secrets)
        return error
