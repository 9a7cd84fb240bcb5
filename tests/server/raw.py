"""A server that writes what it is told, as long as it is told, and counts what was taken from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress

type Write = Callable[[str], Iterable[bytes]]


class Raw:
    """url: of the server. sent_bytes: what clients took. requests: their heads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sent_bytes = 0
        self.requests: list[str] = []


@asynccontextmanager
async def raw_server(head: str, write: Write) -> AsyncIterator[Raw]:
    """head: of every response, without the blank line. write: the pieces of a body, from the request's head; it may go on for ever."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            raw.requests.append(request)
            writer.write(f"HTTP/1.1 {head}\r\nconnection: close\r\n\r\n".encode("latin-1"))
            for piece in write(request):
                writer.write(piece)
                raw.sent_bytes += len(piece)
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    raw = Raw(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with server:
        yield raw
