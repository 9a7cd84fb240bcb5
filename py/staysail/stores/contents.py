"""The ids, documents, metadata and words of a collection, in pages that are read when they are needed."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from itertools import count
from operator import itemgetter

from ..indexes.keywords import encode_terms
from ..indexes.ports import BlockStore, Record, text_of
from ..indexes.rows import RowTable
from .damage import DamageList
from .fields import Fields
from .filters import Where, compile_selection
from .layout import BlankPage, Entry, Page, encode_page
from .segments import Checks, Segments

PAGES_KEPT = 2048


class Contents:
    """The contents of a collection beside its vectors. tail: the entries of rows that fill no segment yet."""

    def __init__(self, blocks: BlockStore, index: RowTable, segments: Segments, damage: DamageList) -> None:
        self.tail: list[Entry] = []  # entries of rows that fill no segment yet
        self._blocks, self._index, self._segments, self._damage = blocks, index, segments, damage
        self._blank = {"documents": BlankPage(None, index.chunk_rows), "metadata": BlankPage({}, index.segment_rows)}
        self._slots: dict[str, int] | None = None
        self._pages: dict[tuple[str, int], Page | None] = {}
        self._fields: dict[int, Fields] = {}
        self._tail_fields = Fields(0, list)

    # Changes

    def add(self, entries: Sequence[Entry], slot: int) -> None:
        """Adds the ids of rows from `slot` on."""
        if self._slots is not None:
            self._slots.update(zip(map(itemgetter(0), entries), count(slot)))

    def keep_tail(self, entries: list[Entry]) -> None:
        self.tail = entries
        self._tail_fields = Fields(len(entries), lambda: [entry.metadata for entry in entries])

    def remove(self, slots: Sequence[int]) -> None:
        if self._slots is not None:
            gone = set(slots)
            self._slots = {id: slot for id, slot in self._slots.items() if slot not in gone}

    def forget(self, serial: int) -> None:
        self._pages = {key: page for key, page in self._pages.items() if key[1] != serial}
        self._fields.pop(serial, None)

    def forget_ids(self) -> None:
        self._slots = None

    def clear(self) -> None:
        self.keep_tail([])
        self._slots = None
        self._pages.clear()
        self._fields.clear()

    # Reading

    async def ids(self) -> dict[str, int]:
        """Returns the slot of each document by id."""
        if self._slots is None:
            live = list(self._segments.live())
            pages = await self._load({("ids", segment.serial): segment.checks for _, segment in live})
            slots: dict[str, int] = {}
            for position, segment in live:
                page, start = pages["ids", segment.serial], position * self._index.segment_rows
                slots |= {id: start + row for row, id in enumerate(page.all() if page else ())}
            start = self._segments.start
            slots |= {entry.id: start + row for row, entry in enumerate(self.tail)}
            if self._index.dead:
                slots = {id: slot for id, slot in slots.items() if self._index.is_alive(slot)}
            self._slots = slots
        return self._slots

    async def entries(self, slots: Sequence[int]) -> list[Entry | None]:
        """Returns the entries in `slots`; None for a damaged one."""
        start, rows, chunk_rows = self._segments.start, self._index.segment_rows, self._index.chunk_rows
        wanted: dict[tuple[str, int], Checks] = {}
        for slot in slots:
            if slot < start and (segment := self._segments.known[slot // rows]):
                wanted["ids", segment.serial] = wanted["metadata", segment.serial] = segment.checks
                wanted["documents", segment.serial + slot % rows // chunk_rows] = segment.checks
        pages = await self._load(wanted)
        found: list[Entry | None] = []
        for slot in slots:
            if slot >= start:
                found.append(self.tail[slot - start])
                continue
            segment, row = self._segments.known[slot // rows], slot % rows
            ids = documents = metadata = None
            if segment:
                ids, metadata = pages["ids", segment.serial], pages["metadata", segment.serial]
                documents = pages["documents", segment.serial + row // chunk_rows]
            whole = ids and documents and metadata
            found.append(Entry(ids[row], documents[row % chunk_rows], metadata[row]) if whole else None)  # type: ignore[index]
        return found

    async def select(self, where: Where) -> bytearray:
        """Returns a byte for each slot: 1 where the row exists and passes the filter."""
        selection = compile_selection(where)
        live = list(self._segments.live())
        missing = [segment for _, segment in live if segment.serial not in self._fields]
        pages = await self._load({("metadata", segment.serial): segment.checks for segment in missing})
        for segment in missing:
            page = pages["metadata", segment.serial]
            self._fields[segment.serial] = Fields(self._index.segment_rows, page.all) if page else Fields(0, list)
            self._pages.pop(("metadata", segment.serial), None)
        passed = bytearray(self._index.size)
        for position, segment in live:
            start, rows = position * self._index.segment_rows, self._index.segment_rows
            passed[start : start + rows] = selection(self._fields[segment.serial]).to_bytes(rows, "little")
        start = self._segments.start
        passed[start:] = selection(self._tail_fields).to_bytes(len(self.tail), "little")
        both = int.from_bytes(passed, "little") & int.from_bytes(self._index.alive_bytes, "little")
        return bytearray(both.to_bytes(self._index.size, "little"))

    async def terms(self, known: set[int]) -> AsyncGenerator[tuple[int, Record]]:
        """Yields (serial, record) of each segment that has words and whose serial is not in `known`."""
        for _, segment in list(self._segments.live()):
            if segment.serial in known or "terms" not in segment.checks:
                continue
            (record,) = await self._blocks.read([("terms", segment.serial)])
            if record is None or zlib.crc32(record) != segment.checks["terms"]:
                await self._segments.check_moved()
                self._damage.report("terms", segment.serial)
                continue
            yield segment.serial, record

    def starts(self) -> dict[int, int]:
        """Returns the first slot of each segment by serial."""
        return {segment.serial: position * self._index.segment_rows for position, segment in self._segments.live()}

    async def _load(self, wanted: Mapping[tuple[str, int], Checks]) -> Mapping[tuple[str, int], Page | None]:
        """Returns at least the wanted pages, None for damaged ones. wanted: by table and key, the checks of the page's segment."""
        missing = [key for key in wanted if key not in self._pages]
        if not missing:
            return self._pages
        if len(self._pages) + len(missing) > PAGES_KEPT:
            self._pages, missing = {}, list(wanted)
        pages = self._pages
        pages |= {key: self._blank[key[0]] for key in missing if wanted[key] and key[0] not in wanted[key]}
        missing = [key for key in missing if key not in pages]
        for key, record in zip(missing, await self._blocks.read(missing) if missing else (), strict=True):
            whole = record is not None and zlib.crc32(record) in _checksums_of(wanted[key], key[0])
            if not whole and wanted[key]:
                await self._segments.check_moved()
                self._damage.report(*key)
            pages[key] = Page(record) if record is not None and whole else None
        return pages


def _checksums_of(checks: Checks, table: str) -> Sequence[int]:
    found = checks.get(table, [])
    return found if isinstance(found, list) else [found]


def encode_pages(entries: Sequence[Entry], chunk_rows: int) -> Iterator[tuple[str, int, bytes]]:
    """Yields (table, chunk, record) for a segment, without empty pages."""
    yield "ids", 0, encode_page([entry.id for entry in entries])
    if any(entry.metadata for entry in entries):
        yield "metadata", 0, encode_page([entry.metadata for entry in entries])
    if any(entry.document is not None for entry in entries):
        for chunk, at in enumerate(range(0, len(entries), chunk_rows)):
            yield "documents", chunk, encode_page([entry.document for entry in entries[at : at + chunk_rows]])
    texts = [text_of(entry.document) if entry.document else "" for entry in entries]
    if any(texts):
        yield "terms", 0, encode_terms(texts)
