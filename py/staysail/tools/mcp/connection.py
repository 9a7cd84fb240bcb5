"""JSON-RPC with one server, over Streamable HTTP, in whichever era it speaks.

How it works. The first request settles the era: `server/discover` is asked as the newer one has it, and a server that does not know it
gets the handshake. Each request is a POST; its answer is JSON, or an event stream that may bring notifications (and, in the older era,
requests of the server's) before the result. An older stream that breaks is taken up again after its last event (`Last-Event-ID`); a session
that the server has forgotten (404) is opened anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing, suppress
from typing import Any

from ...core.errors import AuthError, BadRequestError, ConfigError, NetworkError, ProviderError, RateLimitError, ServerError, StreamError
from ...core.ports import Clock
from ...core.value import NOTHING
from ...core.waiting import blocking, timeout
from .eras import CLIENT, HANDSHAKE, MODERN, UNSUPPORTED_VERSION, Agreed, handshake_headers, modern_headers, modern_params
from .http import Answer, Door

MOST_RESUMES = 5
MOST_ROUNDS = 10
LONGEST_PAUSE_S = 60.0
PARTING_S = 5.0
LISTENING_S = 2.0

type Answerer = Callable[[Mapping[str, Any]], Any]
type OnProgress = Callable[[float, float | None, str | None], object]
type OnNotification = Callable[[str, Mapping[str, Any]], object]


class Connection:
    """protocol: the version to speak; None: the newest that both know. answerers: what answers the server's own requests, by method."""

    def __init__(
        self,
        door: Door,
        *,
        protocol: str | None,
        answerers: Mapping[str, Answerer],
        on_notification: OnNotification | None,
        clock: Clock,
    ) -> None:
        self._door, self._protocol, self._clock = door, protocol, clock
        self._answerers, self._on_notification = answerers, on_notification
        self._capabilities: dict[str, Any] = {method.partition("/")[0]: {} for method in answerers}
        self._agreed: Agreed | None = None
        self._lock = asyncio.Lock()
        self._progress: dict[int, OnProgress] = {}
        self._listener: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_id = 0

    async def agreed(self) -> Agreed:
        """What was settled with the server; settles it where that is not done yet."""
        if self._agreed is None:
            async with self._lock:
                if self._agreed is None:
                    self._agreed = await self._settle()
                    if not blocking.get():
                        await self._begin_listening(self._agreed)
        return self._agreed

    async def ask(
        self,
        method: str,
        params: Mapping[str, Any] = NOTHING,
        *,
        headers: Callable[[Agreed], Mapping[str, str]] = lambda _: NOTHING,
        on_progress: OnProgress | None = None,
    ) -> dict[str, Any]:
        """The result. headers: beyond the protocol's own. Raises ProviderError. Cancelling this cancels it there."""
        for _ in range(MOST_ROUNDS):
            result = await self._ask_in_session(method, params, headers, on_progress)
            if result.get("resultType") != "input_required":
                return result
            params = {name: value for name, value in params.items() if name not in ("inputResponses", "requestState")}
            if "requestState" in result:
                params["requestState"] = result["requestState"]
            if wanted := result.get("inputRequests"):
                params["inputResponses"] = {
                    key: await self._answer(item["method"], item.get("params") or {}) for key, item in wanted.items()
                }
        raise StreamError(f"the server asks for input again and again instead of answering {method}", provider="mcp")

    async def close(self) -> None:
        """Ends the session, where there is one."""
        agreed, self._agreed = self._agreed, None
        if self._listener:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
            self._listener = None
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=PARTING_S)
        if agreed and agreed.session:
            with suppress(ProviderError):  # 405: a server need not end sessions
                async with self._door.send("DELETE", headers=handshake_headers(agreed), silent_s=PARTING_S):
                    pass

    async def _ask_in_session(
        self,
        method: str,
        params: Mapping[str, Any],
        headers: Callable[[Agreed], Mapping[str, str]],
        on_progress: OnProgress | None,
    ) -> dict[str, Any]:
        agreed = await self.agreed()
        try:
            return await self._ask(agreed, method, params, headers(agreed), on_progress)
        except ProviderError as error:
            if error.status != 404 or not agreed.session:
                raise
        if self._agreed is agreed:
            self._agreed = None
            if self._listener:
                self._listener.cancel()
        agreed = await self.agreed()
        return await self._ask(agreed, method, params, headers(agreed), on_progress)

    async def _ask(
        self, agreed: Agreed, method: str, params: Mapping[str, Any], headers: Mapping[str, str], on_progress: OnProgress | None
    ) -> dict[str, Any]:
        self._last_id += 1
        id = self._last_id
        if on_progress:
            self._progress[id] = on_progress
            params = {**params, "_meta": {"progressToken": id}}
        try:
            return (await self._exchange(agreed, id, method, params, headers))[0]
        except (asyncio.CancelledError, NetworkError) as error:
            given_up = isinstance(error, asyncio.CancelledError) or error.code == "timeout"
            if given_up and not agreed.modern:  # in the newer era the end of the connection says it
                self._spawn(self._call_off(agreed, id))
            raise
        finally:
            self._progress.pop(id, None)

    async def _exchange(
        self, agreed: Agreed, id: int, method: str, params: Mapping[str, Any], headers: Mapping[str, str] = NOTHING
    ) -> tuple[dict[str, Any], Mapping[str, str]]:
        """The result, and the headers of the answer's beginning."""
        if agreed.modern:
            params = modern_params(params, agreed.version, self._capabilities)
            headers = {**headers, **modern_headers(method, params, agreed.version)}
        elif method != "initialize":
            headers = {**headers, **handshake_headers(agreed)}
        message = {"jsonrpc": "2.0", "id": id, "method": method, "params": dict(params)}
        begun: Mapping[str, str] = NOTHING
        async with aclosing(self._messages("POST", message, headers, resumes=not agreed.modern)) as messages:
            async for answer, told in messages:
                begun = begun or answer.headers
                if told.get("id") == id and "method" not in told:
                    return self._result(told, answer.status), begun
                self._take(agreed, told)
        raise StreamError(f"the server ended its answer to {method} before the result", retryable=True, provider="mcp")

    async def _messages(
        self,
        method: str,
        message: Any,
        headers: Mapping[str, str],
        *,
        resumes: bool,
        silent_s: float | None = None,
        on_open: Callable[[], None] = lambda: None,
    ) -> AsyncGenerator[tuple[Answer, dict[str, Any]]]:
        """What comes in the answer, and in those that go on where it broke off."""
        last_id, retry_s, tries = "", 1.0, 0
        while True:
            broken: ProviderError | None = None
            answer: Answer | None = None
            try:
                async with self._door.send(method, message, headers, silent_s=silent_s) as answer, aclosing(answer.messages()) as messages:
                    on_open()
                    async for told in messages:
                        tries = 0
                        yield answer, told
            except (NetworkError, StreamError) as error:
                broken = error
            except ProviderError as error:
                if not last_id:
                    raise
                # Its 404 must not look like that of the request, which would be sent again.
                raise StreamError(f"the server does not go on with its answer: {error}", provider="mcp") from error
            if answer:
                last_id, retry_s = answer.last_id or last_id, answer.retry_s
            tries += 1
            over = not (resumes and last_id) or tries > MOST_RESUMES or (broken is not None and broken.code == "timeout")
            if over:
                if broken:
                    raise self._door.cleaned(broken)
                return
            await self._clock.sleep(retry_s)
            method, message, headers = "GET", None, {**headers, "last-event-id": last_id}

    def _result(self, told: Mapping[str, Any], status: int) -> dict[str, Any]:
        if "error" in told:
            raise self._door.cleaned(rpc_error(told["error"], status))
        result = told.get("result")
        return result if isinstance(result, dict) else {}

    async def _settle(self) -> Agreed:
        wanted = self._protocol
        if wanted is None or wanted in MODERN:
            try:
                return await self._discover(wanted or MODERN[0])
            except ProviderError as error:
                supported = _supported(error)
                if supported is not None and not any(version in HANDSHAKE for version in supported):
                    raise ConfigError(
                        f"this server speaks MCP {', '.join(supported)}; staysail knows {', '.join(MODERN + HANDSHAKE)}"
                    ) from error
                if wanted or isinstance(error, AuthError | RateLimitError):
                    raise
                # A page may also be kept from asking so: servers of the older era do not allow it the newer one's headers (CORS).
        return await self._shake_hands(wanted or HANDSHAKE[0])

    async def _discover(self, version: str) -> Agreed:
        self._last_id += 1
        result, _ = await self._exchange(Agreed(version), self._last_id, "server/discover", {})
        versions = result.get("supportedVersions") or ()
        if version not in versions:
            raise rpc_error({"code": UNSUPPORTED_VERSION, "message": "another version", "data": {"supported": list(versions)}}, 200)
        info = (result.get("_meta") or {}).get("io.modelcontextprotocol/serverInfo") or {}
        return Agreed(version, result.get("capabilities") or {}, info, result.get("instructions"))

    async def _shake_hands(self, version: str) -> Agreed:
        self._last_id += 1
        params = {"protocolVersion": version, "capabilities": self._capabilities, "clientInfo": CLIENT}
        result, headers = await self._exchange(Agreed(version), self._last_id, "initialize", params)
        told = result.get("protocolVersion")
        if told not in HANDSHAKE:
            raise _unknown(str(told))
        info, session = result.get("serverInfo") or {}, headers.get("mcp-session-id")
        agreed = Agreed(told, result.get("capabilities") or {}, info, result.get("instructions"), session)
        await self._notify(agreed, "notifications/initialized")
        return agreed

    async def _begin_listening(self, agreed: Agreed) -> None:
        asks = self._answerers and not agreed.modern
        if not (asks or self._on_notification):
            return
        self._listening.clear()
        self._listener = asyncio.create_task(self._listen(agreed))
        if asks:  # what a server asks before somebody listens, it asks nobody
            with suppress(TimeoutError):
                async with timeout(LISTENING_S):
                    await self._listening.wait()

    async def _listen(self, agreed: Agreed) -> None:
        """Takes what the server says unasked, until it has no more to say."""
        pause_s = 1.0
        headers = handshake_headers(agreed)
        method, message = "GET", None
        if agreed.modern:
            told = {"tools": "toolsListChanged", "prompts": "promptsListChanged", "resources": "resourcesListChanged"}
            changes = {told[name]: True for name in told if (agreed.capabilities.get(name) or {}).get("listChanged")}
            if not changes:
                return
            self._last_id += 1
            asked = modern_params({"notifications": changes}, agreed.version, self._capabilities)
            method, message = "POST", {"jsonrpc": "2.0", "id": self._last_id, "method": "subscriptions/listen", "params": asked}
            headers = modern_headers("subscriptions/listen", {}, agreed.version)
        while self._agreed is agreed:
            try:
                stream = self._messages(method, message, headers, resumes=not agreed.modern, silent_s=0, on_open=self._listening.set)
                async with aclosing(stream) as messages:
                    async for _, told_now in messages:
                        pause_s = 1.0
                        self._take(agreed, told_now)
            except (NetworkError, StreamError):
                pass
            except ProviderError:
                self._listening.set()
                return  # it has nothing of the kind
            await self._clock.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _take(self, agreed: Agreed, told: dict[str, Any]) -> None:
        """A request or a notification of the server's."""
        method, params = told.get("method"), told.get("params") or {}
        if not isinstance(method, str):
            return
        if "id" in told:
            self._spawn(self._reply(agreed, told["id"], method, params))
        elif method == "notifications/progress":
            if on_progress := self._progress.get(params.get("progressToken", 0)):
                on_progress(params.get("progress", 0), params.get("total"), params.get("message"))
        elif self._on_notification and method != "notifications/subscriptions/acknowledged":
            self._on_notification(method, params)

    async def _reply(self, agreed: Agreed, id: Any, method: str, params: Mapping[str, Any]) -> None:
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": id}
        try:
            reply["result"] = {} if method == "ping" else await self._answer(method, params)
        except BadRequestError as error:
            reply["error"] = {"code": -32601, "message": str(error)}
        except Exception as error:  # noqa: BLE001  a caller's function may raise anything
            reply["error"] = {"code": -32603, "message": type(error).__name__}
        with suppress(ProviderError):
            await self._post(agreed, reply)

    async def _answer(self, method: str, params: Mapping[str, Any]) -> Any:
        answerer = self._answerers.get(method)
        if answerer is None:
            why = f"the server asks for {method}, which nothing here answers: answerers={{{method!r}: ...}} of McpServer does"
            raise BadRequestError(why, provider="mcp")
        given = answerer(params)
        return await given if isinstance(given, Awaitable) else given

    async def _notify(self, agreed: Agreed, method: str, params: Mapping[str, Any] = NOTHING) -> None:
        await self._post(agreed, {"jsonrpc": "2.0", "method": method} | ({"params": dict(params)} if params else {}))

    async def _call_off(self, agreed: Agreed, id: int) -> None:
        with suppress(ProviderError):
            await self._notify(agreed, "notifications/cancelled", {"requestId": id, "reason": "cancelled"})

    async def _post(self, agreed: Agreed, message: dict[str, Any]) -> None:
        async with self._door.send("POST", message, handshake_headers(agreed)):
            pass

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if blocking.get():
            work.close()
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _unknown(versions: str) -> ConfigError:
    return ConfigError(f"this server speaks MCP {versions}; staysail knows {', '.join(MODERN + HANDSHAKE)}")


def rpc_error(error: Any, status: int) -> ProviderError:
    """A JSON-RPC error. Its numbers below -32603 are the request's fault, but for those that servers choose themselves."""
    told = error if isinstance(error, dict) else {"message": str(error)}
    code = told.get("code")
    kind = BadRequestError if code in (-32700, -32600, -32601, -32602, -32002, -32020, -32021, -32022) else ServerError
    return kind(str(told.get("message") or f"the server failed ({code})"), status=status, body={"error": told}, provider="mcp")


def rpc_code(error: ProviderError) -> int | None:
    """The JSON-RPC code of an error, whether it came with a status of its own or not."""
    told = error.body.get("error") if isinstance(error.body, Mapping) else None
    code = told.get("code") if isinstance(told, Mapping) else None
    return code if isinstance(code, int) else None


def _supported(error: ProviderError) -> list[str] | None:
    """The versions that an error of the newer era names; None for any other error."""
    if rpc_code(error) != UNSUPPORTED_VERSION:
        return None
    data = error.body["error"].get("data")
    versions = data.get("supported") if isinstance(data, Mapping) else None
    return [str(version) for version in versions] if isinstance(versions, list) else None
