"""Documents and vectors kept in a BlockStore, and the vector index over them.

How it works. Slot = position x chunk_rows + row. A position is a full segment, in the order in which they were met, or, behind the last,
the tail: rows whose records are in the log until they fill a segment. What is read when: at opening the head, the log and the deletions;
codes and signs before the first quantised search; float32 rows, pages and ids when something asks for them. Every write first catches up
with what other tabs wrote, under a lock that all tabs share."""

from __future__ import annotations

import asyncio
import json
import warnings
import zlib
from array import array
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ..core.errors import CorruptionError, QuotaError
from ..core.value import Value
from ..core.vectors import Block, BlockStore, RowIndex, text_of
from .layout import (
    BLOCKS,
    PAGES,
    Entry,
    Head,
    Page,
    decode_bits,
    decode_head,
    decode_log,
    encode_bits,
    encode_head,
    encode_json,
    encode_log,
    encode_page,
    seal,
    unseal,
)

PAGES_KEPT = 512
SEGMENTS_AT_A_TIME = 16
ASK_QUOTA_BYTES = 1 << 20


class Damage(Value):
    """What was found damaged. rows: how many cannot be found any more; their documents may still be readable."""

    table: str
    key: int
    rows: int


class DamageWarning(UserWarning):
    """Part of a store is damaged; the rest of it works."""


class Collection:
    def __init__(
        self,
        blocks: BlockStore,
        index: RowIndex,
        head: Head,
        *,
        encode_terms: Callable[[Sequence[str]], bytes],
        strict: bool = False,
        rows_budget_bytes: int = 512 << 20,
    ) -> None:
        """head: what a new store is to be; what is stored already is read by `sync`. strict: writes reach the disk before they return."""
        self.blocks, self.index, self.head = blocks, index, head
        self.damage: list[Damage] = []
        self._encode_terms, self._strict, self._budget = encode_terms, strict, rows_budget_bytes
        self._state = asyncio.Lock()
        self._serials: list[int | None] = []
        self._tail: list[Entry] = []
        self._dead: dict[int, set[int]] = {}
        self._checks: dict[int, dict[str, int]] = {}
        self._slots: dict[str, int] | None = None
        self._pages: dict[tuple[str, int], Page | None] = {}
        self._metadata: dict[int, list[Any]] = {}
        self._recent: dict[int, None] = {}  # positions whose rows were used, the latest last
        self._coarse: set[int] = set()
        self._lost: set[int] = set()
        self._mean_lost = False  # then all signs are taken anew
        self._writer: asyncio.Task[Any] | None = None

    @property
    def segments(self) -> int:
        return sum(serial is not None for serial in self._serials)

    # Catching up

    async def sync(self) -> None:
        """Takes in what other tabs wrote. Raises CorruptionError where the head is damaged."""
        async with self._alone():
            await self._sync()

    async def _sync(self) -> None:
        self.blocks.changed = False
        (record,) = await self.blocks.read([("head", 0)])
        if record is None:
            if self.head.version:
                self._forget_all()
            return
        head = decode_head(record)
        if head.version != self.head.version:
            await self._load(head)

    async def _load(self, head: Head) -> None:
        rows, index = self.index.chunk_rows, self.index
        at = len(self._serials)
        index.cut(at * rows)
        for matrix in (index.rows, index.codes, index.signs):
            matrix.drop(at)
        self._tail, self._slots = [], None
        for position, serial in enumerate(self._serials):
            if serial is not None and serial not in head.segments:
                self._forget(position)
        known = set(self._serials)
        new = [serial for serial in head.segments if serial not in known]
        records, log, deletions = await asyncio.gather(
            self.blocks.read([("segments", serial) for serial in new]), self.blocks.read_all("log"), self.blocks.read_all("dead")
        )
        for serial, checks in zip(new, records, strict=True):
            self._serials.append(serial)
            try:
                self._checks[serial] = decode_checks(checks)
            except ValueError:
                self._checks[serial] = {}
                self._report("segments", serial, rows)
        index.restore(len(self._serials) * rows, head.most)
        for serial in new:
            if not self._checks[serial]:
                self._lose(self._serials.index(serial))
        if head.mean is not None and index.mean is None:
            await self._load_mean(head.mean)
        self._load_log(head, log)
        self.head = head
        for key, bits in deletions.items():
            try:
                self._dead[key] = set(decode_bits(bits))
            except ValueError:
                self._report("dead", key, 0)
        for number, dead in self._dead.items():
            where = self._position(number)
            if where is not None:
                index.kill(where * rows + row for row in dead if where * rows + row < index.size)

    def _load_log(self, head: Head, records: Mapping[int, bytes]) -> None:
        stride = 4 * self.index.stride
        for key, count in head.log:
            try:
                entries, data = decode_log(records[key])
                if len(entries) != count or len(data) != count * stride:
                    raise ValueError("length")
            except (KeyError, ValueError):
                # Rows behind it keep their slots, which the deletions are told by.
                self._report("log", key, count)
                entries, data = [Entry("")] * count, bytes(count * stride)
                self._dead.setdefault(head.next, set()).update(range(len(self._tail), len(self._tail) + count))
            self._stage_padded(data, count)
            self._tail += entries

    def _stage_padded(self, data: bytes, count: int) -> None:
        index = self.index
        flat = memoryview(data).cast("f")
        if index.dim != index.stride:
            flat = memoryview(array("f", [x for row in range(count) for x in flat[row * index.stride : row * index.stride + index.dim]]))
        index.commit(index.stage(flat, prepared=True))

    async def _load_mean(self, checksum: int) -> None:
        block = self.index.backend.allocate(4 * self.index.stride)
        failed = await self.blocks.read_into("mean", {0: block.view})
        self._mean_lost = bool(failed) or self.index.backend.checksum(block, 0, 4 * self.index.stride) != checksum
        if self._mean_lost:
            self._report("mean", 0, 0)
        else:
            self.index.mean = block

    def _position(self, serial: int) -> int | None:
        if serial in self._serials:
            return self._serials.index(serial)
        return len(self._serials) if serial == self.head.next else None

    def _serial(self, position: int) -> int | None:
        return self._serials[position] if position < len(self._serials) else self.head.next + position - len(self._serials)

    def _forget(self, position: int) -> None:
        """A segment that is no longer stored: its slots stay, empty."""
        self._forget_rows(position)
        serial, self._serials[position] = self._serials[position], None
        if serial is not None:
            self._dead.pop(serial, None)
            self._checks.pop(serial, None)
            for table in PAGES:
                self._pages.pop((table, serial), None)
            self._metadata.pop(serial, None)

    def _forget_rows(self, position: int) -> None:
        start = position * self.index.chunk_rows
        self.index.kill(range(start, min(start + self.index.chunk_rows, self.index.size)))
        for matrix in (self.index.rows, self.index.codes, self.index.signs):
            matrix.drop(position)
        self._recent.pop(position, None)

    def _lose(self, position: int) -> None:
        """Rows that are damaged: they are not read again."""
        self._forget_rows(position)
        self._lost.add(position)

    def _is_whole(self, position: int) -> bool:
        return self._serials[position] is not None and position not in self._lost

    def _forget_all(self) -> None:
        self.index.clear()
        self._serials, self._tail, self._slots = [], [], None
        for memory in (self._dead, self._checks, self._pages, self._metadata, self._recent, self._coarse, self._lost):
            memory.clear()
        self.head = Head(self.head.dim, self.head.metric, self.head.quantization)

    def _report(self, table: str, key: int, rows: int) -> None:
        damage = Damage(table, key, rows)
        if damage not in self.damage:
            self.damage.append(damage)
            lost = f"{rows} rows cannot be searched" if rows else "nothing is lost by it"
            warnings.warn(f"{table} {key} of the store is damaged: {lost}; everything else works", DamageWarning, stacklevel=3)

    # Writing

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[None]:
        """Alone among all tabs, and up to date."""
        async with self.blocks.exclusive(), self._state:
            self._writer = asyncio.current_task()
            try:
                await self._sync()
                yield
            finally:
                self._writer = None

    @asynccontextmanager
    async def _alone(self) -> AsyncGenerator[None]:
        """What changes the state together with other tasks waits for them; the writer is alone already."""
        if self._writer and self._writer is asyncio.current_task():
            yield
            return
        async with self._state:
            yield

    async def append(
        self, entries: Sequence[Entry], vectors: Any, *, dead: Iterable[int] = (), dropped: Sequence[int] = (), prepared: bool = False
    ) -> None:
        """Adds rows, deletes `dead` slots and whole `dropped` positions: one transaction. Inside `writing`. Raises QuotaError, and what
        `stage` raises; then nothing has changed."""
        index, head, rows = self.index, self.head, self.index.chunk_rows
        count = index.stage(vectors, prepared=prepared) if entries else 0
        if count != len(entries):
            raise ValueError(f"{len(entries)} documents and {count} vectors")
        start = len(self._serials) * rows
        pending = [*self._tail, *entries]
        full = (index.size + count - start) // rows
        puts: list[tuple[str, int, Any]] = []
        deletes: list[tuple[str, int]] = []
        checks: dict[int, dict[str, int]] = {}
        for at in range(full):
            serial, position = head.next + at, len(self._serials) + at
            index.encode(position * rows, rows)
            checks[serial] = self._put_segment(puts, serial, position, pending[at * rows : (at + 1) * rows])
        log = head.log
        fresh: Sequence[Entry] = entries
        if full:
            fresh, log = pending[full * rows :], ()
            deletes += [("log", key) for key, _ in head.log]
        if fresh:
            slot = index.size + count - len(fresh)
            puts.append(("log", head.log_next, encode_log(fresh, list(self._pieces(slot, len(fresh))))))
            log = (*log, (head.log_next, len(fresh)))
        marked = self._mark(dead)
        puts += [("dead", serial, encode_bits(sorted(bits), rows)) for serial, bits in marked.items()]
        gone = {self._serials[position] for position in dropped}
        deletes += [(table, serial) for serial in gone if serial is not None for table in ("segments", "dead", *BLOCKS, *PAGES, "terms")]
        if index.mean and head.mean is None and full:
            puts.append(("mean", 0, index.mean.view))
            head = head.replace(mean=index.backend.checksum(index.mean, 0, 4 * index.stride))
        head = head.replace(
            version=head.version + 1,
            segments=tuple(serial for serial in (*self._serials, *checks) if serial is not None and serial not in gone),
            next=head.next + full,
            most=max(head.most, index.most),
            log=log,
            log_next=head.log_next + 1,
        )
        puts.append(("head", 0, encode_head(head)))
        await self._write(puts, deletes)

        index.commit(count)
        index.kill(dead)
        self._dead |= marked
        first = index.size - count
        if self._slots is not None:
            self._slots |= {entry.id: first + at for at, entry in enumerate(entries)}
        self._checks |= checks
        self._coarse |= set(range(len(self._serials), len(self._serials) + full))
        self._recent |= dict.fromkeys(range(len(self._serials), len(self._serials) + full))
        self._serials += checks
        self._tail = pending[full * rows :]
        self.head = head
        for position in dropped:
            self._forget(position)
        self._evict(set())
        self.blocks.announce()

    async def remove(self, slots: Sequence[int]) -> None:
        """Deletes rows; inside `writing`."""
        if not slots:
            return
        if len(slots) >= self.index.size - self.index.dead:
            await self._clear()
            return
        await self.append([], (), dead=slots)
        if self._slots is not None:
            gone = set(slots)
            self._slots = {id: slot for id, slot in self._slots.items() if slot not in gone}
        await self.compact()

    async def compact(self) -> None:
        """Moves what is left of segments that are more than half deleted; inside `writing`."""
        rows = self.index.chunk_rows
        sparse = [
            position for position, serial in enumerate(self._serials) if serial is not None and 2 * len(self._dead.get(serial, ())) > rows
        ]
        for at in range(0, len(sparse), SEGMENTS_AT_A_TIME):
            part = sparse[at : at + SEGMENTS_AT_A_TIME]
            slots = [slot for position in part for slot in range(position * rows, (position + 1) * rows) if self.index.is_alive(slot)]
            await self.load_rows(part)
            slots = [slot for slot in slots if self.index.is_alive(slot)]
            dim = self.index.dim
            vectors = array("f", [x for slot in slots for x in self.index.rows.row(slot).cast("f")[:dim]])
            entries = [entry or Entry("") for entry in await self.entries(slots)]
            await self.append(entries, vectors, dropped=part, prepared=True)

    async def _clear(self) -> None:
        head = Head(
            self.head.dim, self.head.metric, self.head.quantization,
            version=self.head.version + 1, next=self.head.next + 1, log_next=self.head.log_next,
        )  # fmt: skip
        serials = [serial for serial in (*self._serials, self.head.next) if serial is not None]
        deletes = [(table, serial) for serial in serials for table in ("segments", "dead", *BLOCKS, *PAGES, "terms")]
        deletes += [("log", key) for key, _ in self.head.log]
        await self._write([("head", 0, encode_head(head))], [*deletes, ("mean", 0)])
        self._forget_all()
        self.head = head
        self.blocks.announce()

    async def _write(self, puts: Sequence[tuple[str, int, Any]], deletes: Sequence[tuple[str, int]]) -> None:
        needed = sum(len(record) for _, _, record in puts)
        if needed > ASK_QUOTA_BYTES:
            _, free = await self.blocks.estimate()
            if free is not None and needed > free:
                raise QuotaError(
                    f"this needs {needed:,} bytes and the browser has {free:,} left for this page: delete something, or ask the user "
                    "for persistent storage with persist(). Nothing was changed",
                    needed_bytes=needed,
                    free_bytes=free,
                )
        await self.blocks.write(puts, deletes, strict=self._strict)

    def _put_segment(self, puts: list[tuple[str, int, Any]], serial: int, position: int, entries: Sequence[Entry]) -> dict[str, int]:
        checks: dict[str, int] = {}
        for table in ("rows", *self.index.kinds):
            matrix = getattr(self.index, table)
            block = matrix.reserve(position)
            checks[table] = self.index.backend.checksum(block, 0, matrix.chunk_bytes)
            puts.append((table, serial, block.view[: matrix.chunk_bytes]))
        pages = {
            "ids": encode_page([id for id, _, _ in entries]),
            "documents": encode_page([document for _, document, _ in entries]),
            "metadata": encode_page([metadata for _, _, metadata in entries]),
        }
        texts = [text_of(document) if document else "" for _, document, _ in entries]
        if any(texts):
            pages["terms"] = self._encode_terms(texts)
        for table, page in pages.items():
            checks[table] = zlib.crc32(page)
            puts.append((table, serial, page))
        puts.append(("segments", serial, seal(encode_json(checks))))
        return checks

    def _pieces(self, slot: int, count: int) -> Iterable[memoryview[int]]:
        width, mask = self.index.rows.width, self.index.chunk_rows - 1
        while count:
            block = self.index.rows.reserve(slot // self.index.chunk_rows)
            part = min(count, self.index.chunk_rows - (slot & mask))
            yield block.view[(slot & mask) * width : ((slot & mask) + part) * width]
            slot, count = slot + part, count - part

    def _mark(self, slots: Iterable[int]) -> dict[int, set[int]]:
        marked: dict[int, set[int]] = {}
        for slot in slots:
            serial = self._serial(slot // self.index.chunk_rows)
            if serial is not None:
                marked.setdefault(serial, set(self._dead.get(serial, ()))).add(slot % self.index.chunk_rows)
        return marked

    # Reading

    async def load_coarse(self) -> None:
        """Reads the codes and signs that are not in memory yet. Damaged ones are made again from the rows."""
        async with self._alone():
            wanted = [at for at in range(len(self._serials)) if self._is_whole(at) and at not in self._coarse]
            for table in self.index.kinds if wanted else ():
                bad = wanted if table == "signs" and self._mean_lost else await self._read_blocks(table, wanted)
                if bad:
                    await self._load_rows(bad)
                    for position in bad:
                        if not self._mean_lost:
                            self._report(table, self._serials[position] or 0, 0)
                        if self.index.rows.holds(position):
                            self.index.encode(position * self.index.chunk_rows, self.index.chunk_rows)
            self._coarse |= set(wanted)
            start = len(self._serials) * self.index.chunk_rows
            if self.index.encoded < self.index.size:
                self.index.encode(start, self.index.size - start)
                self.index.encoded = self.index.size

    async def load_rows(self, positions: Iterable[int]) -> None:
        """Reads float32 rows, and lets go of the least recently used ones beyond the budget. What is damaged is not found any more."""
        await self._load_rows([position for position in positions if position < len(self._serials)])

    async def _load_rows(self, positions: Sequence[int]) -> None:
        missing = [at for at in positions if self._is_whole(at) and not self.index.rows.holds(at)]
        for position in await self._read_blocks("rows", missing) if missing else ():
            self._report("rows", self._serials[position] or 0, self.index.chunk_rows)
            self._lose(position)
        for position in positions:
            self._recent.pop(position, None)
            self._recent[position] = None
        self._evict(set(positions))

    async def _read_blocks(self, table: str, positions: Sequence[int]) -> list[int]:
        """Gives the positions that came damaged."""
        matrix = getattr(self.index, table)
        wanted = [(serial, position) for position in positions if (serial := self._serials[position]) is not None]
        if table == "rows":  # which come and go one by one
            room = [self.index.backend.allocate(matrix.chunk_bytes) for _ in wanted]
        else:
            room = self.index.backend.allocate_many(matrix.chunk_bytes, len(wanted))
        blocks: dict[int, tuple[int, Block]] = {serial: (position, block) for (serial, position), block in zip(wanted, room, strict=True)}
        failed = set(
            await self.blocks.read_into(table, {serial: block.view[: matrix.chunk_bytes] for serial, (_, block) in blocks.items()})
        )
        bad = []
        for serial, (position, block) in blocks.items():
            if serial in failed or self.index.backend.checksum(block, 0, matrix.chunk_bytes) != self._checks.get(serial, {}).get(table):
                bad.append(position)
            else:
                matrix.place(position, block)
        return bad

    def rows_window(self) -> int:
        """How many segments' rows fit in the budget."""
        return max(1, self._budget // self.index.rows.chunk_bytes)

    def _evict(self, needed: set[int]) -> None:
        for position in list(self._recent):
            if self.index.rows.size_bytes <= self._budget:
                return
            if position not in needed:
                del self._recent[position]
                self.index.rows.drop(position)

    async def ids(self) -> dict[str, int]:
        """The slot of each document."""
        if self._slots is None:
            async with self._alone():
                rows, slots = self.index.chunk_rows, {}
                positions = [position for position, serial in enumerate(self._serials) if serial is not None]
                await self._load_pages("ids", positions)
                for position in positions:
                    page = self._pages.get(("ids", self._serials[position] or 0))
                    for row, id in enumerate(page.all() if page else ()):
                        slots[id] = position * rows + row
                start = len(self._serials) * rows
                slots |= {entry.id: start + row for row, entry in enumerate(self._tail)}
                self._slots = {id: slot for id, slot in slots.items() if self.index.is_alive(slot)}
        return self._slots

    async def entries(self, slots: Sequence[int], tables: Sequence[str] = PAGES) -> list[Entry | None]:
        """None for what is damaged."""
        rows, start = self.index.chunk_rows, len(self._serials) * self.index.chunk_rows
        positions = sorted({slot // rows for slot in slots if slot < start})
        for table in tables:
            await self._load_pages(table, positions)
        found: list[Entry | None] = []
        for slot in slots:
            if slot >= start:
                found.append(self._tail[slot - start])
                continue
            serial = self._serials[slot // rows]
            pages = [self._pages.get((table, serial or 0)) for table in tables]
            if serial is None or any(page is None for page in pages):
                found.append(None)
            else:
                found.append(
                    Entry(
                        **{FIELDS[table]: page[slot % rows] for table, page in zip(tables, pages, strict=True) if page}
                        | ({} if "ids" in tables else {"id": ""})
                    )
                )
        return found

    async def metadata(self) -> AsyncGenerator[tuple[int, Sequence[Any]]]:
        """The first slot of each segment, and its rows' metadata."""
        positions = [position for position, serial in enumerate(self._serials) if serial is not None]
        missing = [position for position in positions if self._serials[position] not in self._metadata]
        await self._load_pages("metadata", missing)
        for position in positions:
            serial = self._serials[position]
            if serial is None:
                continue
            if serial not in self._metadata:
                page = self._pages.pop(("metadata", serial), None)
                self._metadata[serial] = page.all() if page else []
            yield position * self.index.chunk_rows, self._metadata[serial]
        yield len(self._serials) * self.index.chunk_rows, [entry.metadata for entry in self._tail]

    async def terms(self, known: set[int]) -> AsyncGenerator[tuple[int, int, bytes]]:
        """(serial, first slot, record) of each segment whose serial is not in `known` and that has words."""
        for position, serial in enumerate(list(self._serials)):
            if serial is None or serial in known or "terms" not in self._checks.get(serial, {}):
                continue
            (record,) = await self.blocks.read([("terms", serial)])
            if record is None or zlib.crc32(record) != self._checks[serial]["terms"]:
                self._report("terms", serial, 0)
                continue
            yield serial, position * self.index.chunk_rows, record

    def live_serials(self) -> dict[int, int]:
        """Serial to first slot."""
        return {serial: at * self.index.chunk_rows for at, serial in enumerate(self._serials) if serial is not None}

    def tail(self) -> tuple[int, Sequence[Entry]]:
        return len(self._serials) * self.index.chunk_rows, self._tail

    async def _load_pages(self, table: str, positions: Sequence[int]) -> None:
        wanted = [
            serial for position in positions if (serial := self._serials[position]) is not None and (table, serial) not in self._pages
        ]
        if len(self._pages) + len(wanted) > PAGES_KEPT:
            self._pages.clear()
            wanted = [serial for position in positions if (serial := self._serials[position]) is not None]
        for serial, record in zip(wanted, await self.blocks.read([(table, serial) for serial in wanted]), strict=True):
            whole = record is not None and zlib.crc32(record) == self._checks.get(serial, {}).get(table)
            if not whole and self._checks.get(serial):
                self._report(table, serial, 0)
            self._pages[table, serial] = Page(record) if record is not None and whole else None


FIELDS = {"ids": "id", "documents": "document", "metadata": "metadata"}


def decode_checks(record: bytes | None) -> dict[str, int]:
    """Raises ValueError."""
    if record is None:
        raise ValueError("absent")
    checks: dict[str, int] = json.loads(unseal(record))
    return checks


def unreadable(id: str) -> CorruptionError:
    return CorruptionError(f"document {id!r} is damaged; the others are whole")
