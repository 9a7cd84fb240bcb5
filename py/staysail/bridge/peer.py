"""Calls between Python and JavaScript, in both directions, over messages of JSON text. web/bridge/rpc.js is the other end and lists them.

How it works. Either side sends `call`, and the other answers with exactly one `done` or `fault`, before that with any number of `event`s
if the call streams. Values of a stream go out in batches, one batch each time the source really waits (once per network chunk, not per
value), and only as many as the reader said it has room for (`pull`), so a slow reader holds up the source instead of filling memory.
`cancel` ends a call early. `parent` names the other side's call on behalf of which this one is made, so that it finds the functions
given with that one. One array of bytes may come beside a message: the field `$bytes` of a call's params, of its value, or of the only
value of an event from JavaScript. A message that cannot be read fails the call that it names, by its beginning, which both sides write as
{"type":…,"id":….
"""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any, Literal

from ..core.errors import JsonError, RunCancelled, StaysailError
from ..core.json_text import MESSAGE_DEPTH, RECORD_DEPTH, read_json, write_json
from ..core.secrets import redact
from ..core.utf16 import FIELD, in_utf16

ROOM = 512
"""Most values of a stream that are sent before the reader asks for more; as in web/bridge/rpc.js."""

HEAD = re.compile(r'\{"type":"(\w+)","id":(\d{1,15})(?!\d)')
"""The beginning of every message."""
MOST_BYTES = 1 << 30

current_call: ContextVar[int | None] = ContextVar("staysail_current_call", default=None)
current_peer: ContextVar[Peer | None] = ContextVar("staysail_current_peer", default=None)
BYTES = "$bytes"

type Method = Callable[[Any], Awaitable[Any] | AsyncGenerator[Any]]


class RemoteError(StaysailError):
    """An error of the JavaScript side.

    Attributes:
        name: Its type there.
        thrown: Its number there, by which it becomes the `cause` of an error.
        status: The HTTP status that it carries, or None.
        retryable: Whether it says that the same call may succeed later; None where it says nothing.
    """

    code = "remote"

    def __init__(
        self,
        name: str,
        message: str,
        *,
        code: str | None = None,
        thrown: int | None = None,
        status: int | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.name, self.thrown, self.status, self.retryable = name, thrown, status, retryable


class Peer:
    """One end of the boundary. `send` takes a message's text, and bytes where there are any.

    Attributes:
        methods: Functions that the other side may call, by name.
        at_close: Functions to call when the other side is gone.
    """

    def __init__(self, send: Callable[..., object], loop: asyncio.AbstractEventLoop) -> None:
        self.methods: dict[str, Method] = {}
        self.at_close: list[Callable[[], None]] = []
        self._post: Callable[..., object] = send
        self._loop = loop
        self._incoming: dict[int, _IncomingCall] = {}
        self._outgoing: dict[int, _OutgoingCall] = {}
        self._last_id = 0

    def receive(self, text: str, data: bytes | None = None) -> None:
        """Handles one message. Never raises: an unreadable message fails its call, and an error within a call is sent back as `fault`."""
        try:
            message = read_json(text, what="a message from JavaScript", max_depth=MESSAGE_DEPTH, max_bytes=MOST_BYTES)
            if data is not None:
                _payload(message)[BYTES] = data
            self._take(message)
        except (StaysailError, LookupError, TypeError) as error:
            self._refuse(text, error)

    def _take(self, message: dict[str, Any]) -> None:
        id = message["id"]
        match message["type"]:
            case "call":
                call = self._incoming[id] = _IncomingCall()
                call.task = self._loop.create_task(self._serve(id, message["method"], message.get("params"), call))
            case "pull" if id in self._incoming:
                self._incoming[id].add_room(message["count"])
            case "cancel" if id in self._incoming:
                self._incoming[id].cancel()
            case "event" | "done" | "fault" as kind if waiting := self._outgoing.get(id):
                waiting.take(kind, message)

    def _refuse(self, text: str, error: Exception) -> None:
        """Fails the call that an unreadable message belongs to."""
        head = HEAD.match(text)
        kind, id = (head[1], int(head[2])) if head else ("", 0)
        if kind == "call":
            self._send(type="fault", id=id, error=describe(error))
        elif kind in ("event", "done", "fault") and (call := self._outgoing.get(id)):
            call.take("fault", {"type": "fault", "error": {"name": "JsonError", "message": str(error), "code": "bad_message"}})
            self._send(type="cancel", id=id)
        else:
            self.close()

    def close(self) -> None:
        """Ends every call in both directions, because the other side is gone."""
        self._post = lambda *_: None
        for call in list(self._incoming.values()):
            call.cancel()
        for waiting in list(self._outgoing.values()):
            waiting.take(
                "fault", {"type": "fault", "error": {"name": "Error", "message": "the page that was called is gone", "code": "gone"}}
            )
        for act in self.at_close:
            act()

    async def call(self, method: str, params: Any, on_event: Callable[[Any], object] | None = None) -> Any:
        """Returns the result of a call to the other side. on_event: called with each value that the call yields before its result.
        Cancelling it cancels the call there. Raises RemoteError."""
        async with aclosing(self._begin(method, params)) as messages:
            async for kind, value in messages:
                if kind == "done":
                    return value
                if on_event:
                    on_event(value)
        raise AssertionError("a call ends in done or fault")

    async def stream(self, method: str, params: Any) -> AsyncGenerator[Any]:
        """Yields the values of a streaming call as they arrive. Leaving the loop cancels the call there. Raises RemoteError."""
        async with aclosing(self._begin(method, params)) as messages:
            async for kind, value in messages:
                if kind == "event":
                    yield value

    async def _begin(self, method: str, params: Any) -> AsyncGenerator[tuple[Literal["event", "done"], Any]]:
        self._last_id += 1
        id, call = self._last_id, _OutgoingCall()
        self._outgoing[id] = call
        try:
            self._send(type="call", id=id, method=method, params=params, parent=current_call.get())
            while True:
                for value in call.drain():
                    yield "event", value
                    call.taken += 1
                    if call.taken >= ROOM // 2:
                        self._send(type="pull", id=id, count=call.taken)
                        call.taken = 0
                if call.end is None:
                    await call.wait()
                elif not call.values:
                    break
            if call.end["type"] == "fault":
                error = call.end["error"]
                data = {name: error.get(name) for name in ("code", "thrown", "status", "retryable")}
                raise RemoteError(error["name"], error["message"], **data)
            yield "done", call.end.get("value")
        finally:
            del self._outgoing[id]
            if call.end is None:
                self._send(type="cancel", id=id)

    async def _serve(self, id: int, name: str, params: Any, call: _IncomingCall) -> None:
        current_call.set(id)
        current_peer.set(self)
        try:
            method = self.methods.get(name)
            if method is None:
                raise StaysailError(f"there is no method {name!r} here; do both sides have the same version of staysail?", code="internal")
            work = method(params)
            if isinstance(work, AsyncGenerator):
                await self._pump(id, work, call)
                value = None
            else:
                value = await work
            self._send(type="done", id=id, value=value)
        except BaseException as error:  # noqa: BLE001  every error goes back to the caller
            self._flush(id, call)
            self._send_fault(id, call.unsent or error)
        finally:
            if self._incoming.get(id) is call:
                del self._incoming[id]

    async def _pump(self, id: int, values: AsyncGenerator[Any], call: _IncomingCall) -> None:
        async with aclosing(values):
            async for value in values:
                call.batch.append(value)
                if len(call.batch) == 1:
                    self._loop.call_soon(self._flush, id, call)
                if len(call.batch) >= call.room:
                    self._flush(id, call)
                    await call.wait_for_room()
        self._flush(id, call)
        if call.unsent:
            raise call.unsent

    def _flush(self, id: int, call: _IncomingCall) -> None:
        batch, call.batch = call.batch, []
        if not batch or call.unsent:
            return
        try:
            self._send(type="event", id=id, values=batch)
            call.room -= len(batch)
        except JsonError as error:
            call.unsent = error
            call.cancel()

    def _send_fault(self, id: int, error: BaseException) -> None:
        try:
            self._send(type="fault", id=id, error=describe(error))
        except JsonError:  # the data of the error cannot be written as JSON
            self._send(type="fault", id=id, error=describe(StaysailError(str(error), code=getattr(error, "code", None))))

    def _send(self, **message: Any) -> None:
        field = "params" if "params" in message else "value"
        value = message.get(field)
        if isinstance(value, dict) and BYTES in value:
            data = value[BYTES]
            self._post(_write(message | {field: {name: item for name, item in value.items() if name != BYTES}}), data)
        else:
            self._post(_write(message))


def _payload(message: dict[str, Any]) -> Any:
    """Returns the part of a message that bytes come beside."""
    if message["type"] == "event":
        return message["values"][0]
    return message["params" if "params" in message else "value"]


def _write(message: dict[str, Any]) -> str:
    """The message as JSON text, with places in texts as JavaScript counts them."""
    text = write_json(message, what=f"a {message['type']} for JavaScript", default=str, nonfinite="null")
    if f'"{FIELD}"' in text:
        text = write_json(in_utf16(read_json(text, max_depth=RECORD_DEPTH)), nonfinite="null")
    return text


class _IncomingCall:
    """A call from the other side."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self.batch: list[Any] = []
        self.room = ROOM
        self.unsent: JsonError | None = None
        self._has_room = asyncio.Event()

    def cancel(self) -> None:
        if self.task:
            self.task.cancel()

    def add_room(self, count: int) -> None:
        self.room += count
        self._has_room.set()

    async def wait_for_room(self) -> None:
        while self.room <= 0:
            self._has_room.clear()
            await self._has_room.wait()


class _OutgoingCall:
    """A call to the other side."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.end: dict[str, Any] | None = None
        self.taken = 0
        self._news = asyncio.Event()

    def take(self, kind: str, message: dict[str, Any]) -> None:
        if kind == "event":
            self.values += message["values"]
        else:
            self.end = message
        self._news.set()

    def drain(self) -> list[Any]:
        values, self.values = self.values, []
        return values

    async def wait(self) -> None:
        await self._news.wait()
        self._news.clear()


def describe(error: BaseException) -> dict[str, Any]:
    """Returns an error as plain data, with its traceback where it is not one of this package's errors."""
    if isinstance(error, StaysailError):
        cause = error.__cause__
        return error.to_dict() | ({"thrown": cause.thrown} if isinstance(cause, RemoteError) and cause.thrown is not None else {})
    if isinstance(error, asyncio.CancelledError):
        cancelled = RunCancelled("the run was cancelled")
        cancelled.history, cancelled.usage = getattr(error, "history", ()), getattr(error, "usage", None)
        return cancelled.to_dict()
    fault = StaysailError(f"staysail failed: {type(error).__name__}: {error}", code="internal")
    return fault.to_dict() | {"traceback": redact("".join(traceback.format_exception(error)))}
