"""For every test: a socket to anywhere but this machine is an error, so no test depends on a network; and a provider to talk to."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.server import Box, TestServer

pytest_plugins = ["tests.attack.counting"]
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

EVERY = bool(os.environ.get("STAYSAIL_EVERY"))
settings.register_profile("brief", max_examples=30)
if not EVERY:
    settings.load_profile("brief")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("thorough") and not EVERY:
            item.add_marker(pytest.mark.skip(reason="another test shows it in less time; STAYSAIL_EVERY=1 runs it"))


@pytest.fixture(scope="session")
def server() -> Iterator[TestServer]:
    """A provider played on 127.0.0.1: see tests/server."""
    with TestServer() as running:
        yield running


@pytest.fixture
def box(server: TestServer) -> Box:
    """An address of that server for this test alone."""
    return server.box()
