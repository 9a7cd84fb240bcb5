"""Stores of version 1 become stores of version 2: some segments at a time are read, appended and deleted in one transaction. Where that
breaks off, the head tells what is left, and the next opening goes on.

In version 1 a segment is one chunk: `rows`, `ids`, `documents`, `metadata` under its serial, `segments` with one checksum for each."""

from __future__ import annotations

import json
import zlib
from array import array
from typing import Any

from ..indexes.ports import Record, stride_of
from .changes import Delete
from .collection import Collection
from .layout import Entry, Old, Page, decode_bits, decode_log, unseal

TABLES = ("segments", "rows", "codes", "signs", "ids", "documents", "metadata", "terms", "dead")
CHUNK_BYTES = 1 << 20


def rows_of_version_1(dim: int) -> int:
    return 1 << max(6, (CHUNK_BYTES // (4 * stride_of(dim))).bit_length() - 1)


async def migrate(collection: Collection) -> None:
    """Inside `writing`."""
    while old := collection.head.old:
        rows = rows_of_version_1(collection.index.dim)
        count = max(1, collection.index.segment_rows // rows)
        batch = _Batch(collection)
        for serial in old.segments[:count]:
            await batch.take_segment(serial, rows)
        left: Old | None = old.replace(segments=old.segments[count:])
        if not old.segments:
            await batch.take_log(old)
            left = None
        await collection.append(batch.entries, batch.numbers, prepared=True, deletes=batch.deletes, old=left)


class _Batch:
    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self.entries: list[Entry] = []
        self.numbers = array("f")
        self.deletes: list[Delete] = []

    async def take_segment(self, serial: int, rows: int) -> None:
        collection, width = self._collection, 4 * self._collection.index.stride
        self.deletes += [(table, serial) for table in TABLES]
        block = collection.index.backend.allocate(rows * width)
        failed = await collection.blocks.read_into("rows", {serial: block.view[: rows * width]})
        record, dead, *pages = await collection.blocks.read(
            [(table, serial) for table in ("segments", "dead", "ids", "documents", "metadata")]
        )
        try:
            checks: dict[str, int] = json.loads(unseal(record or b""))
            if failed or collection.index.backend.checksum(block, 0, rows * width) != checks["rows"]:
                raise ValueError("rows")
            for table, page in zip(("ids", "documents", "metadata"), pages, strict=True):
                if page is None or zlib.crc32(page) != checks[table]:
                    raise ValueError(table)
        except ValueError as error:
            collection.damage.report(str(error), serial, rows)
            return
        ids, documents, metadata = (Page(page or b"") for page in pages)
        entries = [Entry(*fields) for fields in zip(ids.all(), documents.all(), metadata.all(), strict=True)]
        self._take(entries, block.view[: rows * width].cast("f"), self._dead(serial, dead))

    async def take_log(self, old: Old) -> None:
        blocks = self._collection.blocks
        self.deletes += [("log", key) for key, _ in old.log] + [("dead", old.tail)]
        (bits,) = await blocks.read([("dead", old.tail)])
        dead, first = self._dead(old.tail, bits), 0
        for (key, count), record in zip(old.log, await blocks.read([("log", key) for key, _ in old.log]), strict=True):
            try:
                entries, data = decode_log(record or b"")
                self._take(entries, data.cast("f"), {row - first for row in dead})
            except ValueError:
                self._collection.damage.report("log", key, count)
            first += count

    def _dead(self, serial: int, bits: Record | None) -> set[int]:
        try:
            return set(decode_bits(bits)) if bits is not None else set()
        except ValueError:
            self._collection.damage.report("dead", serial)
            return set()

    def _take(self, entries: list[Entry], flat: memoryview[Any], dead: set[int]) -> None:
        index = self._collection.index
        for row, entry in enumerate(entries):
            if row not in dead:
                self.entries.append(entry)
                self.numbers.extend(flat[row * index.stride : row * index.stride + index.dim])
