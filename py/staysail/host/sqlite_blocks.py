"""Blocks of a vector store on a server: one SQLite file in a directory, read through the file's memory map."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any

from ..indexes.ports import Record
from ..stores.memory_blocks import copy_into
from .sqlite_file import SqliteFile
from .sqlite_records import SqliteTurn

PAGE_BYTES = 16 << 10  # large records are chains of pages
MAPPED_BYTES = 1 << 40  # as much of the file as there is
FILES = ("vectors.sqlite", "lock.sqlite")
SCHEMA = "CREATE TABLE IF NOT EXISTS blocks (name TEXT, key INTEGER, data BLOB NOT NULL, UNIQUE (name, key))"


class SqliteBlocks:
    """A BlockStore in `directory`, which is created if it is missing. Threads and processes may share it. Raises ConfigError."""

    kind = "SQLite"

    def __init__(self, directory: str | Path) -> None:
        self._folder = Path(directory)
        self._file = SqliteFile(self._folder / FILES[0], SCHEMA, settings={"page_size": PAGE_BYTES, "mmap_size": MAPPED_BYTES})
        self._turn = SqliteTurn(self._folder / FILES[1])
        self._version = self._data_version()

    async def read(self, requests: Sequence[tuple[str, int]]) -> list[Record | None]:
        return [self._read(*request) for request in requests]

    async def read_into(self, table: str, targets: Mapping[int, memoryview[int]]) -> list[int]:
        return copy_into(targets, lambda key: self._read(table, key))

    def read_parts(self, table: str, parts: Sequence[tuple[int, int]], target: memoryview[int]) -> bool:
        size = len(target) // max(len(parts), 1)
        for at, (key, offset) in enumerate(parts):
            found = self._file.query("SELECT substr(data, ?, ?) FROM blocks WHERE name = ? AND key = ?", (offset + 1, size, table, key))
            if not found or len(found[0][0]) != size:
                return False
            target[at * size : (at + 1) * size] = found[0][0]
        return True

    async def read_all(self, tables: Sequence[str]) -> dict[str, dict[int, Record]]:
        found: dict[str, dict[int, Record]] = {table: {} for table in tables}
        marks = ",".join("?" * len(tables))
        for table, key, data in self._file.query(f"SELECT name, key, data FROM blocks WHERE name IN ({marks})", tables):  # noqa: S608  marks
            found[table][key] = data
        return found

    async def write(self, puts: Sequence[tuple[str, int, Any]], deletes: Sequence[tuple[str, int]], *, strict: bool) -> None:
        rows = [(table, key, b"".join(record) if isinstance(record, tuple) else record) for table, key, record in puts]
        with self._file.transaction(flushed=strict) as connection:
            connection.executemany("DELETE FROM blocks WHERE name = ? AND key = ?", deletes)
            connection.executemany("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?)", rows)

    async def estimate(self) -> tuple[int, int | None]:
        used = sum((self._folder / f"{FILES[0]}{ending}").stat().st_size for ending in ("", "-wal") if self._there(ending))
        return used, shutil.disk_usage(self._folder).free

    def _there(self, ending: str) -> bool:
        return (self._folder / f"{FILES[0]}{ending}").exists()

    async def persist(self) -> bool:
        return True

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        return self._turn.take()

    def announce(self) -> None:
        """Does nothing: others detect a change by the file's version."""

    @property
    def changed(self) -> bool:
        return self._data_version() != self._version

    @changed.setter
    def changed(self, value: bool) -> None:
        self._version = -1 if value else self._data_version()

    async def close(self) -> None:
        self._file.close()
        self._turn.close()

    async def destroy(self) -> None:
        await self.close()
        for name in FILES:
            for ending in ("", "-wal", "-shm"):
                (self._folder / f"{name}{ending}").unlink(missing_ok=True)
        with suppress(OSError):  # something else is in the directory
            self._folder.rmdir()

    def _read(self, table: str, key: int) -> Record | None:
        found = self._file.query("SELECT data FROM blocks WHERE name = ? AND key = ?", (table, key))
        return found[0][0] if found else None

    def _data_version(self) -> int:
        """Returns a number that changes when another connection has written; commits of this connection leave it."""
        version: int = self._file.query("PRAGMA data_version")[0][0]
        return version
