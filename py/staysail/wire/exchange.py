"""The request and the response of a model call as they crossed the network, without secrets, for tracers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager

from ..core.ports import Exchange, HttpRequest, HttpResponse, Transport, without_secrets
from ..core.secrets import holds_secret, redact

MOST_BYTES = 256 * 1024
"""Most bytes of a body that are kept."""


class WatchedTransport:
    """Calls `watch` with each Exchange once it has ended, also after a failure. secrets: short ones to remove too."""

    def __init__(self, transport: Transport, watch: Callable[[Exchange], None], secrets: Collection[str]) -> None:
        self._transport, self._watch, self._secrets = transport, watch, tuple(secrets)

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[HttpResponse]:
        kept, status, headers, error = bytearray(), None, {}, ""
        try:
            async with self._transport.send(request) as response:
                status, headers = response.status, dict(response.headers)
                yield _Kept(response, kept)
        except GeneratorExit:
            raise
        except BaseException as failure:
            error = str(failure) or type(failure).__name__
            raise
        finally:
            exchange = Exchange(
                request.method,
                without_secrets(request.url),
                _public(request.headers),
                _text(request.body),
                status,
                _public(headers),
                _text(kept),
                error,
            )
            self._watch(Exchange(*(redact(getattr(exchange, field), self._secrets) for field in Exchange.__match_args__)))


class _Kept:
    def __init__(self, response: HttpResponse, kept: bytearray) -> None:
        self.status, self.headers = response.status, response.headers
        self._response, self._bytes = response, kept

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.chunks():
            if len(self._bytes) <= MOST_BYTES:
                self._bytes += chunk
            yield chunk


def _public(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: "[removed]" if holds_secret(name, value) else value for name, value in headers.items()}


def _text(body: bytes | bytearray) -> str:
    """Returns a body as text, cut at MOST_BYTES: at a space or a comma, because half a key would not be recognised."""
    if len(body) <= MOST_BYTES:
        return body.decode(errors="replace")
    head = body[:MOST_BYTES]
    end = max(head.rfind(mark) for mark in (b" ", b",", b"\n")) + 1
    return f"{head[:end].decode(errors='replace')}\n[cut at {end:,} bytes]"
