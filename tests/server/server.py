"""The sockets of the test server: HTTP/1.1 by hand, because no library will break a connection on demand."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import parse_qs

from .answers import Payload, render
from .box import Answer, Box, Seen
from .recordings import find_scenario

READABLE = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "*",
    "cross-origin-resource-policy": "cross-origin",
    "timing-allow-origin": "*",
}
CLOSE_AT_ONCE = struct.pack("ii", 1, 0)


class TestServer:
    """Runs in a thread of its own with an event loop of its own, so that any kind of client may block on it."""

    __test__ = False  # not a test, whatever its name says to pytest

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._boxes: dict[str, Box] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="test-server", daemon=True)
        self._connections: set[_Connection] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._listener = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.url = f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"
        self.root = Box(self.url, [])
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def box(self, *answers: Answer, loop: bool = False) -> Box:
        """A new box with these answers."""
        name = f"box-{len(self._boxes) + 1}"
        self._boxes[name] = Box(f"{self.url}/{name}/v1", list(answers), loop=loop)
        return self._boxes[name]

    def adopt[B: Box](self, make: Callable[[str], B]) -> B:
        """A box of another kind. make: the box from its address."""
        name = f"box-{len(self._boxes) + 1}"
        box = make(f"{self.url}/{name}/v1")
        self._boxes[name] = box
        return box

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", self._port)

    async def _close(self) -> None:
        self._listener.close()
        for connection in list(self._connections):
            connection.abandon()
        await asyncio.sleep(0)

    def find_box(self, path: str) -> Box:
        return self._boxes.get(path.split("/")[1], self.root)

    async def control(self, seen: Seen) -> tuple[int, Any]:
        """Answers the JSON control endpoints."""
        steps = seen.path.strip("/").split("/")[1:]
        match seen.method, steps:
            case "POST", ["boxes"]:
                told = seen.json or {}
                if told.get("rules"):
                    from tests.rules import rules_box  # the rules are made of this server

                    box: Box = rules_box(self, told["rules"])
                else:
                    box = self.box(*told.get("answers", ()), loop=bool(told.get("loop")))
                if told.get("scenario"):
                    manner = {key: told[key] for key in ("chunk_bytes", "delay_s") if key in told}
                    box.play(find_scenario(told["scenario"]), **manner)
                return 200, {"id": box.url.split("/")[-2], "url": box.url}
            case "POST", ["boxes", name, "answers"] if name in self._boxes:
                self._boxes[name].add(*seen.json)
                return 200, {"id": name}
            case "GET", ["boxes", name, "seen"] if name in self._boxes:
                box, query = self._boxes[name], parse_qs(seen.query)
                count, closed = (int(query.get(key, ["0"])[0]) for key in ("count", "closed"))
                await _wait(box, count, closed, float(query.get("timeout_s", ["5"])[0]))
                return 200, {"seen": [one.to_dict() for one in box.seen], "preflights": [one.to_dict() for one in box.preflights]}
        return 404, {"error": {"message": f"there is no {seen.method} {seen.path} here; see the head of tests/server/__init__.py"}}


async def _wait(box: Box, count: int, closed: int, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            while len(box.seen) < count or sum(one.ended is not None for one in box.seen) < closed:
                await asyncio.sleep(0.01)
    except TimeoutError:
        return


class _Connection(asyncio.Protocol):
    def __init__(self, server: TestServer) -> None:
        self._server = server
        self._buffer = bytearray()
        self._arrived = asyncio.Event()
        self._gone = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(0)  # so that "drained" means the system took it
        self._server._connections.add(self)
        self._task = asyncio.ensure_future(self._serve())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._arrived.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone.set()
        self._arrived.set()
        self._writable.set()
        self._server._connections.discard(self)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def abandon(self) -> None:
        self._task.cancel()
        self._transport.abort()

    async def _serve(self) -> None:
        while (seen := await self._read_request()) is not None:
            if not await self._answer(seen):
                break
        self._transport.close()

    async def _read_until(self, is_there: Any) -> bool:
        while not is_there():
            if self._gone.is_set():
                return False
            self._arrived.clear()
            await self._arrived.wait()
        return True

    async def _read_request(self) -> Seen | None:
        if not await self._read_until(lambda: b"\r\n\r\n" in self._buffer):
            return None
        head, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        self._buffer = bytearray(rest)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await self._read_body(headers)
        path, _, query = target.partition("?")
        return None if body is None else Seen(method, path, query, headers, body)

    async def _read_body(self, headers: Mapping[str, str]) -> bytes | None:
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while True:
                if not await self._read_until(lambda: b"\r\n" in self._buffer):
                    return None
                line = bytes(self._buffer).partition(b"\r\n")[0]
                size, start = int(line, 16), len(line) + 2
                if not await self._read_until(lambda start=start, size=size: len(self._buffer) >= start + size + 2):
                    return None
                body += self._buffer[start : start + size]
                del self._buffer[: start + size + 2]
                if size == 0:
                    return body
        length = int(headers.get("content-length", 0))
        if not await self._read_until(lambda: len(self._buffer) >= length):
            return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    async def _answer(self, seen: Seen) -> bool:
        """Whether the connection goes on."""
        if seen.method in ("OPTIONS", "HEAD"):
            box = self._server.find_box(seen.path)
            box.preflights.append(seen)
            head = box.head if seen.method == "HEAD" else None
            return await self._write(seen, render(head(seen), seen.path, None, 0) if head else _granted(seen), {})
        if seen.path.startswith("/_control/"):
            status, told = await self._server.control(seen)
            return await self._write(seen, Payload(status, {"content-type": "application/json"}, [json.dumps(told).encode()]), {})
        box = self._server.find_box(seen.path)
        answer = box.take(seen)
        if answer.get("stall") == "headers":
            seen.begin()
        if answer.get("reset") == "headers":
            seen.end("server")
            self._reset()
            return False
        if answer.get("stall") == "headers" or not await self._pause(answer.get("before_s", 0)):
            await self._gone.wait()
            seen.end("client")
            return False
        return await self._write(seen, render(answer, seen.path, seen.json, len(box.seen)), answer)

    async def _write(self, seen: Seen, payload: Payload, answer: Mapping[str, Any]) -> bool:
        pieces, ending = _pieces(payload.pieces, answer)
        whole = ending == "whole"
        streamed = len(pieces) > 1 or "event-stream" in payload.headers.get("content-type", "") or not whole
        framing = {"transfer-encoding": "chunked"} if streamed else {"content-length": str(sum(map(len, pieces)))}
        if payload.status in (204, 304):
            framing, streamed = {}, False
        readable = {} if answer.get("cors") is False else READABLE
        lines = [f"HTTP/1.1 {payload.status} Told", *(f"{n}: {v}" for n, v in (readable | payload.headers | framing).items())]
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        delay_s = answer.get("delay_s", 0)
        for position, piece in enumerate(pieces):
            if (position and not await self._pause(delay_s)) or not await self._drained():
                seen.end("client")
                return False
            self._transport.write(b"%x\r\n%s\r\n" % (len(piece), piece) if streamed else piece)
            seen.sent_bytes += len(piece)
            seen.begin()
        seen.begin()
        if not await self._drained() or ending == "stall":
            await self._gone.wait()
            seen.end("client")
            return False
        if not whole:
            seen.end("server")
            if ending == "reset":
                await asyncio.sleep(0.02)  # what was written leaves before the connection breaks
                self._reset()
            return False
        if streamed:
            self._transport.write(b"0\r\n\r\n")
        seen.end("whole")
        return seen.headers.get("connection", "").lower() != "close"

    async def _pause(self, seconds: float) -> bool:
        """Whether the client is still there afterwards."""
        if not seconds:
            await asyncio.sleep(0)
            return not self._gone.is_set()
        try:
            async with asyncio.timeout(seconds):
                await self._gone.wait()
        except TimeoutError:
            pass
        return not self._gone.is_set()

    async def _drained(self) -> bool:
        await self._writable.wait()
        return not self._gone.is_set()

    def _reset(self) -> None:
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_AT_ONCE)
        self._transport.abort()


def _pieces(pieces: list[bytes], answer: Mapping[str, Any]) -> tuple[list[bytes], str]:
    """What will be written, in pieces, and how it ends."""
    ending = next((name for name in ("cut", "drop", "reset", "stall") if name in answer), "whole")
    if "chunk_bytes" in answer or ending != "whole":
        data = b"".join(pieces)
        if ending != "whole":
            limit = answer[ending]
            end = len(data) + limit if limit < 0 else limit
        else:
            end = len(data)
        if "chunk_bytes" in answer:
            size = answer["chunk_bytes"]
            pieces = [data[start : min(start + size, end)] for start in range(0, end, size)]
        else:
            pieces = _until(pieces, end)
    return [piece for piece in pieces if piece], "whole" if ending == "cut" else ending


def _until(pieces: list[bytes], end: int) -> list[bytes]:
    out = []
    for piece in pieces:
        out.append(piece[:end])
        end -= len(piece)
        if end <= 0:
            break
    return out


def _granted(seen: Seen) -> Payload:
    wanted = seen.headers.get("access-control-request-headers", "*")
    return Payload(
        204,
        {
            "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
            "access-control-allow-headers": wanted,
            "access-control-allow-private-network": "true",
            "access-control-max-age": "600",
        },
    )
