"""The full segments of a collection, and the part of them that is in memory.

A position is the place of a segment in the order in which it was read; a chunk's number is position x step + its place in the
segment. Codes and signs of all segments are read before the first search that needs them, and stay. A few rows are read one by one,
many rows a chunk at a time, and the least recently used chunks beyond the budget are dropped.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

from ..core.errors import StoreError
from ..core.value import Value
from ..indexes.ports import Block, BlockStore, GrowingChunks, Record
from ..indexes.rows import RowTable
from .damage import DamageList
from .layout import decode_bits, unseal

RENT = 16  # rows that are read one by one in the time of a chunk

type Checks = dict[str, int | list[int]]


class Segment(Value):
    """A stored segment.

    Attributes:
        serial: The number under which its records are stored.
        checks: Checksums of its records; empty where they are damaged.
        dead: Rows of the segment that were deleted.
    """

    serial: int
    checks: Checks
    dead: set[int]


class Segments:
    """The segments of a collection.

    Args:
        blocks: The storage.
        index: The rows in memory.
        damage: The list of damage to report to.
        budget_bytes: The most bytes of rows in memory.
        has_moved: Returns whether another tab changed the store since it was last read.
    """

    def __init__(
        self, blocks: BlockStore, index: RowTable, damage: DamageList, budget_bytes: int, has_moved: Callable[[], Awaitable[bool]]
    ) -> None:
        self.known: list[Segment | None] = []  # by position; None where the segment is no longer stored
        self._blocks, self._index, self._damage, self._budget, self._has_moved = blocks, index, damage, budget_bytes, has_moved
        self._step = index.segment_rows // index.chunk_rows
        self._recent: dict[int, None] = {}  # chunks that were used, the latest last
        self._coarse: dict[str, set[int]] = {"codes": set(), "signs": set()}  # positions that are in memory
        self._lost: set[int] = set()  # damaged chunks
        self._rented: Counter[int] = Counter()  # rows that were read one by one, by chunk
        self.mean_lost = False  # then all signs are taken anew

    @property
    def start(self) -> int:
        """The first slot after the segments."""
        return len(self.known) * self._index.segment_rows

    def live(self) -> Iterator[tuple[int, Segment]]:
        return ((position, segment) for position, segment in enumerate(self.known) if segment)

    def position(self, serial: int) -> int | None:
        return next((position for position, segment in self.live() if segment.serial == serial), None)

    def chunk_of(self, slot: int) -> tuple[Segment | None, int, int]:
        """Returns the slot's segment, the chunk's place in the segment, and the row in the chunk."""
        row = slot % self._index.segment_rows
        return self.known[slot // self._index.segment_rows], row // self._index.chunk_rows, row % self._index.chunk_rows

    # Segments

    def admit(self, serials: Sequence[int], records: Sequence[Record | None], most: float) -> None:
        """Adds stored segments by their records in `segments`, without reading their rows."""
        if not serials:
            return
        for serial, record in zip(serials, records, strict=True):
            try:
                checks: Checks = json.loads(unseal(record or b""))
            except ValueError:
                checks = {}
                self._damage.report("segments", serial, self._index.segment_rows)
            self.known.append(Segment(serial, checks, set()))
        self._index.restore(self.start, most)
        for position in range(len(self.known) - len(serials), len(self.known)):
            segment = self.known[position]
            if segment and not segment.checks:
                self._lose(self._chunks(position))

    def add(self, written: Iterable[Segment]) -> None:
        """Adds segments whose rows, codes and signs are in memory."""
        for segment in written:
            position = len(self.known)
            self.known.append(segment)
            for loaded in self._coarse.values():
                loaded.add(position)
            self._recent |= dict.fromkeys(self._chunks(position))

    def bury(self, serial: int, bits: Record) -> None:
        """Applies the stored deletions of a segment."""
        position = self.position(serial)
        segment = self.known[position] if position is not None else None
        if position is None or segment is None:
            return
        try:
            segment.dead.update(decode_bits(bits))
        except ValueError:
            self._damage.report("dead", serial)
        self._index.kill(position * self._index.segment_rows + row for row in segment.dead)

    def forget(self, position: int) -> None:
        """Removes a segment that is no longer stored. Its slots stay, empty."""
        self._drop_rows(self._chunks(position))
        for matrix in (self._index.codes, self._index.signs):
            matrix.drop(position)
        self.known[position] = None

    def clear(self) -> None:
        self.known.clear()
        self._recent.clear()
        self._rented.clear()
        for memory in (self._lost, *self._coarse.values()):
            memory.clear()

    # Memory

    def lacks(self, table: str) -> bool:
        """Returns whether some codes or signs are not in memory."""
        index = self._index
        return table in index.kinds and (index.encoded < index.size or bool(self._absent(table)))

    async def load_coarse(self, table: str) -> None:
        """Reads the codes or signs that are not in memory. Damaged ones are made again from the rows."""
        index, wanted = self._index, self._absent(table)
        if wanted:
            lost = table == "signs" and self.mean_lost
            for position in wanted if lost else await self._read(table, getattr(index, table), wanted):
                segment = self.known[position]
                if segment and segment.checks and not self.mean_lost:
                    self._damage.report(table, segment.serial)
                await self.load_rows(self._chunks(position))
                for chunk in self._chunks(position):
                    if index.rows.holds(chunk):
                        index.encode(chunk * index.chunk_rows, index.chunk_rows)
            self._coarse[table].update(wanted)
        if index.encoded < index.size:
            index.encode(index.encoded, index.size - index.encoded)

    def read_rows(self, slots: Sequence[int]) -> Block | None:
        """Returns the rows in `slots` side by side, without keeping them in memory; None where rows cannot be read one by one, or are
        damaged."""
        index, width = self._index, self._index.rows.width
        self._rented.update(slot // index.chunk_rows for slot in slots)
        parts = []
        for slot in slots:
            segment, chunk, row = self.chunk_of(slot)
            if segment is None:
                return None
            parts.append((segment.serial + chunk, row * width))
        block = index.backend.allocate(width * len(parts))
        read = self._blocks.read_parts("rows", parts, block.view[: width * len(parts)])
        return block if read and index.proves(slots, block) else None

    def worn(self, slots: Sequence[int]) -> list[int]:
        """Returns chunks of which so many rows were read one by one, including `slots`, that keeping the whole chunk is cheaper; none
        unless all chunks fit in memory."""
        index = self._index
        rows_by_chunk = Counter(slot // index.chunk_rows for slot in slots) if self.chunks <= self.window else {}
        return [chunk for chunk, rows in rows_by_chunk.items() if self._rented[chunk] + rows > RENT and chunk not in self._lost]

    async def load_rows(self, chunks: Iterable[int]) -> None:
        """Reads rows, and drops the least recently used chunks beyond the budget. Damaged rows are removed from the index."""
        chunks = [chunk for chunk in chunks if chunk < len(self.known) * self._step]
        missing = [at for at in chunks if self.known[at // self._step] and at not in self._lost and not self._index.rows.holds(at)]
        for chunk in await self._read("rows", self._index.rows, missing) if missing else ():
            segment = self.known[chunk // self._step]
            self._damage.report("rows", segment.serial + chunk % self._step if segment else 0, self._index.chunk_rows)
            self._lose([chunk])
        for chunk in chunks:
            self._recent.pop(chunk, None)
            self._recent[chunk] = None
        self.evict(set(chunks))

    @property
    def window(self) -> int:
        """The number of chunks of rows that fit in the budget."""
        return max(1, self._budget // self._index.rows.chunk_bytes)

    @property
    def chunks(self) -> int:
        return sum(segment is not None for segment in self.known) * self._step

    def evict(self, needed: set[int]) -> None:
        size_bytes = self._index.rows.size_bytes
        for chunk in list(self._recent) if size_bytes > self._budget else ():
            if size_bytes <= self._budget:
                return
            if chunk not in needed:
                del self._recent[chunk]
                size_bytes -= self._index.rows.chunk_bytes if self._index.rows.holds(chunk) else 0
                self._index.rows.drop(chunk)

    async def _read(self, table: str, matrix: GrowingChunks, places: Sequence[int]) -> list[int]:
        """Reads chunks of rows or segments of codes. Returns the places that are damaged. Raises StoreError (code "moved")."""
        backend, size_bytes = self._index.backend, matrix.chunk_bytes
        wanted: dict[int, tuple[int, Block, int | None]] = {}
        # Chunks of rows are dropped one by one, so each has a block of its own.
        room = [backend.allocate(size_bytes) for _ in places] if table == "rows" else backend.allocate_many(size_bytes, len(places))
        for place, block in zip(places, room, strict=True):
            segment = self.known[place // self._step if table == "rows" else place]
            if segment:
                at = place % self._step if table == "rows" else 0
                checks = segment.checks.get(table)
                wanted[segment.serial + at] = place, block, checks[at] if isinstance(checks, list) else checks
        failed = set(await self._blocks.read_into(table, {key: block.view[:size_bytes] for key, (_, block, _) in wanted.items()}))
        bad = []
        for key, (place, block, check) in wanted.items():
            if key in failed or backend.checksum(block, 0, size_bytes) != check:
                bad.append(place)
            else:
                matrix.place(place, block)
        if bad:
            await self.check_moved()
        return bad

    async def check_moved(self) -> None:
        """Raises StoreError (code "moved") if another tab changed the store, so that missing records are not reported as damage."""
        if await self._has_moved():
            self._blocks.changed = True
            raise StoreError("another tab changed the store while this one read it: try again", code="moved")

    def _absent(self, table: str) -> list[int]:
        loaded = self._coarse[table]
        return [position for position, segment in enumerate(self.known) if segment and position not in loaded]

    def _chunks(self, position: int) -> range:
        return range(position * self._step, (position + 1) * self._step)

    def _lose(self, chunks: Iterable[int]) -> None:
        """Removes damaged rows, which are not read again."""
        chunks = list(chunks)
        self._drop_rows(chunks)
        self._lost.update(chunks)

    def _drop_rows(self, chunks: Iterable[int]) -> None:
        rows = self._index.chunk_rows
        for chunk in chunks:
            self._index.kill(range(chunk * rows, min((chunk + 1) * rows, self._index.size)))
            self._index.rows.drop(chunk)
            self._recent.pop(chunk, None)
