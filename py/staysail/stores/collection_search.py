"""The searches of a collection, by vector and by words, and the rows and codes in memory for them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import compress
from typing import Any

from ..core.errors import ConfigError
from ..core.ports import SearchHit
from ..core.value import Value
from ..indexes.flat import WORTH, FlatIndex, Hit, Plan
from ..indexes.fusion import vary
from ..indexes.keywords import KeywordIndex
from ..indexes.ports import Block, Quantization, Query, text_of
from .collection import Collection
from .documents import show_document
from .filters import Where

TAIL = -1  # the keyword index's key for rows that are in no segment yet
ROWS_AT_ONCE = 512  # the most rows read one by one; more are read in whole chunks
GATHER_SHARE = 8  # a filter that keeps less than one row in so many is answered from the kept rows alone


class Chosen(Value):
    """The rows that a filter keeps.

    Attributes:
        keep: A byte for each slot.
        count: The number of rows kept.
        slots: The slots, where they are few enough to be searched one by one.
    """

    keep: Block
    count: int
    slots: array[int] | None


class CollectionSearch:
    """The searches of one collection. last: a description of the last search."""

    def __init__(self, collection: Collection, index: FlatIndex) -> None:
        self.last: dict[str, Any] = {}  # a description of the last search
        self._collection, self._index = collection, index
        self._words = KeywordIndex()
        self._tail_words: object = None

    async def choose(self, where: Where | None) -> Chosen | None:
        if not where:
            return None
        passed = await self._collection.documents.select(where)
        count = passed.count(1)
        keep = self._index.backend.allocate(max(len(passed), 1))
        keep.view[: len(passed)] = passed
        few = count * GATHER_SHARE <= self._index.alive
        return Chosen(keep, count, array("I", compress(range(len(passed)), passed)) if few else None)

    async def by_vector(self, vector: Sequence[float], k: int, chosen: Chosen | None, quantization: Quantization | None) -> list[Hit]:
        index = self._index
        if not index.alive or (chosen and not chosen.count):
            return []
        plan = index.plan(quantization)
        self.last = {"search": plan.way, "reason": plan.reason} | ({"filtered": chosen.count} if chosen else {})
        if plan.way != "exact":
            await self._coarse("codes" if plan.way == "int8" else "signs")
        query = index.query(vector, signs=plan.way != "exact")
        while True:
            dead = index.dead
            hits = await self._by_plan(plan, query, k, chosen)
            if index.dead == dead:
                return hits
            # Some rows were damaged: search again without them.

    async def _by_plan(self, plan: Plan, query: Query, k: int, chosen: Chosen | None) -> list[Hit]:
        index, keep = self._index, chosen.keep if chosen else None
        if chosen and chosen.slots is not None:
            return await self._among(query, chosen.slots, k, plan)
        if plan.way == "exact":
            return await self._exact(query, k, keep)
        if plan.way == "int8":
            return await self._rescored(query, index.candidates(query, k, plan.way, keep), k)
        return await self._rescored(query, await self._narrowed(query, index.near(query, k, keep), k), k)

    async def by_vectors(self, vectors: Sequence[Sequence[float]], k: int, chosen: Chosen | None) -> list[list[Hit]]:
        """Returns the hits of each vector. Exact searches scan the rows once for several vectors."""
        index = self._index
        if not index.alive:
            return [[] for _ in vectors]
        if index.plan().way == "exact" and not (chosen and chosen.slots is not None) and await self._all_rows():
            if index.backend.quick_codes:
                await self._coarse("codes")
            return index.exact_batch([index.query(vector) for vector in vectors], k, chosen.keep if chosen else None)
        return [await self.by_vector(vector, k, chosen, None) for vector in vectors]

    async def by_words(self, query: Any, k: int, chosen: Chosen | None) -> list[Hit]:
        if not isinstance(query, str):
            raise ConfigError("keyword search takes a text")
        documents, words = self._collection.documents, self._words
        starts = documents.starts()
        words.keep({*starts, TAIL})
        async for serial, record in documents.terms(words.keys):
            words.load(serial, record)
        if self._tail_words is not documents.tail:
            words.put(TAIL, [text_of(entry.document) for entry in documents.tail])
            self._tail_words = documents.tail
        view = chosen.keep.view if chosen else None
        allowed = self._index.is_alive if view is None else lambda slot: view[slot] == 1
        return words.search(query, k, starts | {TAIL: self._collection.segments.start}, allowed)

    async def vary(self, hits: Sequence[Hit], k: int, diversity: float) -> list[Hit]:
        await self.ready([slot for _, slot in hits])
        hits = [hit for hit in hits if self._index.is_alive(hit[1])]
        best = max((abs(score) for score, _ in hits), default=1.0) or 1.0
        order = vary([score / best for score, _ in hits], [self._index.vector(slot) for _, slot in hits], k, 1 - diversity)
        return [hits[at] for at in order]

    async def show(self, hits: Sequence[Hit]) -> list[SearchHit]:
        entries = await self._collection.documents.entries([slot for _, slot in hits])
        return [
            SearchHit(score, entry.id, show_document(entry.document, entry.metadata))
            for (score, _), entry in zip(hits, entries, strict=True)
            if entry
        ]

    async def ready(self, slots: Sequence[int]) -> None:
        """Reads the rows in `slots` into memory."""
        if self._index.missing_chunks(slots):
            # Chunks in memory too, or they might be dropped to make room.
            await self._load(sorted({slot // self._index.chunk_rows for slot in slots}))

    async def _load(self, chunks: list[int]) -> None:
        missing = sum(not self._index.rows.holds(chunk) for chunk in chunks)
        self.last["chunks_read"] = self.last.get("chunks_read", 0) + missing
        async with self._collection.alone():
            await self._collection.segments.load_rows(chunks)

    def _missing(self, slots: array[int]) -> array[int]:
        """Returns the slots whose rows are not in memory."""
        rows, size = self._index.rows, self._index.chunk_rows
        return array("I", [slot for slot in slots if not rows.holds(slot // size)])

    async def _among(self, query: Query, slots: array[int], k: int, plan: Plan) -> list[Hit]:
        """Returns the best of some rows."""
        return await self._rescored(query, await self._narrowed(query, slots, k) if plan.way != "exact" else slots, k)

    async def _narrowed(self, query: Query, slots: array[int], k: int) -> array[int]:
        """Returns the slots worth scoring exactly, by their codes; all slots where reading their rows is cheaper than reading all codes."""
        if len(slots) > ROWS_AT_ONCE or self._index.has_codes:
            await self._coarse("codes")
            return self._index.narrowed(query, slots, k)
        return slots

    async def _coarse(self, table: str) -> None:
        if self._collection.segments.lacks(table):
            async with self._collection.alone():
                await self._collection.segments.load_coarse(table)

    async def _rescored(self, query: Query, slots: array[int], k: int) -> list[Hit]:
        self.last["candidates"] = self.last.get("candidates", 0) + len(slots)
        window = self._collection.segments.window * self._index.chunk_rows
        if self._index.size <= window:
            return await self._rescored_at_once(query, slots, k)
        parts: dict[int, array[int]] = {}  # parts of rows that fit in memory together
        for slot in slots:
            parts.setdefault(slot // window, array("I")).append(slot)
        hits = [hit for part in parts.values() for hit in await self._rescored_at_once(query, part, k)]
        return sorted(hits, key=lambda hit: (-hit[0], hit[1]))[:k]

    async def _rescored_at_once(self, query: Query, slots: array[int], k: int) -> list[Hit]:
        index = self._index
        slots = self._alive(slots)  # some may have been deleted meanwhile
        missing = self._missing(slots)
        if missing and (worn := self._collection.segments.worn(missing)):
            await self._load(worn)
            slots = self._alive(slots)
            missing = self._missing(slots)
        if missing and len(missing) <= ROWS_AT_ONCE and (rows := self._collection.segments.read_rows(missing)):
            self.last["rows_read"] = self.last.get("rows_read", 0) + len(missing)
            there = array("I", [slot for slot in slots if index.rows.holds(slot // index.chunk_rows)])
            hits = index.rescore(query, missing, k, rows) + index.rescore(query, there, k)
            return sorted(hits, key=lambda hit: (-hit[0], hit[1]))[:k]
        if missing:
            await self.ready(slots)
            slots = self._alive(slots)  # some may have been found damaged
        return index.rescore(query, slots, k)

    def _alive(self, slots: array[int]) -> array[int]:
        return array("I", filter(self._index.is_alive, slots))

    async def _exact(self, query: Query, k: int, keep: Block | None) -> list[Hit]:
        index, segments = self._index, self._collection.segments
        if index.bounds(query, k):
            await self._coarse("signs")
            await self._coarse("codes")
            slots = index.possible(query, k, await self._rescored(query, index.likely(query, k, keep), k), keep)
            if len(slots) * WORTH < index.size:
                return await self._rescored(query, slots, k)
        if await self._all_rows():
            return index.exact(query, k, keep)
        # The rows exceed the memory budget, so they are searched one window after another.
        hits: list[Hit] = []
        for first in range(0, -(-index.size // index.chunk_rows), segments.window):
            async with self._collection.alone():
                await segments.load_rows(range(first, first + segments.window))
                hits += index.exact(query, k, keep, first_chunk=first, chunks=segments.window)
        return sorted(hits, key=lambda hit: (-hit[0], hit[1]))[:k]

    async def _all_rows(self) -> bool:
        """Reads all rows into memory, if they fit. Returns whether they do."""
        index, segments = self._index, self._collection.segments
        missing = [at for at in range(-(-index.size // index.chunk_rows)) if not index.rows.holds(at)]
        if missing and segments.chunks > segments.window:
            return False
        if missing:
            async with self._collection.alone():
                await segments.load_rows(missing)
        return True
