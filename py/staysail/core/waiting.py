"""Waiting, with an event loop or without one.

`prompt_sync` in a worker without JSPI cannot wait for the loop, so it steps the same coroutines by hand (`drive`) with a transport
that blocks. Code that would wait for the loop checks `blocking` and blocks instead.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine, Generator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any

from .errors import ConfigError

blocking: ContextVar[bool] = ContextVar("staysail_blocking", default=False)


class SystemClock:
    """The default Clock of an agent."""

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        if blocking.get():
            time.sleep(seconds)  # noqa: ASYNC251  there is no loop to hold up
        else:
            await asyncio.sleep(seconds)


@asynccontextmanager
async def timeout(seconds: float | None) -> AsyncGenerator[asyncio.Timeout | None]:
    """Raises TimeoutError in the block after `seconds`. Yields the limit, which can be moved; None, for no limit, if `seconds` is None
    or there is no event loop. Raises ConfigError under an event loop other than asyncio's."""
    if not blocking.get():
        _expect_asyncio()
        if seconds is not None:
            async with asyncio.timeout(seconds) as limit:
                yield limit
            return
    yield None


class CancelWatch:
    """Finds cancellations of the current task that code called by the run caught and did not raise again, as a bare `except` does."""

    def __init__(self) -> None:
        self._task = None if blocking.get() else asyncio.current_task()
        self._asked = self._task.cancelling() if self._task else 0

    def check(self) -> None:
        """Raises CancelledError where the task was cancelled since."""
        if self._task and self._task.cancelling() > self._asked and self._task is asyncio.current_task():
            raise asyncio.CancelledError


def drive[T](work: Coroutine[Any, Any, T], name: str = "prompt_sync") -> T:
    """Runs a coroutine that never waits. Raises ConfigError if it would. name: the method that the caller called."""
    token = blocking.set(True)
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    except RuntimeError as error:
        if "event loop" not in str(error) and "inside a task" not in str(error):
            raise
        raise ConfigError(_cannot_wait(name)) from error
    finally:
        blocking.reset(token)
    with suppress(RuntimeError):  # a context that would wait for its own end
        work.close()
    raise ConfigError(_cannot_wait(name))


def drive_each[T](values: AsyncGenerator[T]) -> Generator[T]:
    """Yields the values of an async generator that never waits. Raises ConfigError if it would."""
    ended = object()

    async def following() -> Any:
        return await anext(values, ended)

    try:
        while (value := drive(following(), "stream_sync")) is not ended:
            yield value
    finally:
        drive(values.aclose(), "stream_sync")


def refuse_blocking(what: str) -> None:
    """Raises ConfigError in `prompt_sync` and `stream_sync` where only the provider can be waited for. what: the thing that would have to
    be waited for."""
    if blocking.get():
        raise ConfigError(
            f"code that is not async cannot wait for {what} here, because the browser has no JSPI: use `await agent.prompt(...)`"
        )


def _cannot_wait(name: str) -> str:
    instead = "async for event in agent.stream(...)" if name == "stream_sync" else "await agent.prompt(...)"
    return (
        f"{name} can wait for the provider alone here, because the browser has no JSPI, and a tool, hook or model of this run waits for "
        f"something else (a timer, JavaScript): use `{instead}`"
    )


def _expect_asyncio() -> None:
    """Raises ConfigError where a coroutine runs on something other than asyncio, such as trio."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigError(
            "staysail needs asyncio, and no event loop of asyncio runs here (under trio none does): "
            'start the program with asyncio.run(main()) or anyio.run(main, backend="asyncio")'
        ) from None
