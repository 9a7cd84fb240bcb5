"""Waiting in code that is not async, in Pyodide: the browser suspends the JavaScript stack (JSPI), or a blocking transport is used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from importlib import import_module
from typing import Any

import js
from pyodide.ffi import JsException, can_run_sync
from pyodide.ffi import run_sync as wait_with_jspi

from ..core.errors import ConfigError, NetworkError
from ..core.ports import HttpRequest, HttpResponse, Transport, origin_of, without_secrets
from ..core.redirects import redirected
from ..core.waiting import drive, drive_each


def run_sync[T](work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Returns the result of `work()`. Raises ConfigError in a runtime that can neither suspend nor block: Node without JSPI."""
    if _can_suspend():
        waited: T = wait_with_jspi(work())
        return waited
    _expect_blocking("prompt_sync", "await agent.prompt(...)")
    return drive(work())


def iterate_sync[T](work: Callable[[], AsyncGenerator[T]]) -> Generator[T]:
    """Yields the values of `work()`. Raises ConfigError in a runtime that can neither suspend nor block."""
    if _can_suspend():
        yield from _iterate_with_jspi(work())
    else:
        _expect_blocking("stream_sync", "async for event in agent.stream(...)")
        yield from drive_each(work())


def _iterate_with_jspi[T](values: AsyncGenerator[T]) -> Generator[T]:
    """Yields the values, which one task reads: timeouts of asyncio begin and end in the same task."""
    news: asyncio.Queue[tuple[T] | None] = asyncio.Queue()

    async def pump() -> None:
        try:
            async with aclosing(values):
                async for value in values:
                    news.put_nowait((value,))
        finally:
            news.put_nowait(None)

    task = asyncio.ensure_future(pump())
    try:
        while (item := wait_with_jspi(news.get())) is not None:
            yield item[0]
        wait_with_jspi(task)
    finally:
        if task.cancel():
            with suppress(asyncio.CancelledError):
                wait_with_jspi(task)


def _can_suspend() -> bool:
    """Returns whether the browser can suspend this call. An interpreter restored from a snapshot that was made without JSPI does not know
    that the browser has it, so an empty wait is tried."""
    if not can_run_sync():
        return False
    waiting = asyncio.sleep(0)
    try:
        wait_with_jspi(waiting)
    except RuntimeError as error:
        if "stack switching not supported" not in str(error):
            raise
        waiting.close()
        return False
    return True


def _expect_blocking(name: str, instead: str) -> None:
    if not hasattr(js, "XMLHttpRequest"):
        raise ConfigError(f"{name} needs JSPI or XMLHttpRequest, and this runtime has neither; use `{instead}`")


def blocking_transport() -> Transport:
    """Returns a transport over pyodide-http's synchronous requests. Raises ConfigError where the package is not installed."""
    try:
        core = import_module("pyodide_http._core")
    except ModuleNotFoundError as error:
        raise ConfigError('prompt_sync needs pyodide-http here: await micropip.install("pyodide-http")') from error
    return BlockingTransport(core)


class BlockingTransport:
    """A transport that blocks until the whole response has arrived, as its only chunk. Raises TimeoutError in a worker; the main thread
    of a page lets no such request have a time limit.

    XMLHttpRequest follows redirects with every header and the body. So before the first private request to an address, a request
    without key and body finds out whether the address redirects.
    """

    def __init__(self, core: Any) -> None:
        self._core = core
        self._known: set[str] = set()

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[HttpResponse]:
        if request.is_private:
            self._check_redirects(request)
        limits = [limit for limit in (request.timeouts.silence_s, request.timeouts.total_s) if limit is not None]
        sent = self._core.Request(request.method, request.url, headers=dict(request.headers), body=request.body or None)
        sent.timeout = min(limits, default=0)
        try:
            response = self._core.send(sent)
        except Exception as error:
            if getattr(error, "name", "") == "TimeoutError":
                raise TimeoutError from error
            raise NetworkError(f"{request!r} failed: {error}", code="unreachable", retryable=True) from error
        yield _Response(response)

    def _check_redirects(self, request: HttpRequest) -> None:
        url = without_secrets(request.url)
        if url in self._known:
            return
        probe = js.XMLHttpRequest.new()
        try:
            probe.open("HEAD", url, False)
            probe.send()
        except JsException:
            return  # no answer that a page may read; the request itself will show why
        if probe.responseURL and origin_of(probe.responseURL) != request.origin:
            redirected(request, 307, probe.responseURL)
        self._known.add(url)


class _Response:
    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}
        self._body: bytes = response.body if isinstance(response.body, bytes) else bytes(response.body)

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self._body
