"""Whatever a server sends without end is given up at a limit, while it arrives and while it is unpacked."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from itertools import repeat

import pytest

from staysail import CompletionRequest, EmbeddingModel, NetworkError, ProviderError, load_model
from staysail.core.ports import HttpRequest
from staysail.host.httpx_transport import HttpxTransport
from staysail.host.unpacking import PIECE_BYTES, unpacker_for
from tests.server.raw import raw_server

LIMIT = 1 << 20
JSON = "200 OK\r\ncontent-type: application/json"
SSE = "200 OK\r\ncontent-type: text/event-stream"
BLOCK = b"x" * 65536


def model(url: str, name: str = "openai-compatible:m"):
    return load_model(name, base_url=f"{url}/v1", api_key="k-12345678", max_response_bytes=LIMIT)


async def complete(url: str) -> None:
    await model(url).complete(CompletionRequest("hi"))


async def stream(url: str) -> None:
    async for _ in model(url).stream(CompletionRequest("hi")):
        pass


async def stream_lines(url: str) -> None:
    async for _ in model(url, "ollama:m").stream(CompletionRequest("hi")):
        pass


async def embed(url: str) -> None:
    await EmbeddingModel("openai-compatible:m", base_url=f"{url}/v1", api_key="k-12345678", max_response_bytes=LIMIT, retry=1).embed_text(
        "a"
    )


def packed(compress: Callable[[], "zlib._Compress"]) -> Iterator[bytes]:
    stream = compress()
    while True:
        yield stream.compress(b" " * (1 << 20)) + stream.flush(zlib.Z_SYNC_FLUSH)


def gzipped() -> Iterator[bytes]:
    return packed(lambda: zlib.compressobj(9, zlib.DEFLATED, 31))


def small_events() -> Iterator[bytes]:
    return repeat(b'data: {"choices":[{"index":0,"delta":{"content":""}}],"pad":"%s"}\n\n' % (b"x" * 8000))


ENDLESS = {
    "a whole answer": (complete, JSON, lambda: repeat(BLOCK), "a response of more than 1,048,576 bytes"),
    "a stream asked for as a whole": (complete, SSE, small_events, "a response of more than"),
    "a whole answer to a stream": (stream, JSON, lambda: iter([b'{"a":"', *repeat(BLOCK, 100_000)]), "a response of more than"),
    "embeddings": (embed, JSON, lambda: repeat(b"[0.1," * 10_000), "a response of more than"),
    "one line of a stream": (stream, SSE, lambda: iter([b"data: ", *repeat(BLOCK, 100_000)]), "an event of more than 1,048,576 bytes"),
    "one event of a stream": (stream, SSE, lambda: repeat(b"data: x\n" * 5000), "an event of more than"),
    "an event of empty lines": (stream, SSE, lambda: repeat(b"data:\n" * 5000), "an event of more than"),
    "one line of JSON lines": (
        stream_lines,
        "200 OK\r\ncontent-type: application/x-ndjson",
        lambda: repeat(BLOCK),
        "an event of more than",
    ),
    "a stream in all": (stream, SSE, small_events, "a stream of more than 16,777,216 bytes"),
    "packed as gzip": (complete, f"{JSON}\r\ncontent-encoding: gzip", gzipped, "a response of more than"),
    "packed as deflate": (complete, f"{JSON}\r\ncontent-encoding: deflate", lambda: packed(zlib.compressobj), "a response of more than"),
    "packed without zlib's header": (
        complete,
        f"{JSON}\r\ncontent-encoding: deflate",
        lambda: packed(lambda: zlib.compressobj(9, zlib.DEFLATED, -15)),
        "a response of more than",
    ),
    "a packed stream": (stream, f"{SSE}\r\ncontent-encoding: gzip", gzipped, "bytes"),
}


@pytest.mark.parametrize("name", ENDLESS)
async def test_what_has_no_end_is_given_up_at_the_limit(name: str):
    call, head, body, said = ENDLESS[name]
    async with raw_server(head, lambda _: body()) as raw:
        tracemalloc.start()
        try:
            with pytest.raises(ProviderError, match=said) as caught:
                await asyncio.wait_for(call(raw.url), 30)
            peak_bytes = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert caught.value.code == "too_large"
    assert not caught.value.retryable
    assert "max_response_bytes" in str(caught.value)
    assert peak_bytes < 24 * LIMIT


@pytest.mark.parametrize("call", [complete, stream, embed])
async def test_of_an_error_only_the_beginning_is_read(call):
    async with raw_server("400 Bad Request\r\ncontent-type: text/plain", lambda _: repeat(b"no " * 1000)) as raw:
        with pytest.raises(ProviderError, match="answered 400: no no") as caught:
            await asyncio.wait_for(call(raw.url), 10)
    assert len(caught.value.body) == 65_536
    assert raw.sent_bytes < 16 << 20  # what fits into the sockets' buffers


async def body_of(url: str) -> bytes:
    async with HttpxTransport().send(HttpRequest("GET", url)) as response:
        return b"".join([chunk async for chunk in response.chunks()])


TEXT = bytes(range(256)) * 5000


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        ("GZIP", gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:])),
        ("gzip", gzip.compress(TEXT) + b"\0" * 512),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)[2:-4]),
    ],
    ids=["plain", "gzip", "x-gzip", "two members", "padding", "zlib", "bare"],
)
@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
async def test_a_packed_body_is_unpacked_however_it_is_cut(encoding: str, data: bytes, size: int):
    pieces = [data[at : at + size] for at in range(0, min(len(data), 40 * size), size)] + [data[40 * size :]]
    async with raw_server(f"200 OK\r\ncontent-encoding: {encoding}", lambda _: pieces) as raw:
        assert await body_of(raw.url) == TEXT
    assert "accept-encoding: gzip, deflate" in raw.requests[0].lower()


@pytest.mark.parametrize(
    ("encoding", "data"), [("gzip", b"not packed"), ("deflate", b"\xff" * 50), ("br", b"\x0b\x02\x80"), ("gzip, gzip", b"x")]
)
async def test_a_body_that_cannot_be_unpacked_is_a_network_error(encoding: str, data: bytes):
    async with raw_server(f"200 OK\r\ncontent-encoding: {encoding}", lambda _: [data]) as raw:
        with pytest.raises(NetworkError, match="cannot be unpacked") as caught:
            await body_of(raw.url)
    assert caught.value.code == "bad_encoding"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_small_chunk_is_unpacked_into_small_pieces(coding: str):
    packed = (gzip.compress if coding == "gzip" else zlib.compress)(bytes(64 << 20))
    unpacker = unpacker_for(coding)
    assert unpacker is not None
    sizes = [len(piece) for piece in unpacker.feed(packed)]
    assert sum(sizes) == 64 << 20
    assert max(sizes) <= PIECE_BYTES
