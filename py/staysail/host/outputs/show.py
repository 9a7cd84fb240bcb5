"""`show`: a run that streams into one output of whatever runs the program: a notebook, a page or a terminal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Sequence
from contextlib import aclosing
from importlib import import_module
from typing import Any, Protocol

from ...agent.events import RunDone
from ...agent.reply import Reply
from ...core.errors import ConfigError, StaysailError
from ...core.events import Event
from ...core.shown import ShownPart
from .run_view import RunView

SHORTEST_WAIT_S = 0.08
SHARE = 4
"""Drawing takes at most one part in so many of the time."""
OUTPUTS = ("marimo_output", "jupyter", "pyscript_output", "terminal")
"""Modules with a function `find`, called in this order; the last one always has an output."""


class Output(Protocol):
    """One place that is drawn again and again."""

    def draw(self, parts: Sequence[ShownPart], *, is_last: bool) -> None: ...


async def show(events: AsyncIterable[Event], *, output: Output | None = None) -> Reply:
    """Shows a run while it streams, and returns its Reply.

        reply = await show(agent.stream("Which of these berths is the cheapest?"))

    The text appears as Markdown, each tool call as a card that can be folded, pictures as pictures, all in one output that is drawn again
    as events arrive: in Jupyter, JupyterLite, VS Code, marimo, PyScript and terminals (with Markdown where rich is installed). What a
    model or a tool wrote is escaped; its pictures from other addresses are links.

    Cancelling `show` closes the stream, and with it the request. A run that fails keeps what was shown, with the reason below it.

    Args:
        events: `agent.stream(...)`, `agent.resume_stream(...)` or `agent.watch(...)`.
        output: Where to draw, an object with `draw(parts, is_last=...)`; found by what the runtime offers, if left out.

    Raises:
        ConfigError: The events are not a stream, or they end without a reply.
        StaysailError: As the stream raises it.
    """
    if not hasattr(events, "__aiter__"):
        raise ConfigError(f"show takes a stream of events, as in `await show(agent.stream(...))`, not {type(events).__name__}")
    drawn, view = Redrawing(output or find_output()), RunView()
    reply: Reply | None = None
    try:
        async with aclosing(_as_generator(events)) as stream:
            async for event in stream:
                view.add(event)
                if isinstance(event, RunDone):
                    reply = event.reply
                await drawn.draw_soon(view)
    except asyncio.CancelledError:
        view.stop("cancelled")
        raise
    except StaysailError as error:
        view.stop(f"{type(error).__name__}: {error}")
        raise
    except Exception as error:
        view.stop(type(error).__name__)
        raise
    finally:
        drawn.draw_last(view)
    if reply is None:
        raise ConfigError("the events ended without a reply: the run was watched, and its owner is gone")
    return reply


def find_output() -> Output:
    """Returns the output of the notebook, page or terminal that runs this code."""
    for name in OUTPUTS:
        find: Callable[[], Output | None] = import_module(f"{__package__}.{name}").find
        if found := find():
            return found
    raise AssertionError("a terminal is always there")


async def _as_generator[T](events: AsyncIterable[T]) -> AsyncGenerator[T]:
    try:
        async for event in events:
            yield event
    finally:
        close: Any = getattr(events, "aclose", None)
        if close:
            await close()


class Redrawing:
    """Draws at most every SHORTEST_WAIT_S, and less often where drawing is slow."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._next = 0.0

    async def draw_soon(self, view: RunView) -> None:
        started = time.monotonic()
        if started < self._next:
            return
        self._output.draw(view.parts(), is_last=False)
        took = time.monotonic() - started
        self._next = started + max(SHORTEST_WAIT_S, SHARE * took)
        await asyncio.sleep(0)  # lets the page or the kernel send it

    def draw_last(self, view: RunView) -> None:
        self._output.draw(view.parts(), is_last=True)
