"""What keeps things under a name: IndexedDB in a page, SQLite in a directory on CPython, or the process's memory."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from ..core.memory_records import MemoryStore
from ..core.ports import KeyValue

IN_BROWSER_RUNTIME = sys.platform == "emscripten"


def open_records(where: KeyValue | str | os.PathLike[str] | None, kind: str) -> KeyValue:
    """where: a name (in a page) or a directory (on CPython); ":memory:"; a KeyValue; None for `kind` as a name, and for memory where there
    is no IndexedDB. kind: whose records they are, so that equal names of other kinds do not meet. Raises ConfigError."""
    if where is not None and not isinstance(where, str | os.PathLike):
        return where
    if where == ":memory:" or (where is None and not _has_indexed_db()):
        return MemoryStore()
    opened: KeyValue
    if IN_BROWSER_RUNTIME:
        opened = import_module("staysail.host.idb_records").IdbRecords(f"staysail:{kind}:{os.fspath(where or kind)}")
    else:
        opened = import_module("staysail.host.sqlite_records").SqliteRecords(where)
    return opened


def _has_indexed_db() -> bool:
    return IN_BROWSER_RUNTIME and bool(import_module("staysail.host.idb_database").find_factory())
