from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from ..core.locks import Lock
from ..indexes.ports import Record


def copy_into(targets: Mapping[int, memoryview[int]], find: Callable[[int], Record | None]) -> list[int]:
    """Copies records into their targets. Returns the keys of records that are missing or have another length than their target."""
    failed = []
    for key, target in targets.items():
        record = find(key)
        if record is None or len(record) != len(target):
            failed.append(key)
        else:
            target[:] = record
    return failed


class MemoryBlocks:
    """A BlockStore that lasts as long as the process."""

    kind = "memory"

    def __init__(self) -> None:
        self.tables: dict[str, dict[int, bytes]] = {}
        self.changed = False
        self._lock = Lock()

    async def read(self, requests: Sequence[tuple[str, int]]) -> list[Record | None]:
        return [self.tables.get(table, {}).get(key) for table, key in requests]

    async def read_into(self, table: str, targets: Mapping[int, memoryview[int]]) -> list[int]:
        records = self.tables.get(table, {})
        return copy_into(targets, records.get)

    def read_parts(self, table: str, parts: Sequence[tuple[int, int]], target: memoryview[int]) -> bool:
        size = len(target) // max(len(parts), 1)
        for at, (key, offset) in enumerate(parts):
            part = self.tables.get(table, {}).get(key, b"")[offset : offset + size]
            if len(part) != size:
                return False
            target[at * size : (at + 1) * size] = part
        return True

    async def read_all(self, tables: Sequence[str]) -> dict[str, dict[int, Record]]:
        return {table: {**self.tables.get(table, {})} for table in tables}

    async def write(self, puts: Sequence[tuple[str, int, Any]], deletes: Sequence[tuple[str, int]], *, strict: bool) -> None:
        for table, key in deletes:
            self.tables.get(table, {}).pop(key, None)
        for table, key, record in puts:
            self.tables.setdefault(table, {})[key] = b"".join(record) if isinstance(record, tuple) else bytes(record)

    async def estimate(self) -> tuple[int, int | None]:
        return sum(len(record) for table in self.tables.values() for record in table.values()), None

    async def persist(self) -> bool:
        return False

    def exclusive(self) -> AbstractAsyncContextManager[Any]:
        return self._lock

    def announce(self) -> None:
        """Does nothing: there is no other tab."""

    async def close(self) -> None:
        """Does nothing: there is nothing open."""

    async def destroy(self) -> None:
        self.tables.clear()
