"""The way of messages from a Steering into its run: recorded when they are sent, delivered when their place has come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from ..core.waiting import blocking
from .run import Run
from .run_log import Journal
from .steering import MessageDelivered, MessageQueued, QueuedMessage, Steering


class Deliveries:
    """The messages that reach one run.

    Args:
        run: The run.
        steering: Their source; None for a run that takes none beside those that its record holds.
        journal: The record of a durable run.
    """

    def __init__(self, run: Run, steering: Steering | None, journal: Journal | None) -> None:
        self._run, self._steering, self._journal = run, steering, journal
        self._unrecorded: list[tuple[str, dict[str, Any]]] = []
        self._recording: asyncio.Task[None] | None = None
        self._arrived: list[MessageQueued] = []

    def open(self) -> Callable[[], None]:
        """Begins to take messages. Returns a function that ends it."""
        return self._steering.attach(self._queue, self._drop) if self._steering else lambda: None

    async def arrived(self) -> list[MessageQueued]:
        """Returns an event for each message that arrived since the last call, once all of them are on record."""
        if self._recording:
            await self._recording
        await self._record()
        arrived, self._arrived = self._arrived, []
        return arrived

    async def deliver(self, messages: Iterable[QueuedMessage]) -> list[MessageDelivered]:
        """Appends messages to the run. Returns their events."""
        for queued in messages:
            if self._journal:
                await self._journal.record("delivered", **queued.to_dict())
            self._run.deliver(queued)
            if self._steering:
                self._steering.deliver(queued.id)
        return [MessageDelivered(queued.id, queued.message, queued.when) for queued in messages]

    def _queue(self, queued: QueuedMessage) -> None:
        if self._run.queue(queued):
            self._arrived.append(MessageQueued(queued.id, queued.message, queued.when))
            self._note("queued", queued.to_dict())

    def _drop(self, id: str) -> None:
        if any(queued.id == id for queued in self._run.queued):
            self._run.unqueue(id)
            self._note("withdrawn", {"id": id})

    def _note(self, kind: str, data: dict[str, Any]) -> None:
        """Records at once, so that a message outlives the page also where the next step is far."""
        if self._journal is None:
            return
        self._unrecorded.append((kind, data))
        if not blocking.get() and (self._recording is None or self._recording.done()):
            self._recording = asyncio.ensure_future(self._record())

    async def _record(self) -> None:
        while self._journal and self._unrecorded:
            kind, data = self._unrecorded.pop(0)
            await self._journal.record(kind, **data)
