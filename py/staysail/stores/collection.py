"""Documents and vectors stored in a BlockStore, and the vector index over them.

How it works. A row's slot is position x segment_rows + row. A position is a full segment or, after the last one, the tail: rows that
stay in the log until they fill a segment. Opening reads the head, the log and the deletions; all else is read when it is needed (see
Segments and Contents). Every write first reads what other tabs wrote, under a lock that all tabs share.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ..core.errors import QuotaError
from ..core.locks import Lock
from ..indexes.ports import BlockStore, Record, bytes_of
from ..indexes.rows import RowTable
from .changes import Change, Delete, Put
from .contents import Contents
from .damage import DamageList
from .layout import OPENING, EmbedderFingerprint, Entry, Head, decode_bits, decode_head, decode_log, encode_head
from .segments import Segments

SEGMENTS_AT_A_TIME = 4
ASK_QUOTA_BYTES = 1 << 20

type Tables = dict[str, dict[int, Record]]


class Collection:
    """The stored documents and vectors of one VectorStore.

    Args:
        blocks: The storage.
        index: The rows in memory.
        head: The head of a new store; `sync` reads that of an existing one.
        strict: Writes reach the disk before they return.
        rows_budget_bytes: The most bytes of rows in memory.
    """

    def __init__(
        self,
        blocks: BlockStore,
        index: RowTable,
        head: Head,
        *,
        strict: bool = False,
        rows_budget_bytes: int = 512 << 20,
    ) -> None:
        self.blocks, self.index = blocks, index
        self.head = head.replace(dtype=index.dtype, chunk_rows=index.chunk_rows, segment_rows=index.segment_rows)
        self.damage = DamageList()
        self.segments = Segments(blocks, index, self.damage, rows_budget_bytes, self._has_moved)
        self.documents = Contents(blocks, index, self.segments, self.damage)
        self._strict = strict
        self._state = Lock()
        self._tail_dead: set[int] = set()
        self._writer: asyncio.Task[Any] | None = None

    # Catching up

    async def sync(self, tables: Tables | None = None) -> None:
        """Reads what other tabs wrote. tables: the tables of OPENING, if they were read just now. Raises CorruptionError for a damaged
        head."""
        async with self.alone():
            await self._sync(tables)

    async def _sync(self, tables: Tables | None = None) -> None:
        self.blocks.changed = False
        if tables is None and not await self._has_moved():
            return
        tables = tables or await self.blocks.read_all(OPENING)
        record = tables["head"].get(0)
        if record is None:
            if self.head.version:
                self._clear_memory()
        elif (head := decode_head(record)).version != self.head.version:
            await self._load(head, tables)

    async def _stored_head(self) -> Head | None:
        (record,) = await self.blocks.read([("head", 0)])
        return decode_head(record) if record is not None else None

    async def _has_moved(self) -> bool:
        head = await self._stored_head()
        return head is None or head.version != self.head.version

    async def _load(self, head: Head, tables: Tables) -> None:
        segments, index = self.segments, self.index
        known = {segment.serial for _, segment in segments.live()}
        for position, segment in list(segments.live()):
            if segment.serial not in head.segments:
                self._forget(position)
        new = [serial for serial in head.segments if serial not in known]
        grown = not new and self.head.next == head.next and head.log[: len(self.head.log)] == self.head.log
        if not grown:
            index.cut(segments.start)
            for matrix, rows in ((index.rows, index.chunk_rows), (index.codes, index.segment_rows), (index.signs, index.segment_rows)):
                for at in range(segments.start // rows, len(matrix.chunks)):
                    matrix.drop(at)
            self.documents.keep_tail([])
            self._tail_dead = set()
        self.documents.forget_ids()
        log = head.log[len(self.head.log) if grown else 0 :]
        records = await self.blocks.read([("log", key) for key, _ in log])
        segments.admit(new, [tables["segments"].get(serial) for serial in new], head.most)
        if head.mean is not None and index.mean is None:
            self._load_mean(head.mean, tables["mean"].get(0))
        self._load_log(log, records)
        self.head = head
        for serial, bits in tables["dead"].items():
            if serial == head.next:
                self._bury_tail(serial, bits)
            else:
                segments.bury(serial, bits)

    def _load_log(self, log: Sequence[tuple[int, int]], records: Sequence[Record | None]) -> None:
        width, tail = self.index.rows.width, list(self.documents.tail)
        for (key, count), record in zip(log, records, strict=True):
            try:
                entries, data = decode_log(record or b"")
                if len(entries) != count or len(data) != count * width:
                    raise ValueError("length")
            except ValueError:
                # Later rows keep their slots, because deletions are stored by slot.
                self.damage.report("log", key, count)
                entries, data = [Entry("")] * count, memoryview(bytes(count * width))
                self._tail_dead.update(range(len(tail), len(tail) + count))
            self.index.commit(self.index.stage(unpadded(data, self.index), prepared=True))
            tail += entries
        self.documents.keep_tail(tail)
        self._kill_tail()

    def _bury_tail(self, serial: int, bits: Record) -> None:
        try:
            self._tail_dead.update(decode_bits(bits))
        except ValueError:
            self.damage.report("dead", serial)
        self._kill_tail()

    def _kill_tail(self) -> None:
        start = self.segments.start
        self.index.kill(start + row for row in self._tail_dead if start + row < self.index.size)

    def _load_mean(self, checksum: int, record: Record | None) -> None:
        block = self.index.backend.allocate(4 * self.index.stride)
        whole = record is not None and len(record) == len(block.view)
        if whole:
            block.view[:] = record or b""
        self.segments.mean_lost = not whole or self.index.backend.checksum(block, 0, 4 * self.index.stride) != checksum
        if self.segments.mean_lost:
            self.damage.report("mean", 0)
        else:
            self.index.mean = block

    def _forget(self, position: int) -> None:
        segment = self.segments.known[position]
        self.segments.forget(position)
        if segment:
            self.documents.forget(segment.serial)

    def _clear_memory(self) -> None:
        self.index.clear()
        self.segments.clear()
        self.documents.clear()
        self._tail_dead = set()
        self.head = self.head.emptied()

    async def read_fingerprint(self, fingerprint: EmbedderFingerprint) -> Entry | None:
        """Returns the document with the fingerprint's id, first looked for at the fingerprint's slot."""
        documents, slot = self.documents, fingerprint.slot
        [entry] = await documents.entries([slot]) if self.index.is_alive(slot) else [None]
        if entry is None or entry.id != fingerprint.id:
            found = (await documents.ids()).get(fingerprint.id)
            [entry] = await documents.entries([found]) if found is not None else [None]
        return entry

    # Alone

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[None]:
        """Locks out all other tabs and tasks within the block, and reads their writes first."""
        async with self.blocks.exclusive(), self._state:
            self._writer = asyncio.current_task()
            try:
                await self._sync()
                yield
            finally:
                self._writer = None

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        """Locks out other tasks within the block. The task inside `writing` holds the lock already."""
        if self._writer and self._writer is asyncio.current_task():
            yield
            return
        async with self._state:
            yield

    # Writing; all of it inside `writing`

    async def append(
        self,
        entries: Sequence[Entry],
        vectors: Any,
        *,
        dead: Sequence[int] = (),
        dropped: Sequence[int] = (),
        prepared: bool = False,
        **changes: Any,
    ) -> None:
        """Adds rows, deletes `dead` slots and whole `dropped` positions, and changes the head, in one transaction. Raises QuotaError,
        and what `stage` raises; then nothing has changed."""
        index, head = self.index, self.head
        encoded = index.encoded
        try:
            count = index.stage(vectors, prepared=prepared) if entries else 0
            if count != len(entries):
                raise ValueError(f"{len(entries)} documents and {count} vectors")
            pending = [*self.documents.tail, *entries]
            change = Change(head, index, self.segments)
            gone = [segment for at in dropped if (segment := self.segments.known[at])]
            written = change.put_segments(pending)
            buried = change.put_deletions(dead, self._tail_dead, [segment.serial for segment in gone])
            for segment in gone:
                change.delete_segment(segment)
            log = change.put_log(pending, len(entries), len(written))
            if index.mean and head.mean is None and written:
                change.puts.append(("mean", 0, index.mean.view))
                head = head.replace(mean=index.backend.checksum(index.mean, 0, 4 * index.stride))
            serials = [segment.serial for _, segment in self.segments.live() if segment not in gone]
            head = head.replace(
                version=head.version + 1,
                segments=(*serials, *(segment.serial for segment in written)),
                next=head.next + len(written) * head.step,
                most=max(head.most, index.most),
                log=log,
                log_next=head.log_next + 1,
                **changes,
            )
            change.puts.append(("head", 0, encode_head(head)))
            await self._write(change.puts, change.deletes)
        except BaseException:
            index.encoded = min(encoded, index.size)
            raise
        self.documents.add(entries, index.size)
        index.commit(count)
        index.kill(dead)
        for segment in written:
            segment.dead.update(buried.pop(segment.serial, set()))
        self.segments.add(written)
        for _, segment in self.segments.live():
            segment.dead.update(buried.get(segment.serial, ()))
        self._tail_dead = buried.get(head.next, set() if written else self._tail_dead)
        self.documents.keep_tail(pending[len(written) * index.segment_rows :])
        self.head = head
        for position in dropped:
            self._forget(position)
        self.segments.evict(set())
        self.blocks.announce()

    async def remove(self, slots: Sequence[int]) -> None:
        """Deletes rows."""
        if not slots:
            return
        if len(slots) >= self.index.size - self.index.dead:
            await self._clear()
            return
        await self.append([], (), dead=slots)
        self.documents.remove(slots)
        await self.compact()

    async def compact(self) -> None:
        """Moves the remaining rows of segments that are more than half deleted."""
        rows = self.index.segment_rows
        sparse = [position for position, segment in self.segments.live() if 2 * len(segment.dead) > rows]
        for at in range(0, len(sparse), SEGMENTS_AT_A_TIME):
            part = sparse[at : at + SEGMENTS_AT_A_TIME]
            slots = [slot for position in part for slot in range(position * rows, (position + 1) * rows) if self.index.is_alive(slot)]
            await self.segments.load_rows(sorted({slot // self.index.chunk_rows for slot in slots}))
            slots = [slot for slot in slots if self.index.is_alive(slot)]
            vectors = array("f", [x for slot in slots for x in self.index.numbers(slot)])
            entries = [entry or Entry("") for entry in await self.documents.entries(slots)]
            await self.append(entries, vectors, dropped=part, prepared=True)

    async def _clear(self) -> None:
        head = self.head
        empty = head.emptied().replace(version=head.version + 1, next=head.next + head.step, log_next=head.log_next)
        change = Change(head, self.index, self.segments)
        for _, segment in self.segments.live():
            change.delete_segment(segment)
        change.deletes += [("log", key) for key, _ in head.log]
        await self._write([("head", 0, encode_head(empty))], [*change.deletes, ("dead", head.next), ("mean", 0)])
        self._clear_memory()
        self.head = empty
        self.blocks.announce()

    async def _write(self, puts: Sequence[Put], deletes: Sequence[Delete]) -> None:
        needed = sum(bytes_of(record) for _, _, record in puts)
        try:
            if needed > ASK_QUOTA_BYTES:
                _, free = await self.blocks.estimate()
                if free is not None and needed > free:
                    raise QuotaError("refused")
            await self.blocks.write(puts, deletes, strict=self._strict)
        except QuotaError as error:
            _, free = await self.blocks.estimate()
            if free is None or free >= needed:  # a browser's estimate may be wrong
                left = f"the browser refused them{f', though it reports {free:,} left' if free is not None else ''}"
            else:
                left = f"the browser has {free:,} left for this page"
            raise QuotaError(
                f"this needs {needed:,} bytes and {left}: delete something, or ask the user for persistent storage "
                "with persist(). Nothing was changed",
                needed_bytes=needed,
                free_bytes=free,
            ) from error


def unpadded(data: memoryview[int], index: RowTable) -> Any:
    """Returns stored rows as floats without padding."""
    flat = data.cast("e" if index.dtype == "f16" else "f")  # type: ignore[call-overload]
    if index.dim == index.stride and index.dtype == "f32":
        return flat
    return array("f", [x for at in range(0, len(flat), index.stride) for x in flat[at : at + index.dim]])
