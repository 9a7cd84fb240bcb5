"""One SQLite file that the threads and processes of a machine share."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError, CorruptionError, QuotaError, StoreError
from ..core.value import NOTHING

WAIT_S = 30.0
RETRY_S = 0.02


class SqliteFile:
    """A connection to a SQLite file that one thread uses at a time, and within which no task awaits.

    Args:
        path: The file; its directory is created if it is missing.
        schema: A statement that creates the table if it is missing.
        settings: Pragmas, set before the table is created.
        wait_s: Seconds that a statement waits for another process.

    Raises:
        ConfigError: The file cannot be used.
    """

    def __init__(self, path: Path, schema: str, *, settings: Mapping[str, int] = NOTHING, wait_s: float = WAIT_S) -> None:
        self._guard = threading.RLock()
        self._log = path.with_name(f"{path.name}-wal")
        self._flushing = threading.Lock()
        self._unflushed = threading.Event()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=wait_s, check_same_thread=False)
            self._set_up(schema, settings)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"{path.parent} cannot keep files: {error}") from error

    def _set_up(self, schema: str, settings: Mapping[str, int]) -> None:
        """Turns on the write-ahead log. SQLite does not wait for other processes there, whatever its timeout, so this repeats the
        attempt."""
        if not schema:
            return
        chosen = [f"PRAGMA {name} = {value}" for name, value in settings.items()]
        until = time.monotonic() + WAIT_S
        while True:
            try:
                for statement in (*chosen, "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", schema):
                    self._connection.execute(statement)
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() > until:
                    raise
                time.sleep(RETRY_S)
            else:
                return

    @contextmanager
    def transaction(self, *, flushed: bool = True) -> Iterator[sqlite3.Connection]:
        """Commits all changes of the block or none. At its end they survive the end of the process, and if `flushed` also a power cut,
        with every change before them. Raises QuotaError, StoreError."""
        with self._guard, _translating():
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if flushed else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def flush(self) -> None:
        """Waits until every change is on the disk. While another thread does so, returns at once: that thread repeats it."""
        self._unflushed.set()
        while self._unflushed.is_set() and self._flushing.acquire(blocking=False):
            try:
                self._unflushed.clear()
                with suppress(OSError), self._log.open("rb+") as log:  # without a log, all is in the file, and on the disk
                    os.fsync(log.fileno())
            finally:
                self._flushing.release()

    def query(self, text: str, values: Sequence[Any] = ()) -> list[Any]:
        """Returns the rows of a statement. Raises StoreError."""
        with self._guard, _translating():
            return self._connection.execute(text, values).fetchall()

    def close(self) -> None:
        with self._guard:
            self._connection.close()

    def __del__(self) -> None:
        """Closes a connection that was left open. Every commit is on the disk already."""
        if hasattr(self, "_connection"):
            self._connection.close()


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error) from error


def translated(error: sqlite3.Error) -> StoreError:
    """Returns the error of this package that says the same."""
    if "full" in str(error):
        return QuotaError("the disk is full: delete something. Nothing was changed")
    if isinstance(error, sqlite3.ProgrammingError):
        return StoreError(f"the store is closed: {error}", code="closed")
    if "malformed" in str(error) or "not a database" in str(error):
        return CorruptionError(f"the store's file is damaged: {error}")
    return StoreError(
        f"the store failed: {error}", code="busy" if isinstance(error, sqlite3.OperationalError) and _is_busy(error) else None
    )


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return "locked" in str(error) or "busy" in str(error)
