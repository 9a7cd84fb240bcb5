"""Messages of a response, read on after its stream broke off.

A server of the older era may end a stream early and continue it elsewhere: the client waits as long as the stream's `retry` says, then
requests the rest with the id of the last event. https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from ...core.errors import NetworkError, ProviderError, StreamError
from ...core.ports import Clock
from .endpoint import HttpEndpoint, McpResponse, Message
from .limits import Meter

MOST_EMPTY_RESUMES = 5
SHORTEST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 300.0


async def read_messages(
    endpoint: HttpEndpoint,
    method: str,
    message: Any,
    headers: Mapping[str, str],
    *,
    meter: Meter,
    clock: Clock,
    resumes: bool,
    endless: bool = False,
    on_open: Callable[[], None] = lambda: None,
) -> AsyncGenerator[tuple[McpResponse, Message]]:
    """Yields the messages of the response and of the streams that resume it, each with the response that brought it.

    Args:
        resumes: Whether a broken stream is resumed.
        endless: Whether the server may be silent for ever.
        on_open: Called when a response begins.

    Raises:
        ProviderError: The server refused, broke off for good, sent too much, or asks to wait for too long.
    """
    last_id, empty = "", 0
    while True:
        broken: ProviderError | None = None
        response: McpResponse | None = None
        try:
            async with (
                endpoint.send(method, message, headers, endless=endless) as response,
                aclosing(response.messages(meter)) as messages,
            ):
                on_open()
                async for item in messages:
                    empty = 0
                    yield response, item
        except (NetworkError, StreamError) as error:
            broken = error
        except ProviderError as error:
            if not last_id:
                raise
            # Its 404 must not look like that of the request, which would be sent again.
            raise StreamError(f"the server does not continue its answer: {error}", provider="mcp") from error
        retry_s = response.retry_s if response else 1.0
        last_id = (response.last_id if response else "") or last_id
        empty += 1
        final = isinstance(broken, StreamError) or (broken is not None and broken.code == "timeout")
        if final or not (resumes and last_id) or empty > MOST_EMPTY_RESUMES:
            if broken:
                raise broken
            return
        if retry_s > LONGEST_PAUSE_S:
            why = f"{endpoint.host} asks to wait {retry_s:g} s before it continues its answer; the most is {LONGEST_PAUSE_S:g} s"
            raise StreamError(why, code="limit", provider="mcp")
        meter.count("resumes")
        await clock.sleep(max(retry_s, SHORTEST_PAUSE_S))
        method, message, headers = "GET", None, {**headers, "last-event-id": last_id}
