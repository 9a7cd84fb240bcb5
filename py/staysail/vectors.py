"""`VectorStore`: a composition root, like the package's `__init__` and the bridge: here a collection, indexes, a backend and an embedder
come together, none of which knows the others. It is imported when it is first used."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from .core.errors import ConfigError, CorruptionError, DimensionError, StoreError
from .core.ports import SearchHit
from .core.vectors import (
    METRICS,
    QUANTIZATIONS,
    Backend,
    Block,
    BlockStore,
    Metric,
    Quantization,
    Query,
    SearchMode,
    check_choice,
    text_of,
)
from .indexes.flat import FlatIndex, Hit
from .indexes.fusion import fuse_ranks, vary
from .indexes.keywords import KeywordIndex, encode_terms
from .indexes.numpy_backend import NumpyBackend
from .stores.archive import read_archive, write_archive
from .stores.collection import Collection, Damage
from .stores.documents import check_embedder, embed_texts, read_documents, show_document
from .stores.filters import Where, compile_filter
from .stores.layout import Head, decode_head
from .stores.memory import MemoryBlocks

IN_BROWSER_RUNTIME = sys.platform == "emscripten"
TAIL = -1  # the key of the keyword index's part for rows that are in no segment yet
FUSED = 4  # hybrid search ranks so many times k of either kind
VARIED = 4  # and `diversity` chooses from so many times k


class VectorStore:
    """Documents found by meaning, by words, or both.

        store = VectorStore("notes", embedder=EmbeddingModel("openai:text-embedding-3-small"))
        await store.add(["Ropes are called lines.", {"id": "b", "text": "A staysail is set on a stay.", "metadata": {"year": 2020}}])
        for hit in await store.search("sails", 3, where={"year": {"gte": 2020}}): ...

    name: kept in IndexedDB under it; ":memory:" is kept nowhere, and on CPython every store is. dim: of the vectors; else the first ones'
    say it. metric: cosine, dot, euclidean (whose score is minus the distance), so more is nearer in each. embedder: anything with
    `embed_texts(texts)` giving objects with `vec`, or a function, async or not, from texts to vectors. quantization: auto, none, int8,
    1bit; see `explain`. durability: "strict" waits for the disk. memory_bytes: how much of the float32 rows stays in memory. backend:
    kernel, numkong, numpy; else the fastest that runs. It opens itself when it is first used. Raises ConfigError, DimensionError."""

    def __init__(
        self,
        name: str = ":memory:",
        *,
        dim: int | None = None,
        metric: Metric = "cosine",
        embedder: Any = None,
        quantization: Quantization = "auto",
        durability: str = "relaxed",
        memory_bytes: int = 512 << 20,
        backend: str | Backend | None = None,
        blocks: BlockStore | None = None,
    ) -> None:
        check_choice("metric", metric, METRICS)
        check_choice("quantization", quantization, QUANTIZATIONS)
        check_choice("durability", durability, ("relaxed", "strict"))
        check_embedder(embedder)
        self.name, self.embedder = name, embedder
        self._wanted = Head(dim or 0, metric, quantization)
        self._strict, self._memory_bytes, self._backend, self._blocks = durability == "strict", memory_bytes, backend, blocks
        self._collection: Collection | None = None
        self._opening = asyncio.Lock()
        self._keywords = KeywordIndex()
        self._tail_words: object = None
        self._last: dict[str, Any] = {}

    # Writing

    async def add(self, documents: Sequence[Any] | None = None, *, vectors: Any = None, ids: Sequence[str] | None = None) -> list[str]:
        """Adds all or none, and gives their ids; durable on return. documents: texts, Documents, or objects with `text` (or `document`) and
        optionally `id`, `metadata` and `vector`. vectors: of all of them, in any form `numpy` or lists have; what has none is embedded. A
        big array alone is quickest. Raises StoreError (code "exists") for an id that is there already."""
        return await self._add(documents, vectors, ids, replace=False)

    async def upsert(self, documents: Sequence[Any] | None = None, *, vectors: Any = None, ids: Sequence[str] | None = None) -> list[str]:
        """`add`, where ids that are there already are replaced."""
        return await self._add(documents, vectors, ids, replace=True)

    async def replace(self, ids: Sequence[str], documents: Sequence[Any], *, vectors: Any = None) -> list[str]:
        """Puts documents in the place of those that have `ids`, in a single write. A document whose id is there already is replaced."""
        if not documents:
            await self.delete(ids)
            return []
        return await self._add(documents, vectors, None, replace=True, gone=ids)

    async def delete(self, ids: Sequence[str] | str | None = None, *, where: Where | None = None) -> int:
        """By ids or by a filter; gives how many there were."""
        if (ids is None) == (where is None):
            raise ConfigError("delete takes ids or where")
        collection = await self._open()
        async with collection.writing():
            if where is not None:
                slots = await self._slots_where(collection, where)
            else:
                known = await collection.ids()
                slots = sorted({known[id] for id in ([ids] if isinstance(ids, str) else ids or ()) if id in known})
            await collection.remove(slots)
            return len(slots)

    async def compact(self) -> None:
        """Gives back the space of deleted documents now; it happens by itself once more than half of a segment is deleted."""
        collection = await self._open()
        async with collection.writing():
            await collection.compact()

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
        rerank: Callable[[str, Sequence[SearchHit]], Any] | None = None,
    ) -> list[SearchHit]:
        """The k nearest, best first. query: a text, or a vector. threshold: the least score; of the vector's, or in keyword mode BM25's.
        mode: hybrid fuses both rankings by rank, and its scores are those of the fusion. diversity: from 0 to 1, how much unlike each
        other the hits should be. rerank: a function of the query and more hits than k that gives hits in a better order."""
        check_choice("mode", mode, ("vector", "keyword", "hybrid"))
        if k < 1:
            raise ConfigError(f"k is at least 1, not {k}")
        collection = await self._open()
        await self._catch_up(collection)
        keep = await self._keep(collection, where) if where else None
        wider = k * VARIED if diversity or rerank else k
        if mode == "keyword":
            hits = await self._by_words(collection, query, wider, keep)
            hits = [hit for hit in hits if threshold is None or hit[0] >= threshold]
        else:
            vector = await self._vector_of(query)
            hits = await self._by_vector(collection, vector, wider if mode == "vector" else max(wider, FUSED * k), keep, quantization)
            hits = [hit for hit in hits if threshold is None or hit[0] >= threshold]
            if mode == "hybrid":
                words = await self._by_words(collection, query, max(wider, FUSED * k), keep)
                hits = fuse_ranks([[slot for _, slot in hits], [slot for _, slot in words]], wider)
        if diversity:
            hits = await self._varied(collection, hits, k, diversity)
        found = await self._hits(collection, hits)
        if rerank:
            better = rerank(query, found)
            found = list(await better if inspect.isawaitable(better) else better)
        return found[:k]

    async def search_batch(
        self, queries: Sequence[Any], k: int = 10, *, where: Where | None = None, threshold: float | None = None
    ) -> list[list[SearchHit]]:
        """`search` by vector for each query, faster than one by one."""
        collection = await self._open()
        await self._catch_up(collection)
        keep = await self._keep(collection, where) if where else None
        texts = [at for at, query in enumerate(queries) if isinstance(query, str)]
        vectors = list(queries)
        for at, vector in zip(texts, await self._embed([queries[at] for at in texts]), strict=True):
            vectors[at] = vector
        index = self._index(collection)
        if not index.alive:
            return [[] for _ in queries]
        if index.plan().way == "exact" and await self._all_rows(collection):
            ranked = index.exact_batch([index.query(vector) for vector in vectors], k, keep)
        else:
            ranked = [await self._by_vector(collection, vector, k, keep, None) for vector in vectors]
        return [await self._hits(collection, [hit for hit in hits if threshold is None or hit[0] >= threshold]) for hits in ranked]

    async def top_n(self, query: Any, n: int = 10, **options: Any) -> list[SearchHit]:
        """`search`, under the name that agents and rig call it by."""
        return await self.search(query, n, **options)

    async def top_n_ids(self, query: Any, n: int = 10, **options: Any) -> list[tuple[float, str]]:
        return [(hit.score, hit.id) for hit in await self.search(query, n, **options)]

    async def get(self, ids: Sequence[str] | str, *, vectors: bool = False) -> list[dict[str, Any]]:
        """{"id", "document", "metadata"} of those that are there, in the order asked for; vectors: with "vector", of unit length for
        cosine. Raises CorruptionError."""
        collection = await self._open()
        await self._catch_up(collection)
        known = await collection.ids()
        wanted = [id for id in ([ids] if isinstance(ids, str) else ids) if id in known]
        slots = [known[id] for id in wanted]
        entries = await collection.entries(slots)
        if vectors:
            await self._ready(collection, slots)
        found = []
        for id, slot, entry in zip(wanted, slots, entries, strict=True):
            if entry is None:
                raise CorruptionError(f"document {id!r} is damaged; others may be whole")
            found.append({"id": id, "document": entry.document, "metadata": dict(entry.metadata)})
            if vectors:
                found[-1]["vector"] = self._index(collection).vector(slot)
        return found

    async def ids(self) -> list[str]:
        """Of every document, in no order."""
        collection = await self._open()
        await self._catch_up(collection)
        return list(await collection.ids())

    async def count(self, where: Where | None = None) -> int:
        collection = await self._open()
        await self._catch_up(collection)
        return len(await self._slots_where(collection, where)) if where else self._index(collection).alive

    # About it

    async def explain(self, *, quantization: Quantization | None = None) -> dict[str, Any]:
        """What a search would do and why, which backend runs and why, what is in memory and what the last search did."""
        collection = await self._open()
        await self._catch_up(collection)
        index = self._index(collection)
        plan = index.plan(quantization)
        used, free = await collection.blocks.estimate()
        return {
            "documents": index.alive,
            "deleted": index.dead,
            "dim": index.dim,
            "metric": index.metric,
            "quantization": index.quantization,
            "search": plan.way,
            "reason": plan.reason,
            "backend": index.backend.name,
            "backend_reason": index.backend.reason,
            "memory_bytes": {kind: getattr(index, kind).size_bytes for kind in ("rows", "codes", "signs")},
            "segments": collection.segments,
            "stored_bytes": used,
            "free_bytes": free,
            "damage": [{"table": item.table, "key": item.key, "rows": item.rows} for item in collection.damage],
            "last_search": dict(self._last),
        }

    @property
    def damage(self) -> tuple[Damage, ...]:
        """What was found damaged so far."""
        return tuple(self._collection.damage) if self._collection else ()

    async def persist(self) -> bool:
        """Asks the browser to keep what is stored when disk runs short; whether it will."""
        return await (await self._storage()).persist()

    async def export(self) -> bytes:
        """A zip: documents.jsonl ({"id", "document", "metadata"}), vectors.npy (float32), store.json."""
        collection = await self._open()
        await self._catch_up(collection)
        slots = sorted((await collection.ids()).values())
        await self._ready(collection, slots)
        index = self._index(collection)
        entries = await collection.entries(slots)
        about = {"format": 1, "dim": index.dim, "metric": index.metric, "quantization": index.quantization}
        whole = [(entry, index.rows.row(slot)[: 4 * index.dim]) for slot, entry in zip(slots, entries, strict=True) if entry]
        return write_archive(about, whole)

    async def import_(self, archive: bytes, *, replace: bool = False) -> int:
        """Adds what `export` wrote; gives how many. replace: documents that are there already."""
        about, documents, vectors = read_archive(archive)
        if self._collection is None and not self._wanted.dim:
            self._wanted = self._wanted.replace(dim=about["dim"])
        await self._add(documents, vectors, None, replace=replace)
        return len(documents)

    async def close(self) -> None:
        """Lets go of memory and of the database; what is stored stays."""
        if self._blocks:
            await self._blocks.close()
        self._collection, self._blocks = None, None

    async def destroy(self) -> None:
        """Deletes the store and everything in it."""
        blocks = await self._storage()
        await blocks.destroy()
        self._collection = None
        self._keywords = KeywordIndex()

    # Opening

    async def _storage(self) -> BlockStore:
        if self._blocks is None:
            if IN_BROWSER_RUNTIME and self.name != ":memory:":
                self._blocks = await import_module("staysail.host.idb").open_blocks(f"staysail:vectors:{self.name}")
            else:
                self._blocks = MemoryBlocks()
        return self._blocks

    async def _open(self, dim: int = 0) -> Collection:
        if self._collection:
            return self._collection
        async with self._opening:
            if self._collection:
                return self._collection
            blocks = await self._storage()
            (record,) = await blocks.read([("head", 0)])
            head, wanted = self._wanted, self._wanted
            if record is not None:
                head = decode_head(record)
                if wanted.dim and wanted.dim != head.dim:
                    raise DimensionError(f"the store {self.name!r} holds vectors of {head.dim} dimensions, not {wanted.dim}")
                if wanted.metric != head.metric:
                    raise ConfigError(
                        f"the store {self.name!r} was made for {head.metric}, not {wanted.metric}; another name makes another store"
                    )
            head = Head(head.dim or dim or 1, head.metric, head.quantization)
            backend = await load_backend(self._backend)
            index = FlatIndex(backend, head.dim, head.metric, head.quantization)
            collection = Collection(
                blocks, index, head, encode_terms=encode_terms, strict=self._strict, rows_budget_bytes=self._memory_bytes
            )
            await collection.sync()
            if wanted.dim or dim or record is not None:
                self._collection = collection
            return collection

    async def _catch_up(self, collection: Collection) -> None:
        if collection.blocks.changed:
            await collection.sync()

    def _index(self, collection: Collection) -> FlatIndex:
        index = collection.index
        assert isinstance(index, FlatIndex)
        return index

    # Adding

    async def _add(
        self, documents: Sequence[Any] | None, vectors: Any, ids: Sequence[str] | None, *, replace: bool, gone: Sequence[str] = ()
    ) -> list[str]:
        if documents is None and vectors is None:
            raise ConfigError("add takes documents, vectors, or both")
        entries, own = read_documents(documents, ids, len(vectors) if vectors is not None else 0)
        if not entries:
            return []
        if vectors is None:
            missing = [at for at, vector in enumerate(own) if vector is None]
            for at, vector in zip(missing, await self._embed([text_of(entries[at].document) for at in missing]), strict=True):
                own[at] = vector
            vectors = own
        if len(vectors) != len(entries):
            raise ConfigError(f"{len(entries)} documents, but {len(vectors)} vectors")
        collection = await self._open(len(vectors[0]))
        async with collection.writing():
            known = await collection.ids()
            there = sorted(known.keys() & {entry.id for entry in entries})
            if there and not replace:
                raise StoreError(f"there is a document {there[0]!r} already; upsert replaces it", code="exists")
            dead = {known[id] for id in (*there, *gone) if id in known}
            await collection.append(entries, vectors, dead=sorted(dead))
            for id in {*gone}.difference(entry.id for entry in entries):
                known.pop(id, None)
            if dead:
                await collection.compact()
        return [entry.id for entry in entries]

    async def _embed(self, texts: Sequence[str]) -> list[Any]:
        return await embed_texts(self.embedder, texts)

    async def _vector_of(self, query: Any) -> Sequence[float]:
        if not isinstance(query, str):
            return query  # type: ignore[no-any-return]
        (vector,) = await self._embed([query])
        return vector  # type: ignore[no-any-return]

    # Searching

    async def _by_vector(
        self, collection: Collection, vector: Sequence[float], k: int, keep: Block | None, quantization: Quantization | None
    ) -> list[Hit]:
        index = self._index(collection)
        if not index.alive:
            return []
        plan = index.plan(quantization)
        self._last = {"search": plan.way, "reason": plan.reason}
        if plan.way == "exact":
            return await self._exact(collection, index.query(vector), k, keep)
        await collection.load_coarse()
        query = index.query(vector)
        slots = index.candidates(query, k, plan.way, keep)
        self._last["candidates"] = len(slots)
        await self._ready(collection, slots)
        for at in [at for at, slot in enumerate(slots) if not index.is_alive(slot)][::-1]:
            del slots[at]  # found damaged, or deleted meanwhile
        return index.rescore(query, slots, k)

    async def _exact(self, collection: Collection, query: Query, k: int, keep: Block | None) -> list[Hit]:
        index = self._index(collection)
        if await self._all_rows(collection):
            return index.exact(query, k, keep)
        # The rows are more than the memory they may take: a window after another.
        window, hits = collection.rows_window(), list[Hit]()
        for first in range(0, -(-index.size // index.chunk_rows), window):
            await collection.load_rows(range(first, first + window))
            hits += index.exact(query, k, keep, first_chunk=first, chunks=window)
        return sorted(hits, key=lambda hit: (-hit[0], hit[1]))[:k]

    async def _all_rows(self, collection: Collection) -> bool:
        """Brings all rows into memory, where they fit."""
        index = self._index(collection)
        missing = [at for at in range(-(-index.size // index.chunk_rows)) if not index.rows.holds(at)]
        if missing and collection.segments > collection.rows_window():
            return False
        if missing:
            await collection.load_rows(missing)
        return True

    async def _ready(self, collection: Collection, slots: Sequence[int]) -> None:
        missing = self._index(collection).missing_chunks(slots)
        if missing:
            self._last["segments_read"] = len(missing)
            await collection.load_rows(missing)

    async def _by_words(self, collection: Collection, query: Any, k: int, keep: Block | None) -> list[Hit]:
        if not isinstance(query, str):
            raise ConfigError("keyword search takes a text")
        words, starts = self._keywords, collection.live_serials()
        words.keep({*starts, TAIL})
        async for serial, _, record in collection.terms(words.keys):
            words.load(serial, record)
        start, tail = collection.tail()
        if self._tail_words is not tail:
            words.put(TAIL, [text_of(entry.document) for entry in tail])
            self._tail_words = tail
        index = self._index(collection)
        view = keep.view if keep else None
        return words.search(query, k, starts | {TAIL: start}, lambda slot: index.is_alive(slot) and (view is None or view[slot] == 1))

    async def _varied(self, collection: Collection, hits: Sequence[Hit], k: int, diversity: float) -> list[Hit]:
        index = self._index(collection)
        await self._ready(collection, [slot for _, slot in hits])
        hits = [hit for hit in hits if index.is_alive(hit[1])]
        best = max((abs(score) for score, _ in hits), default=1.0) or 1.0
        order = vary([score / best for score, _ in hits], [index.vector(slot) for _, slot in hits], k, 1 - diversity)
        return [hits[at] for at in order]

    async def _hits(self, collection: Collection, hits: Sequence[Hit]) -> list[SearchHit]:
        entries = await collection.entries([slot for _, slot in hits])
        return [
            SearchHit(score, entry.id, show_document(entry.document, entry.metadata))
            for (score, _), entry in zip(hits, entries, strict=True)
            if entry
        ]

    async def _slots_where(self, collection: Collection, where: Where) -> list[int]:
        keep = compile_filter(where)
        index = self._index(collection)
        return [
            start + row
            async for start, rows in collection.metadata()
            for row, metadata in enumerate(rows)
            if index.is_alive(start + row) and keep(metadata)
        ]

    async def _keep(self, collection: Collection, where: Where) -> Block:
        index = self._index(collection)
        block = index.backend.allocate(max(index.size, 1))
        for slot in await self._slots_where(collection, where):
            block.view[slot] = 1
        return block


async def load_backend(choice: str | Backend | None = None) -> Backend:
    """The backend that was chosen, else the fastest that runs. Raises ConfigError."""
    if choice is not None and not isinstance(choice, str):
        return choice
    check_choice("backend", choice or "numpy", ("kernel", "numkong", "numpy"))
    if not IN_BROWSER_RUNTIME:
        return _make(choice or "numpy", "chosen" if choice else "outside a browser")
    why = "chosen"
    if choice in (None, "kernel"):
        try:
            kernel: Backend = await import_module("staysail.host.kernel").load_kernel()
            return kernel
        except ConfigError as error:
            if choice:
                raise
            why = f"the kernel does not run: {error}"
    load_packages = import_module("staysail.host.packages").load_packages
    if choice in (None, "numkong"):
        try:
            await load_packages(["numpy", "numkong"])
            return _make("numkong", why)
        except ConfigError as error:
            if choice:
                raise
            why += f"; numkong neither: {error}"
    await load_packages(["numpy"])
    return _make("numpy", why)


def _make(name: str, reason: str) -> Backend:
    if name == "numkong":
        made: Backend = import_module("staysail.indexes.numkong_backend").NumkongBackend(reason)
        return made
    if name == "kernel":
        raise ConfigError("the kernel runs in a browser's WebAssembly alone; here there are numkong and numpy")
    return NumpyBackend(reason)
