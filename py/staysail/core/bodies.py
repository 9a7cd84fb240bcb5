"""Bodies of HTTP responses, read within a limit that is counted while they arrive, after unpacking."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from .errors import ProviderError
from .ports import HttpResponse

MAX_RESPONSE_BYTES = 64 * 1024 * 1024
"""The most bytes of a whole response, and of one event of a stream, unless `max_response_bytes` says otherwise."""
MAX_SERVICE_BYTES = 4 * MAX_RESPONSE_BYTES
"""The most bytes of a response with vectors, images or speech: 2,048 vectors of 3,072 numbers are 140 MB of JSON."""
STREAM_FACTOR = 16
"""The most bytes of a whole stream are so many times as many: each token takes some hundred bytes."""
MAX_ERROR_BYTES = 64 * 1024
"""The most bytes of an error's body that are read."""


def too_large(sender: str, limit_bytes: int, what: str = "a response") -> ProviderError:
    """Returns the error for more bytes than `max_response_bytes` allows."""
    return ProviderError(
        f"{sender} sent {what} of more than {limit_bytes:,} bytes; raise max_response_bytes (in JavaScript maxResponseBytes) "
        "if that is expected",
        code="too_large",
    )


async def bounded_chunks(response: HttpResponse, limit_bytes: int, sender: str, what: str = "a response") -> AsyncGenerator[bytes]:
    """The chunks of a body. Raises ProviderError ("too_large") before it gives out more than `limit_bytes`."""
    count = 0
    async for chunk in response.chunks():
        count += len(chunk)
        if count > limit_bytes:
            raise too_large(sender, limit_bytes, what)
        yield chunk


async def read_body(response: HttpResponse, limit_bytes: int, sender: str) -> bytes:
    """A whole body. Raises ProviderError ("too_large")."""
    return b"".join([chunk async for chunk in bounded_chunks(response, limit_bytes, sender)])


async def read_beginning(response: HttpResponse, limit_bytes: int = MAX_ERROR_BYTES) -> bytes:
    """At most the first `limit_bytes` of a body, as errors need; the rest is not waited for."""
    found = bytearray()
    async with aclosing(bounded_chunks(response, 1 << 62, "")) as chunks:
        async for chunk in chunks:
            found += chunk[: limit_bytes - len(found)]
            if len(found) >= limit_bytes:
                break
    return bytes(found)
