"""Ownership of runs among the processes of one machine: a locked file for each owned run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

from ..agent.run_log import ProcessRunLocks
from ..core.errors import ConfigError

RETRY_S = 0.05


class FileRunLocks:
    """Run locks in a directory. An owner's messages reach watchers in its own process; others read the log. The system releases a lock
    when its process ends, however it ends. Raises ConfigError where files cannot be locked.

    directory: created if it is missing.
    """

    def __init__(self, directory: str | Path) -> None:
        try:
            self._fcntl = import_module("fcntl")
        except ImportError as error:
            raise ConfigError("durable runs in a directory need a system that locks files (fcntl); give durable a RunLog") from error
        self._folder = Path(directory)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._here = ProcessRunLocks()

    @asynccontextmanager
    async def own(self, id: str, *, wait: bool) -> AsyncGenerator[bool]:
        async with self._here.own(id, wait=wait) as mine:
            if not mine:
                yield False
                return
            with (self._folder / id).open("ab") as file:
                while not (locked := self._lock(file.fileno())) and wait:  # noqa: ASYNC110  another process lets go of it
                    await asyncio.sleep(RETRY_S)
                yield locked

    async def owned(self) -> set[str]:
        return {path.name for path in self._folder.iterdir() if self._is_locked(path)}

    def tell(self, id: str, message: str) -> None:
        self._here.tell(id, message)

    def listen(self, id: str, take: Callable[[str], object]) -> Callable[[], None]:
        return self._here.listen(id, take)

    def _lock(self, file: int) -> bool:
        try:
            self._fcntl.flock(file, self._fcntl.LOCK_EX | self._fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _is_locked(self, path: Path) -> bool:
        with path.open("ab") as file:
            return not self._lock(file.fileno())
