"""Messages that a server sends without a request: changes of its lists, log messages, and in the older era its own requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, suppress
from typing import Any

from ...core.errors import NetworkError, ProviderError, StreamError
from ...core.log import log
from ...core.ports import Clock
from ...core.waiting import timeout
from .endpoint import HttpEndpoint, Message
from .eras import Negotiated, handshake_headers, modern_headers, modern_params
from .limits import McpLimits, Meter
from .reading import mapping
from .streams import LONGEST_PAUSE_S, read_messages

OPENING_S = 2.0
CHANGES = {"tools": "toolsListChanged", "prompts": "promptsListChanged", "resources": "resourcesListChanged"}

type Take = Callable[[Negotiated, Message, Meter], Awaitable[None]]


class Listener:
    """A stream that stays open until `stop`, and is opened again when it breaks.

    Args:
        take: Called with each message.
    """

    def __init__(self, endpoint: HttpEndpoint, limits: McpLimits, clock: Clock, take: Take) -> None:
        self._endpoint, self._limits, self._clock, self._take = endpoint, limits, clock, take
        self._task: asyncio.Task[None] | None = None
        self._opened = asyncio.Event()

    async def start(
        self, negotiated: Negotiated, capabilities: Mapping[str, Any], id: int, subscribed: Iterable[str], *, wait: bool
    ) -> None:
        """Opens the stream, instead of one that is open.

        Args:
            id: Id of the request that opens it in the newer era.
            subscribed: Addresses of resources whose changes are wanted, in the newer era.
            wait: Whether to wait until it is open, or two seconds have passed.
        """
        await self.stop()
        request = _request(negotiated, capabilities, id, subscribed)
        if request is None:
            return
        self._opened = asyncio.Event()
        self._task = asyncio.create_task(self._listen(negotiated, *request))
        if wait:
            with suppress(TimeoutError):
                async with timeout(OPENING_S):
                    await self._opened.wait()

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is None or task.done():
            return
        if task.get_loop() is not asyncio.get_running_loop():
            task.get_loop().call_soon_threadsafe(task.cancel)
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    @property
    def is_lost(self) -> bool:
        """Returns whether the event loop that read the stream has ended."""
        return self._task is not None and self._task.get_loop().is_closed()

    async def _listen(self, negotiated: Negotiated, method: str, message: Any, headers: Mapping[str, str]) -> None:
        pause_s = 1.0
        meter = Meter(self._limits, self._endpoint.host, "nothing", self._clock)
        while True:
            stream = read_messages(
                self._endpoint,
                method,
                message,
                headers,
                meter=meter,
                clock=self._clock,
                resumes=not negotiated.modern,
                endless=True,
                on_open=self._opened.set,
            )
            try:
                async with aclosing(stream) as messages:
                    async for _, item in messages:
                        pause_s = 1.0
                        await self._take(negotiated, item, meter)
            except (NetworkError, StreamError) as error:
                if error.code == "limit":
                    log.warning("messages that answer no request are no longer read: %s", error)
                    return
            except ProviderError:
                return  # the server sends nothing without a request
            finally:
                self._opened.set()
            await self._clock.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


def _request(
    negotiated: Negotiated, capabilities: Mapping[str, Any], id: int, subscribed: Iterable[str]
) -> tuple[str, Any, Mapping[str, str]] | None:
    """The method, message and headers of the stream; None where the server would send nothing on it."""
    if not negotiated.modern:
        return "GET", None, handshake_headers(negotiated)
    changes: dict[str, Any] = {
        name: True for kind, name in CHANGES.items() if mapping(negotiated.capabilities.get(kind)).get("listChanged") is True
    }
    if uris := sorted(subscribed):
        changes["resourceSubscriptions"] = uris
    if not changes:
        return None
    params = modern_params({"notifications": changes}, negotiated.version, capabilities)
    message = {"jsonrpc": "2.0", "id": id, "method": "subscriptions/listen", "params": params}
    return "POST", message, modern_headers("subscriptions/listen", {}, negotiated.version)
