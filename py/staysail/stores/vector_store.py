"""A store of documents that are found by vector, by words, or both: it joins a collection, its index, a backend and an embedder."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ..core.errors import ConfigError, CorruptionError, StoreError
from ..core.locks import LoopLock
from ..core.ports import SearchHit, SearchHits
from ..core.shown import Note, Showable, ShownPart, Table
from ..indexes.fusion import fuse_ranks
from ..indexes.ports import (
    DTYPES,
    METRICS,
    QUANTIZATIONS,
    Backend,
    BlockStore,
    Dtype,
    Metric,
    Quantization,
    SearchMode,
    check_choice,
)
from .damage import Damage
from .documents import check_embedder
from .filters import Where
from .interface import Rerank, StoreVerbs, reranked
from .layout import EmbedderFingerprint, Entry, Head
from .opening import Opened, Opening
from .provenance import Provenance
from .transfer_archive import Row

FUSED = 4  # hybrid search fuses rankings of so many times k
VARIED = 4  # `diversity` and `rerank` choose from so many times k
TRIES = 3  # readings, when another tab moves the rows that are read


class VectorStore(StoreVerbs, Showable):
    """A store of documents that are found by meaning, by words, or both.

        store = VectorStore("notes", embedder=EmbeddingModel("openai:text-embedding-3-small"))
        await store.add(["Ropes are called lines.", {"id": "b", "text": "A staysail is set on a stay.", "metadata": {"year": 2020}}])
        for hit in await store.search("sails", 3, where={"year": {"gte": 2020}}): ...

    The store opens when it is first used. Each write succeeds or fails as a whole, and is durable on return. A large array of vectors
    without documents is written fastest.

    Args:
        name: The name under which a page keeps the store; on CPython, the directory that holds it. ":memory:" keeps nothing.
        dim: Dimensions of the vectors; as many as the first vectors have, if left out.
        metric: "cosine", "dot" or "euclidean". A higher score is nearer in each; for euclidean the score is minus the distance.
        embedder: An object with `embed_texts(texts)` that returns objects with `vec`, or a function, async or not, from texts to
            vectors.
        quantization: "auto", "none", "int8" or "1bit"; `explain` says what a search uses.
        dtype: "f32", or "f16", which takes half the disk and memory and rounds numbers to 11 bits. An existing store keeps its own.
        durability: What a write survives on return: "relaxed" the end of the page or process, "strict" also a power cut, for which it
            waits for the disk.
        memory_bytes: The most bytes of rows that stay in memory.
        backend: "kernel", "numkong", "numpy" or a Backend; the fastest that runs here, if left out.
        blocks: The BlockStore to use in place of the name's.
        segment_rows: Rows of one stored segment, a power of two.

    Raises:
        ConfigError: An argument does not fit, or does not fit the existing store.
        DimensionError: The existing store has other dimensions.
    """

    def __init__(
        self,
        name: str = ":memory:",
        *,
        dim: int | None = None,
        metric: Metric = "cosine",
        embedder: Any = None,
        quantization: Quantization = "auto",
        dtype: Dtype | None = None,
        durability: str = "relaxed",
        memory_bytes: int = 512 << 20,
        backend: str | Backend | None = None,
        blocks: BlockStore | None = None,
        segment_rows: int = 0,
    ) -> None:
        check_choice("metric", metric, METRICS)
        check_choice("quantization", quantization, QUANTIZATIONS)
        check_choice("dtype", dtype or "f32", DTYPES)
        check_choice("durability", durability, ("relaxed", "strict"))
        check_embedder(embedder)
        self.name, self.embedder = name, embedder
        self._provenance = Provenance(name, embedder)
        self._threads = LoopLock()
        self._opening = Opening(
            name,
            Head(dim or 0, metric, quantization, dtype or "f32", segment_rows=segment_rows),
            dtype=dtype,
            strict=durability == "strict",
            memory_bytes=memory_bytes,
            backend=backend,
            blocks=blocks,
        )

    # Writing

    async def delete(self, ids: Sequence[str] | str | None = None, *, where: Where | None = None) -> int:
        """Deletes documents by ids or by a filter. Returns the number of deleted documents."""
        if (ids is None) == (where is None):
            raise ConfigError("delete takes ids or where")
        async with self._open() as opened, opened.collection.writing():
            if where is not None:
                passed = await opened.collection.documents.select(where)
                slots = [slot for slot, chosen in enumerate(passed) if chosen]
            else:
                known = await opened.collection.documents.ids()
                slots = sorted({known[id] for id in ([ids] if isinstance(ids, str) else ids or ()) if id in known})
            await opened.collection.remove(slots)
            return len(slots)

    async def compact(self) -> None:
        """Frees the space of deleted documents now. Otherwise it is freed once more than half of a segment is deleted."""
        async with self._open() as opened, opened.collection.writing():
            await opened.collection.compact()

    # Finding

    async def search(
        self,
        query: Any,
        k: int = 10,
        *,
        where: Where | None = None,
        threshold: float | None = None,
        mode: SearchMode = "vector",
        quantization: Quantization | None = None,
        diversity: float = 0.0,
        rerank: Rerank | None = None,
    ) -> list[SearchHit]:
        """Returns the k nearest documents, best first.

        Args:
            query: A text or a vector.
            k: The most hits.
            where: A filter on the metadata, such as `{"part": "hull", "year": {"gte": 2020}}`.
            threshold: The least score of a hit: of the vector search, or BM25's in keyword mode.
            mode: "vector", "keyword", or "hybrid", which fuses both rankings by rank; its scores are those of the fusion.
            quantization: Replaces the store's for this search.
            diversity: From 0 to 1: how different from each other the hits should be.
            rerank: A Reranker, or a function, async or not, of the query and more than k hits that returns hits in a better order.

        Raises:
            ConfigError: An argument does not fit.
            DimensionError: The query's vector has other dimensions than the store.
        """
        check_choice("mode", mode, ("vector", "keyword", "hybrid"))
        if k < 1:
            raise ConfigError(f"k is at least 1, not {k}")
        (vector,) = await self._vectors_of([query]) if mode != "keyword" else [()]

        async def find(opened: Opened) -> list[SearchHit]:
            search, chosen = opened.search, await opened.search.choose(where)
            wider = k * VARIED if diversity or rerank else k
            many = wider if mode != "hybrid" else max(wider, FUSED * k)
            if mode == "keyword":
                hits = await search.by_words(query, many, chosen)
            else:
                hits = await search.by_vector(vector, many, chosen, quantization)
            hits = [hit for hit in hits if threshold is None or hit[0] >= threshold]
            if mode == "hybrid":
                words = await search.by_words(query, many, chosen)
                hits = fuse_ranks([[slot for _, slot in hits], [slot for _, slot in words]], wider)
            return await search.show(await search.vary(hits, k, diversity) if diversity else hits)

        return SearchHits((await reranked(rerank, query, await self._reading(find)))[:k])

    async def search_batch(
        self, queries: Sequence[Any], k: int = 10, *, where: Where | None = None, threshold: float | None = None
    ) -> list[list[SearchHit]]:
        """Searches by vector for each query, faster than calls of `search` one after another. Returns a list of hits for each query, in
        order.

        Args:
            queries: Texts, or vectors of the store's dimensions.
            k: Most hits of each query.
            where: The filter of `search`.
            threshold: The least score of a hit.
        """
        vectors = await self._vectors_of(queries)

        async def find(opened: Opened) -> list[list[SearchHit]]:
            ranked = await opened.search.by_vectors(vectors, k, await opened.search.choose(where))
            return [
                SearchHits(await opened.search.show([hit for hit in hits if threshold is None or hit[0] >= threshold])) for hits in ranked
            ]

        return await self._reading(find)

    async def get(self, ids: Sequence[str] | str, *, vectors: bool = False) -> list[dict[str, Any]]:
        """Returns {"id", "document", "metadata"} of each id that the store holds, in the order of `ids`. vectors: adds "vector", which
        has unit length in a cosine store. Raises CorruptionError for a damaged document."""

        async def find(opened: Opened) -> list[dict[str, Any]]:
            known = await opened.collection.documents.ids()
            wanted = [id for id in ([ids] if isinstance(ids, str) else ids) if id in known]
            slots = [known[id] for id in wanted]
            entries = await opened.collection.documents.entries(slots)
            if vectors:
                await opened.search.ready(slots)
            found = []
            for id, slot, entry in zip(wanted, slots, entries, strict=True):
                if entry is None or (vectors and opened.index.missing_chunks([slot])):
                    raise CorruptionError(f"document {id!r} is damaged; others may be whole")
                found.append({"id": id, "document": entry.document, "metadata": dict(entry.metadata)})
                if vectors:
                    found[-1]["vector"] = opened.index.vector(slot)
            return found

        return await self._reading(find)

    async def ids(self) -> list[str]:
        """Returns the ids of all documents, in no particular order."""
        async with self._current() as opened:
            return list(await opened.collection.documents.ids())

    async def count(self, where: Where | None = None) -> int:
        """Returns the number of documents, or of those that pass the filter."""
        async with self._current() as opened:
            return (await opened.collection.documents.select(where)).count(1) if where else opened.index.alive

    # State

    def __repr__(self) -> str:
        return f"VectorStore({self.name!r})"

    def shown_parts(self) -> tuple[ShownPart, ...]:
        """Returns the store's name and, once it has opened, its size, metric and backend."""
        opened = self._opening.opened
        if opened is None:
            return (Note(f"VectorStore {self.name!r}, which opens when it is first used"),)
        index = opened.index
        columns = ("documents", "dimensions", "metric", "quantization", "dtype", "backend", "storage")
        row = (index.alive, index.dim, index.metric, index.quantization, index.dtype, index.backend.name, opened.collection.blocks.kind)
        return (Note(f"VectorStore {self.name!r}"), Table(columns, (tuple(map(str, row)),)))

    async def explain(self, *, quantization: Quantization | None = None) -> dict[str, Any]:
        """Returns a description of the store: how a search would run and why, which backend runs and why, bytes in memory and on disk,
        damage, and the last search."""
        async with self._current() as opened:
            collection, index = opened.collection, opened.index
            plan = index.plan(quantization)
            used, free = await collection.blocks.estimate()
            return {
                "documents": index.alive,
                "deleted": index.dead,
                "dim": index.dim,
                "metric": index.metric,
                "quantization": index.quantization,
                "dtype": index.dtype,
                "search": plan.way,
                "reason": plan.reason,
                "backend": index.backend.name,
                "backend_reason": index.backend.reason,
                "storage": collection.blocks.kind,
                "memory_bytes": {kind: getattr(index, kind).size_bytes for kind in ("rows", "codes", "signs")},
                "segments": sum(1 for _ in collection.segments.live()),
                "stored_bytes": used,
                "free_bytes": free,
                "damage": [{"table": item.table, "key": item.key, "rows": item.rows} for item in collection.damage],
                "last_search": dict(opened.search.last),
            }

    @property
    def damage(self) -> tuple[Damage, ...]:
        """The damage found so far."""
        opened = self._opening.opened
        return tuple(opened.collection.damage) if opened else ()

    async def persist(self) -> bool:
        """Requests persistent storage, which the browser does not clear when disk space runs short. Returns whether the browser granted
        it.

        A worker that JavaScript started requests it in its page. Any other worker only returns whether its page was granted it.
        """
        return await (await self._opening.storage()).persist()

    async def close(self) -> None:
        """Releases memory and the database. The stored documents stay."""
        async with self._threads.enter():
            await self._opening.close()

    async def destroy(self) -> None:
        """Deletes the store and everything in it."""
        async with self._threads.enter():
            await self._opening.destroy()

    @asynccontextmanager
    async def _open(self, dim: int = 0) -> AsyncGenerator[Opened]:
        """Opens the store and keeps tasks of other event loops out within the block."""
        async with self._threads.enter():
            yield await self._opening.open(dim)

    @asynccontextmanager
    async def _current(self) -> AsyncGenerator[Opened]:
        """Opens the store within the block, up to date with the writes of other tabs and processes."""
        async with self._open() as opened:
            if opened.collection.blocks.changed:
                await opened.collection.sync()
            yield opened

    async def _reading[T](self, read: Callable[[Opened], Awaitable[T]]) -> T:
        """Runs a reading, and repeats it when another tab moved the rows that it was reading."""
        for left in range(TRIES, 0, -1):
            try:
                async with self._current() as opened:
                    return await read(opened)
            except StoreError as error:
                if error.code != "moved" or left == 1:
                    raise
        raise AssertionError

    # The abstract methods of StoreVerbs

    async def _embed(self, texts: Sequence[str], *, documents: bool) -> list[Any]:
        async def read(fingerprint: EmbedderFingerprint) -> Entry | None:
            async with self._current() as opened:
                return await opened.collection.read_fingerprint(fingerprint)

        async with self._current() as opened:
            fingerprint = opened.collection.head.fingerprint
        return await self._provenance.embed(texts, fingerprint, read, documents=documents)

    async def _write(self, entries: list[Entry], vectors: Any, *, replace: bool, gone: Sequence[str]) -> None:
        async with self._open(len(vectors[0])) as opened, opened.collection.writing():
            collection = opened.collection
            known = await collection.documents.ids()
            there = sorted(entry.id for entry in entries if entry.id in known)
            if there and not replace:
                raise StoreError(f"there is a document {there[0]!r} already; upsert replaces it", code="exists")
            dead = {known[id] for id in (*there, *gone) if id in known}
            head, size = collection.head, collection.index.size
            fingerprint = await self._provenance.fingerprint(entries, head.fingerprint, collection.read_fingerprint, size)
            await collection.append(entries, vectors, dead=sorted(dead), fingerprint=fingerprint)
            for id in {*gone}.difference(entry.id for entry in entries) if gone else ():
                known.pop(id, None)
            if dead:
                await collection.compact()

    async def _about(self) -> dict[str, Any]:
        async with self._current() as opened:
            index = opened.index
            return {"dim": index.dim, "metric": index.metric, "quantization": index.quantization}

    async def _rows(self, ids: Sequence[str]) -> list[Row]:
        async def find(opened: Opened) -> list[Row]:
            index, known = opened.index, await opened.collection.documents.ids()
            slots = [known[id] for id in ids if id in known]
            entries = await opened.collection.documents.entries(slots)
            await opened.search.ready(slots)
            whole = zip(slots, entries, strict=True)
            return [(entry, index.vector(slot)) for slot, entry in whole if entry and not index.missing_chunks([slot])]

        return await self._reading(find)
