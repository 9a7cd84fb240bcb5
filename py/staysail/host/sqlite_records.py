"""A KeyValue on a server: one SQLite file in a directory, for processes that share it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ..core.errors import ConfigError, CorruptionError, QuotaError, StoreError

RETRY_S = 0.01
AT_ONCE = 500  # keys in one query


class SqliteRecords:
    """directory: made if it is not there. A commit is on the disk when it returns. Raises ConfigError."""

    def __init__(self, directory: str | Path) -> None:
        folder = Path(directory)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._records = sqlite3.connect(folder / "records.sqlite", isolation_level=None)
            self._lock = sqlite3.connect(folder / "lock.sqlite", isolation_level=None, timeout=0)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"{folder} cannot keep files: {error}") from error
        for setting in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 30000"):
            self._records.execute(f"PRAGMA {setting}")
        self._records.execute("CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID")
        self._alone = asyncio.Lock()

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
        try:
            self._records.execute("BEGIN IMMEDIATE")
            try:
                self._records.executemany("DELETE FROM records WHERE key = ?", [(key,) for key in deletes])
                self._records.executemany("INSERT OR REPLACE INTO records VALUES (?, ?)", list(puts.items()))
                self._records.execute("COMMIT")
            except BaseException:
                if self._records.in_transaction:
                    self._records.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise _translated(error) from error

    @asynccontextmanager
    async def exclusive(self) -> AsyncGenerator[None]:
        async with self._alone:
            while True:
                try:
                    self._lock.execute("BEGIN IMMEDIATE")
                    break
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error):
                        raise _translated(error) from error
                    await asyncio.sleep(RETRY_S)
            try:
                yield
            finally:
                self._lock.execute("ROLLBACK")

    async def close(self) -> None:
        self._records.close()
        self._lock.close()

    def _query(self, text: str, values: Sequence[str]) -> list[tuple[str, bytes]]:
        try:
            return self._records.execute(text, values).fetchall()
        except sqlite3.Error as error:
            raise _translated(error) from error


def _range(prefix: str) -> tuple[str, str]:
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else chr(0x10FFFF)


def _translated(error: sqlite3.Error) -> StoreError:
    if "full" in str(error):
        return QuotaError("the disk is full: delete something. Nothing was changed")
    if isinstance(error, sqlite3.ProgrammingError):
        return StoreError(f"the store is closed: {error}", code="closed")
    if "malformed" in str(error) or "not a database" in str(error):
        return CorruptionError(f"the store's file is damaged: {error}")
    return StoreError(f"the store failed: {error}")
