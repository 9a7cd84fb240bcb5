import asyncio
import gc
import sys
import threading
import weakref

import pytest

from staysail import NetworkError
from staysail.core.ports import HttpRequest
from staysail.host.httpx_transport import HttpxTransport
from tests.server import Box


async def fetch(transport: HttpxTransport, url: str) -> tuple[int, dict, bytes]:
    async with transport.send(HttpRequest("POST", url, {"x-a": "1"}, b"{}")) as response:
        return response.status, dict(response.headers), b"".join([chunk async for chunk in response.chunks()])


async def test_status_headers_and_body_come_as_they_are(box: Box):
    box.add({"status": 418, "headers": {"X-Tea": "green"}, "body": "no coffee"})
    status, headers, body = await fetch(HttpxTransport(), box.url)
    assert (status, headers["x-tea"], body) == (418, "green", b"no coffee")
    assert box.seen[0].headers["x-a"] == "1"
    assert box.seen[0].headers["user-agent"].startswith("staysail/")


async def test_the_body_comes_as_it_arrives(box: Box):
    box.add({"text": "a b c d", "stall": -1, "chunk_bytes": 64})
    async with HttpxTransport().send(HttpRequest("POST", f"{box.url}/responses", {}, b'{"stream": true}')) as response:
        assert (await anext(aiter(response.chunks()))).startswith(b"event: ")
    assert await asyncio.to_thread(box.seen[0].wait_closed, 1) == "client"


@pytest.mark.parametrize(
    ("url", "code"),
    [("http://127.0.0.1:9/", "unreachable"), ("ftp://127.0.0.1/", "bad_url"), ("http://[::bad/", "bad_url"), ("nothing", "bad_url")],
)
async def test_what_cannot_be_reached_is_a_network_error(url: str, code: str):
    with pytest.raises(NetworkError) as raised:
        await fetch(HttpxTransport(), url)
    assert raised.value.code == code
    assert raised.value.retryable == (code == "unreachable")


@pytest.mark.parametrize("trouble", [{"reset": "headers"}, {"body": "x" * 100, "drop": 10}, {"body": "x" * 100, "reset": 10}], ids=str)
async def test_a_connection_that_breaks_is_a_network_error(box: Box, trouble: dict):
    box.add(trouble)
    with pytest.raises(NetworkError) as raised:
        await fetch(HttpxTransport(), box.url)
    assert raised.value.retryable
    assert "127.0.0.1" in str(raised.value)


def test_one_transport_serves_several_event_loops_and_keeps_none_alive(box: Box):
    box.add({"body": "ok", "times": 6})
    transport = HttpxTransport()
    loops: list[weakref.ref] = []

    async def twice() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await fetch(transport, box.url)
        await fetch(transport, box.url)

    asyncio.run(twice())
    threads = [threading.Thread(target=lambda: asyncio.run(twice())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert len(box.seen) == 6
    assert [loop() for loop in loops] == [None, None, None]


async def test_an_exchange_is_closed_by_its_owner_and_not_by_a_loop_that_ends(box: Box):
    """A loop closes the async generators that are left, all at once: an exchange among them was closed twice, with a traceback."""
    box.add({"body": "ok"})
    left: list[str] = []
    hooks = sys.get_asyncgen_hooks()

    def begin(generator) -> None:
        left.append(generator.__qualname__)
        hooks.firstiter(generator)

    sys.set_asyncgen_hooks(firstiter=begin)
    try:
        assert await fetch(HttpxTransport(), box.url)
    finally:
        sys.set_asyncgen_hooks(*hooks)
    assert "HttpxTransport._keep" in left  # which closes the client
    assert "HttpxTransport.send" not in left
