"""Resuming a durable run: its recorded events come first; then the run continues where it stopped, or is watched while another process
owns it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from ..core.errors import ConfigError, RunStopped, StaysailError
from ..core.events import Event
from ..core.json_text import RECORD_DEPTH, read_json
from .actions import Finish, Pause
from .driver import Driver
from .events import ReplayDone, RunDone
from .interface import RunOwner
from .replay import Replay, read_live
from .run_log import Journal, RunLog
from .settings import Settings

SILENCE_S = 0.5
"""Seconds without an event, after which a watcher checks whether the owner still exists."""


class ResumedRun:
    """A durable run that is resumed from its log. id: the run's id."""

    def __init__(self, agent: RunOwner, id: str, settings: Settings, approvals: Mapping[str, Any] | None = None) -> None:
        if settings.durable is None:
            raise ConfigError(f"run {id} can only be resumed by an agent that keeps its runs: give durable=True")
        self._agent, self._id, self._settings, self._approvals = agent, id, settings, approvals
        self._log: RunLog = settings.durable
        output = settings.output_codec
        self._replay = Replay(id, output.decode if output else None)

    async def events(self, *, streamed: bool, take_over: bool = True) -> AsyncGenerator[Event]:
        """Yields the run's events; the last is RunDone.

        Args:
            streamed: Also events of the model's answers while they arrive.
            take_over: Continues the run when nobody owns it; otherwise only watches.

        Raises:
            ConfigError: There is no run with this id.
        """
        news: asyncio.Queue[str] = asyncio.Queue()
        leave = self._log.locks.listen(self._id, news.put_nowait)
        try:
            for event in await self._read():
                yield event
            _ = self._replay.run  # raises where there is none
            yield ReplayDone()
            while True:
                if take_over:
                    async with self._log.locks.own(self._id, wait=False) as mine:
                        if mine:
                            async with aclosing(self._go_on(streamed)) as events:
                                async for event in events:
                                    yield event
                            return
                elif self._id not in await self._log.locks.owned():
                    for event in [*await self._read(), *self._end()]:
                        yield event
                    return
                async with aclosing(self._watch(news)) as events:
                    async for event in events:
                        yield event
                        if isinstance(event, RunDone):
                            return
        finally:
            leave()

    async def _read(self) -> list[Event]:
        return self._replay.take_all(await self._log.read(self._id, self._replay.count))

    async def _go_on(self, streamed: bool) -> AsyncGenerator[Event]:
        for event in await self._read():
            yield event
        replay = self._replay
        if replay.state == "done":
            if self._settings.place:
                await self._settings.place.keep_once(replay.run)
            for event in self._end():
                yield event
            return
        info = next((info for info in await self._log.runs() if info.id == self._id), None)
        journal = Journal(self._log, self._id, replay.count, info)
        driver = Driver(self._agent, replay.run, self._settings, self._approvals, journal, uncertain=replay.begun)
        async with aclosing(driver.stream(streamed=streamed)) as events:
            async for event in events:
                yield event

    async def _watch(self, news: asyncio.Queue[str]) -> AsyncGenerator[Event]:
        """Yields the owner's events until SILENCE_S pass without one, or the run ends."""
        while True:
            try:
                async with asyncio.timeout(SILENCE_S):
                    message = read_json(await news.get(), max_depth=RECORD_DEPTH)
            except TimeoutError:
                message = {}
            if "event" in message:
                event = read_live(message["event"])
                if event and self._replay.follows(event):
                    yield event
                continue
            for record in await self._log.read(self._id, self._replay.count):
                for event in self._replay.take(record):
                    yield event
                if record["kind"] == "model_begun" and message:
                    yield self._replay.begin_step()
                elif record["kind"] == "model_begun":
                    self._replay.live = False
                for event in self._end():
                    yield event
                    return
            if not message:
                return

    def _end(self) -> list[Event]:
        """Returns the RunDone of a run that is done or paused; an empty list while it is under way. Raises the recorded error of a run
        that failed."""
        replay = self._replay
        if replay.state in ("failed", "stopped"):
            error = replay.error or {}
            kind = RunStopped if replay.state == "stopped" else StaysailError
            raised = kind(error.get("message") or "the run was stopped", code=error.get("code"))
            raised.history, raised.usage = replay.run.history, replay.run.usage
            raise raised
        if replay.state in ("done", "paused"):
            match replay.run.next():
                case Finish(reply) | Pause(_, reply):
                    return [RunDone(reply.replace(run_id=self._id))]
        return []
