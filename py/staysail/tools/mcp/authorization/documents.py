"""Small JSON answers of authorization servers, read within limits of time and size."""

from __future__ import annotations

from typing import Any

from ....core.errors import JsonError, NetworkError, error_for_status
from ....core.json_text import read_json
from ....core.ports import HttpRequest, Transport
from ....core.value import Value
from ....core.waiting import timeout

LIMIT_S = 30.0
LARGEST_BYTES = 1 << 20


class JsonAnswer(Value):
    """body: parsed JSON; None where the answer is not JSON. location: the target of a redirect."""

    status: int
    body: Any = None
    location: str | None = None


async def send_json(transport: Transport, request: HttpRequest) -> JsonAnswer:
    """Sends a request and reads its whole answer. Raises NetworkError after 30 s, ServerError above 1 MiB."""
    body = bytearray()
    try:
        async with timeout(LIMIT_S), transport.send(request) as response:
            async for chunk in response.chunks():
                body += chunk
                if len(body) > LARGEST_BYTES:
                    raise error_for_status(502, f"{request.host} answered more than {LARGEST_BYTES} bytes", provider="mcp")
            status, location = response.status, response.headers.get("location")
    except TimeoutError as error:
        raise NetworkError(f"{request.host} did not answer within {LIMIT_S:g} s", code="timeout", retryable=True) from error
    try:
        return JsonAnswer(status, read_json(body, nonfinite="null"), location)
    except JsonError:
        return JsonAnswer(status, None, location)
