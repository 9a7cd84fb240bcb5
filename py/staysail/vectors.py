"""`VectorStore`: a composition root, like the package's `__init__` and the bridge: here a collection, indexes, a backend and an embedder
come together, none of which knows the others. It is imported when it is first used."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from .core.errors import ConfigError, CorruptionError, DimensionError, StoreError
from .core.ports import SearchHit
from .core.value import Value
from .core.vectors import (
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
    text_of,
)
from .indexes.flat import FlatIndex
from .indexes.fusion import fuse_ranks
from .indexes.keywords import encode_terms
from .stores.archive import read_archive, write_archive
from .stores.collection import Collection
from .stores.damage import Damage
from .stores.documents import check_embedder, embed_texts, read_documents
from .stores.filters import Where
from .stores.layout import Head, decode_head
from .stores.migration import migrate
from .vector_backends import load_backend, open_storage
from .vector_search import CollectionSearch

FUSED = 4  # hybrid search ranks so many times k of either kind
VARIED = 4  # and `diversity` chooses from so many times k
TRIES = 3  # while another tab moves what this one reads


class Opened(Value):
    collection: Collection
    index: FlatIndex
    search: CollectionSearch


class VectorStore:
    """Documents found by meaning, by words, or both.

        store = VectorStore("notes", embedder=EmbeddingModel("openai:text-embedding-3-small"))
        await store.add(["Ropes are called lines.", {"id": "b", "text": "A staysail is set on a stay.", "metadata": {"year": 2020}}])
        for hit in await store.search("sails", 3, where={"year": {"gte": 2020}}): ...

    name: kept in IndexedDB under it; ":memory:" is kept nowhere, and on CPython every store is. dim: of the vectors; else the first ones'
    say it. metric: cosine, dot, euclidean (whose score is minus the distance), so more is nearer in each. embedder: anything with
    `embed_texts(texts)` giving objects with `vec`, or a function, async or not, from texts to vectors. quantization: auto, none, int8,
    1bit; see `explain`. dtype: f32, or f16, which takes half the disk and memory and rounds numbers to 11 bits; of a store that is there
    already, its own. durability: "strict" waits for the disk. memory_bytes: how much of the rows stays in memory. backend: kernel, numkong,
    numpy; else the fastest that runs. segment_rows: how many rows are written at once as one segment, a power of two. It opens itself when
    it is first used; a store of an older version is brought to this one then. Raises ConfigError, DimensionError."""

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
        self._wanted, self._dtype = Head(dim or 0, metric, quantization, dtype or "f32", segment_rows=segment_rows), dtype
        self._strict, self._memory_bytes, self._backend = durability == "strict", memory_bytes, backend
        self._given, self._blocks = blocks, blocks
        self._opened: Opened | None = None
        self._opening = asyncio.Lock()

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
        opened = await self._open()
        async with opened.collection.writing():
            if where is not None:
                passed = await opened.collection.documents.select(where)
                slots = [slot for slot, chosen in enumerate(passed) if chosen]
            else:
                known = await opened.collection.documents.ids()
                slots = sorted({known[id] for id in ([ids] if isinstance(ids, str) else ids or ()) if id in known})
            await opened.collection.remove(slots)
            return len(slots)

    async def compact(self) -> None:
        """Gives back the space of deleted documents now; it happens by itself once more than half of a segment is deleted."""
        opened = await self._open()
        async with opened.collection.writing():
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
        rerank: Callable[[str, Sequence[SearchHit]], Any] | None = None,
    ) -> list[SearchHit]:
        """The k nearest, best first. query: a text, or a vector. threshold: the least score; of the vector's, or in keyword mode BM25's.
        mode: hybrid fuses both rankings by rank, and its scores are those of the fusion. diversity: from 0 to 1, how much unlike each
        other the hits should be. rerank: a function of the query and more hits than k that gives hits in a better order."""
        check_choice("mode", mode, ("vector", "keyword", "hybrid"))
        if k < 1:
            raise ConfigError(f"k is at least 1, not {k}")
        vector = [] if mode == "keyword" else await self._vector_of(query)

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

        found = await self._reading(find)
        if rerank:
            better = rerank(query, found)
            found = list(await better if inspect.isawaitable(better) else better)
        return found[:k]

    async def search_batch(
        self, queries: Sequence[Any], k: int = 10, *, where: Where | None = None, threshold: float | None = None
    ) -> list[list[SearchHit]]:
        """`search` by vector for each query, faster than one by one."""
        texts = [at for at, query in enumerate(queries) if isinstance(query, str)]
        vectors = list(queries)
        for at, vector in zip(texts, await embed_texts(self.embedder, [queries[at] for at in texts]), strict=True):
            vectors[at] = vector

        async def find(opened: Opened) -> list[list[SearchHit]]:
            ranked = await opened.search.by_vectors(vectors, k, await opened.search.choose(where))
            return [await opened.search.show([hit for hit in hits if threshold is None or hit[0] >= threshold]) for hits in ranked]

        return await self._reading(find)

    async def top_n(self, query: Any, n: int = 10, **options: Any) -> list[SearchHit]:
        """`search`, under the name that agents and rig call it by."""
        return await self.search(query, n, **options)

    async def top_n_ids(self, query: Any, n: int = 10, **options: Any) -> list[tuple[float, str]]:
        return [(hit.score, hit.id) for hit in await self.search(query, n, **options)]

    async def get(self, ids: Sequence[str] | str, *, vectors: bool = False) -> list[dict[str, Any]]:
        """{"id", "document", "metadata"} of those that are there, in the order asked for; vectors: with "vector", of unit length for
        cosine. Raises CorruptionError."""

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
        """Of every document, in no order."""
        return list(await (await self._current()).collection.documents.ids())

    async def count(self, where: Where | None = None) -> int:
        opened = await self._current()
        return (await opened.collection.documents.select(where)).count(1) if where else opened.index.alive

    # About it

    async def explain(self, *, quantization: Quantization | None = None) -> dict[str, Any]:
        """What a search would do and why, which backend runs and why, what is in memory and what the last search did."""
        opened = await self._current()
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
        """What was found damaged so far."""
        return tuple(self._opened.collection.damage) if self._opened else ()

    async def persist(self) -> bool:
        """Asks the browser to keep what is stored when disk runs short; whether it will. A worker cannot ask: there it tells whether the
        page did."""
        return await (await self._storage()).persist()

    async def export(self) -> bytes:
        """A zip: documents.jsonl ({"id", "document", "metadata"}), vectors.npy (float32), store.json."""
        opened = await self._current()
        index = opened.index
        slots = sorted((await opened.collection.documents.ids()).values())
        await opened.search.ready(slots)
        entries = await opened.collection.documents.entries(slots)
        about = {"format": 1, "dim": index.dim, "metric": index.metric, "quantization": index.quantization}
        return write_archive(about, [(entry, index.vector(slot)) for slot, entry in zip(slots, entries, strict=True) if entry])

    async def import_(self, archive: bytes, *, replace: bool = False) -> int:
        """Adds what `export` wrote; gives how many. replace: documents that are there already."""
        about, documents, vectors = read_archive(archive)
        if self._opened is None and not self._wanted.dim:
            self._wanted = self._wanted.replace(dim=about["dim"])
        await self._add(documents, vectors, None, replace=replace)
        return len(documents)

    async def close(self) -> None:
        """Lets go of memory and of the database; what is stored stays."""
        if self._blocks:
            await self._blocks.close()
        self._opened, self._blocks = None, self._given

    async def destroy(self) -> None:
        """Deletes the store and everything in it."""
        await (await self._storage()).destroy()
        self._opened, self._blocks = None, self._given

    # Opening

    async def _storage(self) -> BlockStore:
        if self._blocks is None:
            self._blocks = await open_storage(self.name)
        return self._blocks

    async def _open(self, dim: int = 0) -> Opened:
        if self._opened:
            return self._opened
        async with self._opening:
            if self._opened:
                return self._opened
            backend, blocks = await asyncio.gather(load_backend(self._backend), self._storage())
            (record,) = await blocks.read([("head", 0)])
            head = self._stored(record) if record is not None else self._wanted
            index = FlatIndex(
                backend,
                head.dim or dim or 1,
                head.metric,
                head.quantization,
                dtype=head.dtype,
                chunk_rows=head.chunk_rows,
                segment_rows=head.segment_rows,
            )
            head = Head(index.dim, index.metric, index.quantization)
            collection = Collection(
                blocks, index, head, encode_terms=encode_terms, strict=self._strict, rows_budget_bytes=self._memory_bytes
            )
            await collection.sync(record)
            if collection.head.old:
                async with collection.writing():
                    await migrate(collection)
            opened = Opened(collection, index, CollectionSearch(collection, index))
            if self._wanted.dim or dim or record is not None:
                self._opened = opened
            return opened

    def _stored(self, record: bytes) -> Head:
        head, wanted = decode_head(record), self._wanted
        if wanted.dim and wanted.dim != head.dim:
            raise DimensionError(f"the store {self.name!r} holds vectors of {head.dim} dimensions, not {wanted.dim}")
        for mine, theirs in ((wanted.metric, head.metric), (self._dtype or head.dtype, head.dtype)):
            if mine != theirs:
                raise ConfigError(f"the store {self.name!r} was made for {theirs}, not {mine}: another name makes another store")
        return head if head.segment_rows else head.replace(segment_rows=wanted.segment_rows)

    async def _current(self) -> Opened:
        opened = await self._open()
        if opened.collection.blocks.changed:
            await opened.collection.sync()
        return opened

    async def _reading[T](self, read: Callable[[Opened], Awaitable[T]]) -> T:
        """Again where another tab moved what was being read."""
        for left in range(TRIES, 0, -1):
            try:
                return await read(await self._current())
            except StoreError as error:
                if error.code != "moved" or left == 1:
                    raise
        raise AssertionError

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
            texts = [text_of(entries[at].document) for at in missing]
            for at, vector in zip(missing, await embed_texts(self.embedder, texts), strict=True):
                own[at] = vector
            vectors = own
        if len(vectors) != len(entries):
            raise ConfigError(f"{len(entries)} documents, but {len(vectors)} vectors")
        collection = (await self._open(len(vectors[0]))).collection
        async with collection.writing():
            known = await collection.documents.ids()
            there = sorted(known.keys() & {entry.id for entry in entries})
            if there and not replace:
                raise StoreError(f"there is a document {there[0]!r} already; upsert replaces it", code="exists")
            dead = {known[id] for id in (*there, *gone) if id in known}
            await collection.append(entries, vectors, dead=sorted(dead))
            for id in {*gone}.difference(entry.id for entry in entries) if gone else ():
                known.pop(id, None)
            if dead:
                await collection.compact()
        return [entry.id for entry in entries]

    async def _vector_of(self, query: Any) -> Sequence[float]:
        if not isinstance(query, str):
            return query  # type: ignore[no-any-return]
        (vector,) = await embed_texts(self.embedder, [query])
        return vector  # type: ignore[no-any-return]
