"""A KeyValue on a server: one SQLite file in a directory, for the threads and processes that share it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from ..core.errors import StoreError
from ..core.locks import Lock
from .sqlite_file import SqliteFile

RETRY_S = 0.01
AT_ONCE = 500  # keys in one query
TABLE = "CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID"


class SqliteRecords:
    """Keeps records in `directory`, which is made if it is not there. After `commit` they are on the disk. Raises ConfigError."""

    def __init__(self, directory: str | Path) -> None:
        self._file = SqliteFile(Path(directory) / "records.sqlite", TABLE)
        self._turn = SqliteTurn(Path(directory) / "lock.sqlite")

    async def get(self, keys: Sequence[str]) -> list[bytes | None]:
        found: dict[str, bytes] = {}
        for at in range(0, len(keys), AT_ONCE):
            part = keys[at : at + AT_ONCE]
            found |= self._query(f"SELECT key, data FROM records WHERE key IN ({','.join('?' * len(part))})", part)  # noqa: S608  no data
        return [found.get(key) for key in keys]

    async def scan(self, prefix: str) -> list[tuple[str, bytes]]:
        return self._query("SELECT key, data FROM records WHERE key >= ? AND key < ?", _range(prefix))

    async def keys(self, prefix: str) -> list[str]:
        return [key for key, _ in self._query("SELECT key, '' FROM records WHERE key >= ? AND key < ?", _range(prefix))]

    async def commit(self, puts: Mapping[str, bytes], deletes: Collection[str] = ()) -> None:
        self._write(puts, deletes, flushed=True)

    async def commit_soon(self, puts: Mapping[str, bytes]) -> None:
        """Writes all changes or none. They survive the end of the process on return, and a power cut some milliseconds later, when a
        thread has seen them to the disk."""
        self._write(puts, (), flushed=False)
        asyncio.get_running_loop().run_in_executor(None, self._file.flush)

    def _write(self, puts: Mapping[str, bytes], deletes: Collection[str], *, flushed: bool) -> None:
        with self._file.transaction(flushed=flushed) as connection:
            connection.executemany("DELETE FROM records WHERE key = ?", [(key,) for key in deletes])
            connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?)", list(puts.items()))

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        return self._turn.take()

    async def close(self) -> None:
        self._file.close()
        self._turn.close()

    def _query(self, text: str, values: Sequence[str]) -> list[tuple[str, bytes]]:
        return self._file.query(text, values)


class SqliteTurn:
    """A lock among the tasks, threads and processes that open the same file. The system releases it when its holder ends."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, "", wait_s=0.0)
        self._here = Lock()

    @asynccontextmanager
    async def take(self) -> AsyncGenerator[None]:
        async with self._here:
            while not self._begin():  # noqa: ASYNC110  another process lets go of it
                await asyncio.sleep(RETRY_S)
            try:
                yield
            finally:
                self._file.query("ROLLBACK")

    def _begin(self) -> bool:
        try:
            self._file.query("BEGIN IMMEDIATE")
        except StoreError as error:
            if error.code != "busy":
                raise
            return False
        return True

    def close(self) -> None:
        self._file.close()


def _range(prefix: str) -> tuple[str, str]:
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else chr(0x10FFFF)
