"""IndexedDB as a BlockStore: a database with a table of bytes for each name, one transaction for each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyodide.ffi import JsException, to_js

from ..indexes.ports import Record
from .idb_database import Database, open_database, translated

VERSION = 2
TABLES = ("head", "mean", "segments", "rows", "codes", "signs", "ids", "documents", "metadata", "terms", "dead", "log", "places")
READ_AT_ONCE_BYTES = 32 << 20


async def open_blocks(name: str, tables: Sequence[str] = TABLES) -> IdbBlocks:
    """Opens the database or makes it. Raises ConfigError where there is none to be had, StoreError."""
    return IdbBlocks(await open_database(name, tables, "name the store ':memory:'", version=VERSION), name)


class IdbBlocks(Database):
    kind = "IndexedDB"

    async def read(self, requests: Sequence[tuple[str, int]]) -> list[Record | None]:
        found = await self._get(requests)
        return [record.to_bytes() if record is not None else None for record in found]

    async def read_into(self, table: str, targets: Mapping[int, memoryview[int]]) -> list[int]:
        failed = []
        keys = list(targets)
        at_once = max(1, READ_AT_ONCE_BYTES // max(len(target) for target in targets.values())) if targets else 1
        for at in range(0, len(keys), at_once):
            part = keys[at : at + at_once]
            for key, record in zip(part, await self._get([(table, key) for key in part]), strict=True):
                if record is None or record.byteLength != len(targets[key]):
                    failed.append(key)
                else:
                    record.assign_to(targets[key])
        return failed

    def read_parts(self, table: str, parts: Sequence[tuple[int, int]], target: memoryview[int]) -> bool:
        return False  # IndexedDB reads whole records only

    async def read_all(self, tables: Sequence[str]) -> dict[str, dict[int, Record]]:
        transaction = self.begin(tables, "readonly")
        stores = [transaction.objectStore(table) for table in tables]
        requests = [(store.getAllKeys(), store.getAll()) for store in stores]
        await self.done(transaction)
        found = [zip(keys.result, records.result, strict=True) for keys, records in requests]
        return {table: {key: record.to_bytes() for key, record in pairs} for table, pairs in zip(tables, found, strict=True)}

    async def write(self, puts: Sequence[tuple[str, int, Any]], deletes: Sequence[tuple[str, int]], *, strict: bool) -> None:
        tables = sorted({table for table, _, _ in puts} | {table for table, _ in deletes})
        transaction = self.begin(tables, "readwrite", "strict" if strict else "relaxed")
        stores = {table: transaction.objectStore(table) for table in tables}
        try:
            for table, key in deletes:
                stores[table].delete(key)
            for table, key, record in puts:
                # to_js copies out of the interpreter's memory: a view would take all of that memory along.
                stores[table].put(to_js(b"".join(record) if isinstance(record, tuple) else record), key)
        except JsException as error:
            transaction.abort()
            raise translated(error) from error
        await self.done(transaction)

    async def _get(self, requests: Sequence[tuple[str, int]]) -> list[Any]:
        """Returns the records as the browser holds them, in a single wait for all of them."""
        if not requests:
            return []
        tables = sorted({table for table, _ in requests})
        transaction = self.begin(tables, "readonly")
        stores = {table: transaction.objectStore(table) for table in tables}
        gets = [stores[table].get(key) for table, key in requests]
        await self.done(transaction)
        return [request.result for request in gets]
