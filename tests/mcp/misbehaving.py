"""An MCP server on 127.0.0.1 that answers as a test tells it to: bytes of any size, at any pace, for as long as the client listens."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

INFO = {"serverInfo": {"name": "misbehaving", "version": "1"}, "capabilities": {"tools": {}, "resources": {}, "prompts": {}}}
TOOL = {"name": "add", "inputSchema": {"type": "object", "properties": {}}}
VERSION = "2025-11-25"


class Call:
    """One HTTP request, and the means to answer it. sent: bytes written so far."""

    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter) -> None:
        self.http, self.path, self.headers, self.writer = method, path, headers, writer
        self.message = json.loads(body) if body else {}
        self.sent = 0

    @property
    def method(self) -> str:
        return self.message.get("method", self.http) if isinstance(self.message, dict) else self.http

    @property
    def id(self) -> Any:
        return self.message.get("id")

    async def write(self, data: bytes | str) -> None:
        data = data.encode() if isinstance(data, str) else data
        self.writer.write(data)
        await self.writer.drain()
        self.sent += len(data)

    async def begin(self, status: int = 200, type: str = "application/json", **headers: str) -> None:
        """Begins an answer whose end is the end of the connection."""
        lines = [f"HTTP/1.1 {status} X", f"content-type: {type}", "connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.write("\r\n".join(lines) + "\r\n\r\n")

    async def stream(self, **headers: str) -> None:
        await self.begin(type="text/event-stream", **headers)

    async def event(self, data: Any, *, id: str = "", retry: int | None = None) -> None:
        lines = [f"retry: {retry}"] if retry is not None else []
        lines += [f"id: {id}"] if id else []
        await self.write("\n".join([*lines, f"data: {json.dumps(data)}"]) + "\n\n")

    async def result(self, result: Any, **headers: str) -> None:
        await self.begin(**headers)
        await self.write(json.dumps({"jsonrpc": "2.0", "id": self.id, "result": result}))

    async def error(self, status: int, code: int = -32601, **headers: str) -> None:
        await self.begin(status, **headers)
        await self.write(json.dumps({"jsonrpc": "2.0", "id": self.id, "error": {"code": code, "message": "no"}}))


type Behaviour = Callable[[Call], Awaitable[Any]]


async def behave_well(call: Call) -> None:
    """Answers as a server of the older era does."""
    match call.method:
        case "server/discover":
            await call.error(400)
        case "initialize":
            await call.result({"protocolVersion": VERSION} | INFO, mcp_session_id="s1")
        case "tools/list":
            await call.result({"tools": [TOOL]})
        case "tools/call":
            await call.result({"content": [{"type": "text", "text": "added"}]})
        case "GET":
            await call.error(405)
        case _:
            await call.begin(202)


class MisbehavingServer:
    """url: of the server. calls: every request so far. behaviours: what answers a method; other methods are answered well."""

    def __init__(self, behaviours: dict[str, Behaviour]) -> None:
        self.url = ""
        self.calls: list[Call] = []
        self.behaviours = behaviours
        self.writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def count(self, method: str) -> int:
        return sum(call.method == method for call in self.calls)

    def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        if self._closed:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._handle(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Ends every connection, also one that is only just being accepted."""
        self._closed = True
        for _ in range(3):
            await asyncio.sleep(0.01)
            for writer in self.writers:
                writer.transport.abort()
            for task in tuple(self._tasks):
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method, path, _ = first.split(" ")
            call = Call(method, path, headers, body, writer)
            self.calls.append(call)
            await self.behaviours.get(call.method, behave_well)(call)
        with suppress(OSError, asyncio.CancelledError):
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def misbehaving(behaviours: dict[str, Behaviour]) -> AsyncIterator[MisbehavingServer]:
    made = MisbehavingServer(behaviours)
    server = await asyncio.start_server(made.connect, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
    try:
        yield made
    finally:
        # A server that is closed between accepting a connection and making its transport leaves the socket open.
        asyncio.get_running_loop().remove_reader(server.sockets[0].fileno())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        server.close()
        await made.close()
        await server.wait_closed()
