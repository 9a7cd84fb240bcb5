"""For every test: a socket to anywhere but this machine is an error, so no test depends on a network; and a provider to talk to."""

import sys
from collections.abc import Iterator

import pytest

from tests.server import Box, TestServer

LOOPBACK = ("127.", "::1", "localhost")


def _forbid_the_network(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else ""
    elif event == "socket.getaddrinfo":
        host = arguments[0] or ""
    else:
        return
    host = host.decode() if isinstance(host, bytes) else str(host)
    if host and not host.startswith(LOOPBACK):
        raise RuntimeError(f"a test may only connect to 127.0.0.1, not to {host}")


sys.addaudithook(_forbid_the_network)


@pytest.fixture(scope="session")
def server() -> Iterator[TestServer]:
    """A provider played on 127.0.0.1: see tests/server."""
    with TestServer() as running:
        yield running


@pytest.fixture
def box(server: TestServer) -> Box:
    """An address of that server for this test alone."""
    return server.box()
