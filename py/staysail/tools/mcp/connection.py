"""JSON-RPC with one server over Streamable HTTP, in whichever era the server speaks.

How it works. The first request settles the era (negotiation.py). Each request is a POST; its response is JSON, or an event stream that may
bring notifications, and in the older era requests of the server's own, before the result. A session that the server has forgotten (404)
is opened anew. Every call has one time limit for all of its requests, and every response is metered against McpLimits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

from ...core.errors import ConfigError, NetworkError, ProviderError, StaysailError, StreamError
from ...core.locks import Lock
from ...core.log import log
from ...core.ports import Clock
from ...core.value import NOTHING
from ...core.waiting import blocking, timeout
from .answering import Answerers
from .endpoint import HttpEndpoint, Message
from .eras import Negotiated, handshake_headers, modern_headers, modern_params
from .limits import McpLimits, Meter
from .listener import Listener
from .negotiation import negotiate, rpc_code, rpc_data, rpc_error
from .reading import mapping, number, text
from .streams import read_messages
from .timing import CallTimer

MOST_ROUNDS = 10
MOST_REPLIES = 8
PARTING_S = 2.0
SLOW_S = 5.0
URL_NEEDED = -32042

type OnProgress = Callable[[float, float | None, str | None], object]
type OnNotification = Callable[[str, Mapping[str, Any]], object]


class Connection:
    """
    Args:
        protocol: The version to insist on; None takes the newest that both know.
        timeout_s: Most seconds of one call in all; None for no limit.
        on_notification: Called with the method and params of each notification but progress.
        log_level: The least severe log messages that are wanted; None leaves it to the server.
    """

    def __init__(
        self,
        endpoint: HttpEndpoint,
        *,
        protocol: str | None,
        timeout_s: float | None,
        limits: McpLimits,
        answerers: Answerers,
        on_notification: OnNotification | None,
        log_level: str | None,
        clock: Clock,
        timer: CallTimer,
    ) -> None:
        self._endpoint, self._protocol, self._clock, self._timer = endpoint, protocol, clock, timer
        self._timeout_s, self._limits, self._log_level = timeout_s, limits, log_level
        self._answerers, self._on_notification = answerers, on_notification
        self._negotiated: Negotiated | None = None
        self._lock = Lock()
        self._progress: dict[int, OnProgress] = {}
        self._listener = Listener(endpoint, limits, clock, self._take)
        self._subscribed: set[str] = set()
        self._replies: set[asyncio.Task[None]] = set()
        self._last_id = 0

    @asynccontextmanager
    async def call(self, what: str) -> AsyncGenerator[None]:
        """Limits the time of everything in the block. Raises NetworkError with code "timeout"."""
        async with self._timer.limit(self._timeout_s, what):
            yield

    async def negotiated(self) -> Negotiated:
        """Returns the version and capabilities, which the first caller negotiates. Raises ConfigError, ProviderError."""
        if self._negotiated is None:
            async with self._lock:
                if self._negotiated is None:
                    self._negotiated = await self._open()
        elif self._listener.is_lost and not blocking.get():
            await self._listen(self._negotiated, wait=False)
        return self._negotiated

    async def request(
        self,
        method: str,
        params: Mapping[str, Any] = NOTHING,
        *,
        headers: Callable[[Negotiated], Mapping[str, str]] = lambda _: NOTHING,
        on_progress: OnProgress | None = None,
        meter: Meter | None = None,
    ) -> dict[str, Any]:
        """Returns the result of a request; cancelling cancels it on the server too. Raises ProviderError.

        Args:
            headers: Returns headers beyond the protocol's own.
            meter: Counts this request together with others; by default it is counted alone.
        """
        for _ in range(MOST_ROUNDS):
            try:
                result = await self._request_in_session(method, params, headers, on_progress, meter)
            except ProviderError as error:
                if not await self._has_opened_urls(error):
                    raise
                continue
            if result.get("resultType") != "input_required":
                return result
            params = {name: value for name, value in params.items() if name not in ("inputResponses", "requestState")}
            if "requestState" in result:
                params["requestState"] = result["requestState"]
            if wanted := mapping(result.get("inputRequests")):
                params["inputResponses"] = await self.input_responses(method, wanted)
        raise StreamError(f"the server asks for input again and again instead of answering {method}", code="limit", provider="mcp")

    def send_off(self, method: str, params: Mapping[str, Any]) -> None:
        """Sends a request whose result nobody waits for, and whose failure does not matter."""

        async def send() -> None:
            with suppress(StaysailError, TimeoutError):
                async with timeout(PARTING_S):
                    await self.request(method, params)

        self._spawn(send())

    async def subscribe(self, uri: str, wanted: bool) -> None:
        """Subscribes to changes of a resource, or ends the subscription. Raises ConfigError where nobody would hear of them."""
        if not self._on_notification:
            raise ConfigError("this McpServer has no on_notification, which receives the changes of a resource")
        negotiated = await self.negotiated()
        if not negotiated.modern:
            await self.request(f"resources/{'subscribe' if wanted else 'unsubscribe'}", {"uri": uri})
        (self._subscribed.add if wanted else self._subscribed.discard)(uri)
        if negotiated.modern:
            await self._listen(negotiated, wait=True)

    async def close(self) -> None:
        """Ends the session, where there is one, within a few seconds."""
        negotiated, self._negotiated = self._negotiated, None
        await self._listener.stop()
        if replies := self._replies_here():
            _, late = await asyncio.wait(replies, timeout=PARTING_S)
            for task in late:
                task.cancel()
        if negotiated and negotiated.session:
            with suppress(ProviderError, TimeoutError):  # 405: a server need not end sessions
                async with timeout(PARTING_S), self._endpoint.send("DELETE", headers=handshake_headers(negotiated)):
                    pass

    async def _open(self) -> Negotiated:
        began = self._clock.now() - self._timer.paused_s
        negotiated = await negotiate(self._negotiating, self._answerers.capabilities, self._protocol)
        if (took_s := self._clock.now() - self._timer.paused_s - began) > SLOW_S:
            log.warning("%s took %.1f s to answer first", self._endpoint.host, took_s)
        if not negotiated.modern:
            await self._post(negotiated, {"jsonrpc": "2.0", "method": "notifications/initialized"})
            if self._log_level and "logging" in negotiated.capabilities:
                await self._exchange(negotiated, self._next_id(), "logging/setLevel", {"level": self._log_level})
        asks = bool(self._answerers) and not negotiated.modern
        if (asks or self._on_notification) and not blocking.get():
            # A server has nobody to send its own requests to before somebody listens.
            await self._listen(negotiated, wait=asks)
        return negotiated

    async def _listen(self, negotiated: Negotiated, *, wait: bool) -> None:
        await self._listener.start(negotiated, self._answerers.capabilities, self._next_id(), self._subscribed, wait=wait)

    async def _negotiating(
        self, negotiated: Negotiated, method: str, params: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Mapping[str, str]]:
        return await self._exchange(negotiated, self._next_id(), method, params)

    async def _request_in_session(
        self,
        method: str,
        params: Mapping[str, Any],
        headers: Callable[[Negotiated], Mapping[str, str]],
        on_progress: OnProgress | None,
        meter: Meter | None,
    ) -> dict[str, Any]:
        negotiated = await self.negotiated()
        try:
            return await self._request(negotiated, method, params, headers(negotiated), on_progress, meter)
        except ProviderError as error:
            if error.status != 404 or not negotiated.session:
                raise
        if self._negotiated is negotiated:
            log.info("%s has forgotten the session, which is opened anew", self._endpoint.host)
            self._negotiated = None
        negotiated = await self.negotiated()
        return await self._request(negotiated, method, params, headers(negotiated), on_progress, meter)

    async def _request(
        self,
        negotiated: Negotiated,
        method: str,
        params: Mapping[str, Any],
        headers: Mapping[str, str],
        on_progress: OnProgress | None,
        meter: Meter | None,
    ) -> dict[str, Any]:
        id = self._next_id()
        if on_progress:
            self._progress[id] = on_progress
            params = {**params, "_meta": {"progressToken": id}}
        try:
            return (await self._exchange(negotiated, id, method, params, headers, meter))[0]
        except (asyncio.CancelledError, NetworkError, StreamError) as error:
            given_up = isinstance(error, asyncio.CancelledError) or error.code in ("timeout", "limit")
            if given_up and not negotiated.modern:  # in the newer era the end of the connection says it
                self._spawn(self._cancel(negotiated, id))
            raise
        finally:
            self._progress.pop(id, None)

    async def _exchange(
        self,
        negotiated: Negotiated,
        id: int,
        method: str,
        params: Mapping[str, Any],
        headers: Mapping[str, str] = NOTHING,
        meter: Meter | None = None,
    ) -> tuple[dict[str, Any], Mapping[str, str]]:
        """The result, and the headers of the response's beginning."""
        if negotiated.modern:
            params = modern_params(params, negotiated.version, self._answerers.capabilities, self._log_level)
            headers = {**headers, **modern_headers(method, params, negotiated.version)}
        elif method != "initialize":
            headers = {**headers, **handshake_headers(negotiated)}
        message = {"jsonrpc": "2.0", "id": id, "method": method, "params": dict(params)}
        meter = meter or Meter(self._limits, self._endpoint.host, method)
        begun: Mapping[str, str] = NOTHING
        stream = read_messages(self._endpoint, "POST", message, headers, meter=meter, clock=self._clock, resumes=not negotiated.modern)
        async with aclosing(stream) as messages:
            async for response, item in messages:
                begun = begun or response.headers
                if _answers(item, id):
                    return self._result(item, response.status), begun
                await self._take(negotiated, item, meter)
        raise StreamError(f"the server ended its answer to {method} before the result", retryable=True, provider="mcp")

    def _result(self, message: Message, status: int) -> dict[str, Any]:
        if "error" in message:
            raise rpc_error(message["error"], status)
        result = message.get("result")
        return result if isinstance(result, dict) else {}

    async def _take(self, negotiated: Negotiated, message: Message, meter: Meter) -> None:
        """Handles a request or a notification of the server's; another message is left alone."""
        method, params = message.get("method"), mapping(message.get("params"))
        if not isinstance(method, str):
            return
        if "id" in message:
            meter.count("requests")
            while len(replies := self._replies_here()) >= MOST_REPLIES:
                await asyncio.wait(replies, return_when=asyncio.FIRST_COMPLETED)
            self._spawn(self._reply(negotiated, message["id"], method, params))
        elif method == "notifications/progress":
            self._tell_progress(params)
        elif self._on_notification and method != "notifications/subscriptions/acknowledged":
            self._on_notification(method, params)

    def _tell_progress(self, params: Mapping[str, Any]) -> None:
        token, progress = params.get("progressToken"), number(params.get("progress"))
        on_progress = self._progress.get(token) if isinstance(token, int) else None
        if on_progress and progress is not None:
            on_progress(progress, number(params.get("total")), text(params.get("message")))

    async def _reply(self, negotiated: Negotiated, id: Any, method: str, params: Mapping[str, Any]) -> None:
        with suppress(StaysailError):
            await self._post(negotiated, await self._answerers.reply(id, method, params))

    async def input_responses(self, method: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the caller's answers to the requests of an unfinished result, by their names there. Raises StreamError."""
        Meter(self._limits, self._endpoint.host, method).check("requests", len(wanted))
        answers = {}
        for name, item in wanted.items():
            requested = text(mapping(item).get("method"))
            if requested is None:
                raise StreamError(f"the server asks for input without a method, before it answers {method}", provider="mcp")
            answers[name] = await self._answerers.answer(requested, mapping(mapping(item).get("params")))
        return answers

    async def _has_opened_urls(self, error: ProviderError) -> bool:
        """Returns whether the server wanted addresses opened before it answers, and the person opened them all."""
        wanted = rpc_data(error).get("elicitations")
        if rpc_code(error) != URL_NEEDED or not isinstance(wanted, list) or not wanted or not self._answerers.has("elicitation/url"):
            return False
        Meter(self._limits, self._endpoint.host, "a request").check("requests", len(wanted))
        for params in wanted:
            answer = await self._answerers.answer("elicitation/create", {**mapping(params), "mode": "url"})
            if answer["action"] != "accept":
                return False
        return True

    async def _cancel(self, negotiated: Negotiated, id: int) -> None:
        params = {"requestId": id, "reason": "cancelled"}
        with suppress(ProviderError, TimeoutError):
            async with timeout(PARTING_S):
                await self._post(negotiated, {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})

    async def _post(self, negotiated: Negotiated, message: Message) -> None:
        async with self._endpoint.send("POST", message, handshake_headers(negotiated)):
            pass

    def _replies_here(self) -> list[asyncio.Task[None]]:
        """The tasks of this event loop; a connection may serve several, one after another or in threads."""
        loop = asyncio.get_running_loop()
        return [task for task in tuple(self._replies) if task.get_loop() is loop]

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if blocking.get():
            work.close()
            return
        task = asyncio.create_task(work)
        self._replies.add(task)
        task.add_done_callback(self._replies.discard)


def _answers(message: Message, id: int) -> bool:
    """Returns whether a message is the response to a request: by its id, which some servers write as text, or as an error without one."""
    if "method" in message or not ("result" in message or "error" in message):
        return False
    given = message.get("id")
    return given is not True and (given in (id, str(id)) or (given is None and "error" in message))
