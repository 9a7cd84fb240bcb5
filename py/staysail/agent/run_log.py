"""The log of durable runs: one record for each step, from which an interrupted run continues where it stopped."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Literal, Protocol

from ..core.json_text import RECORD_DEPTH, json_bytes, read_json, write_json
from ..core.locks import Lock
from ..core.memory_records import MemoryRecords
from ..core.ports import KeyValue
from ..core.secrets import redact
from ..core.value import Value

type RunState = Literal["running", "paused", "done", "failed", "stopped"]


class RunLocks(Protocol):
    """Ownership of runs between tabs and processes, and messages from the owner to watchers. Ownership ends with its owner, however the
    owner ends."""

    def own(self, id: str, *, wait: bool) -> AbstractAsyncContextManager[bool]:
        """Whether the run is owned within the block. wait: until it is."""

    async def owned(self) -> set[str]:
        """Returns the ids of all runs that have an owner now."""

    def tell(self, id: str, message: str) -> None: ...
    def listen(self, id: str, take: Callable[[str], object]) -> Callable[[], None]:
        """Calls `take` with each message about the run. Returns a function that ends it."""


class RunInfo(Value):
    """A run in the log.

    Attributes:
        state: "running": under way if `owned`, else interrupted; "paused": waits for an approval; "failed" or "stopped": can be
            resumed; "done": resuming it returns its reply again.
        prompt: The beginning of the prompt.
        started_at, updated_at: Seconds since 1970.
        owned: Whether a tab or process is carrying the run out.
        conversation: The id of the conversation that the run belongs to.
    """

    id: str
    agent: str | None
    state: RunState
    prompt: str
    started_at: float
    updated_at: float
    owned: bool = False
    conversation: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in RunInfo.__match_args__}


class RunLog:
    """An append-only log of runs. A record is never changed, and is deleted only together with its run."""

    def __init__(self, records: KeyValue, locks: RunLocks) -> None:
        self._records = records
        self._commit_soon: Callable[[dict[str, bytes]], Awaitable[None]] = getattr(records, "commit_soon", records.commit)
        self.locks = locks

    async def append(self, id: str, position: int, record: Mapping[str, Any], info: RunInfo | None = None, *, soon: bool = False) -> None:
        """Appends a record, which survives the end of the process.

        Args:
            position: Counts from 0.
            info: Replaces the run's entry in the list of runs.
            soon: Does not wait until the record is safe from a power cut too.
        """
        puts = {_key(id, position): _encode(record)}
        if info:
            puts[f"info/{id}"] = _encode(info.to_dict())
        await (self._commit_soon if soon else self._records.commit)(puts)
        self.locks.tell(id, write_json({"records": position + 1}))

    async def read(self, id: str, start: int = 0) -> list[dict[str, Any]]:
        """Returns the records from `start` on, in order."""
        if start == 0:
            return [read_json(data, max_depth=RECORD_DEPTH) for _, data in sorted(await self._records.scan(f"run/{id}/"))]
        found: list[dict[str, Any]] = []
        while (data := (await self._records.get([_key(id, start + len(found))]))[0]) is not None:
            found.append(read_json(data, max_depth=RECORD_DEPTH))
        return found

    async def runs(self) -> list[RunInfo]:
        """Returns all runs, newest first."""
        owned = await self.locks.owned()
        infos = [RunInfo(**read_json(data)) for _, data in await self._records.scan("info/")]
        return sorted((info.replace(owned=info.id in owned) for info in infos), key=lambda info: -info.started_at)

    async def delete(self, id: str) -> None:
        await self._records.commit({}, [f"info/{id}", *await self._records.keys(f"run/{id}/")])


SOON = ("started", "model_begun", "answered", "rejected", "tool_done")
"""Kinds of records that no tool depends on. A power cut within milliseconds may take them: the model is called again, or a person
decides whether a call is repeated. The call of a tool and every request to a person are on the disk before they begin."""


class Journal:
    """The writer of one run's records."""

    def __init__(self, log: RunLog, id: str = "", position: int = 0, info: RunInfo | None = None) -> None:
        self.id = id or os.urandom(8).hex()
        self._log, self._position, self._info = log, position, info

    def own(self) -> AbstractAsyncContextManager[bool]:
        return self._log.locks.own(self.id, wait=True)

    async def begin(self, agent: str | None, prompt: str, run: Mapping[str, Any], conversation: str | None = None) -> None:
        """Records the start of a run, or that a recorded run is running again."""
        now = time.time()
        if self._info is None:
            self._info = RunInfo(self.id, agent, "running", prompt[:200], now, now, conversation=conversation)
            await self._append({"kind": "started", "run": run}, self._info)
        elif self._info.state != "running":
            await self.note("running")

    async def record(self, kind: str, **data: Any) -> None:
        await self._append({"kind": kind, **data})

    async def note(self, state: RunState, **data: Any) -> None:
        """Records that the run's state has changed."""
        assert self._info
        self._info = self._info.replace(state=state, updated_at=time.time(), owned=False)
        await self._append({"kind": "state", "state": state, **data}, self._info)

    def tell(self, event: Mapping[str, Any]) -> None:
        """Sends an event to watchers without recording it."""
        self._log.locks.tell(self.id, write_json({"event": event}, default=str, nonfinite="null"))

    async def _append(self, record: Mapping[str, Any], info: RunInfo | None = None) -> None:
        position, self._position = self._position, self._position + 1
        await self._log.append(self.id, position, record, info, soon=record["kind"] in SOON or record.get("state") == "done")


class ProcessRunLocks:
    """Ownership of runs among the tasks of one process."""

    def __init__(self) -> None:
        self._locks: dict[str, Lock] = {}
        self._listeners: dict[str, list[tuple[asyncio.AbstractEventLoop, Callable[[str], object]]]] = {}

    @asynccontextmanager
    async def own(self, id: str, *, wait: bool) -> AsyncGenerator[bool]:
        lock = self._locks.setdefault(id, Lock())
        if wait:
            await lock.acquire()
        elif not lock.acquire_nowait():
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    async def owned(self) -> set[str]:
        return {id for id, lock in list(self._locks.items()) if lock.locked()}

    def tell(self, id: str, message: str) -> None:
        here = asyncio.get_running_loop()
        for loop, take in list(self._listeners.get(id, ())):
            if loop is here:
                take(message)
                continue
            with suppress(RuntimeError):  # its loop is closed
                loop.call_soon_threadsafe(take, message)

    def listen(self, id: str, take: Callable[[str], object]) -> Callable[[], None]:
        listeners = self._listeners.setdefault(id, [])
        listener = asyncio.get_running_loop(), take
        listeners.append(listener)
        return lambda: listeners.remove(listener)


def memory_log() -> RunLog:
    """Returns a log that lasts as long as the process."""
    return RunLog(MemoryRecords(), ProcessRunLocks())


def _key(id: str, position: int) -> str:
    return f"run/{id}/{position:08}"


def _encode(value: Mapping[str, Any]) -> bytes:
    return redact(json_bytes(value, default=str, nonfinite="null").decode()).encode()
