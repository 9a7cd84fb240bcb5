"""`QdrantStore`: the interface of VectorStore over a collection on a Qdrant server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import batched
from typing import Any

from ..core.completion import Timeouts
from ..core.errors import ConfigError, StoreError
from ..core.ports import Clock, SearchHit, SearchHits, Transport
from ..core.retry import Retry
from ..core.value import NOTHING
from ..indexes.ports import METRICS, Metric, SearchMode, check_choice
from ..wire.endpoint import Key
from .documents import check_embedder, show_document
from .filters import Where
from .interface import Rerank, StoreVerbs, reranked
from .layout import EmbedderFingerprint, Entry
from .provenance import Provenance
from .qdrant_collection import QdrantCollection
from .qdrant_filters import Condition, translate_filter
from .qdrant_points import PayloadFields, encode_points, point_id, read_id, read_vector
from .qdrant_service import QdrantService
from .transfer_archive import Row

PAGE = 1000  # points of one request
WIDER = 4  # rankings for fusion, diversity and reranking have so many times k hits
RRF_K = 61  # Qdrant counts ranks from 0: as 60 counted from 1


class QdrantStore(StoreVerbs):
    """A document store in a collection on a Qdrant server, with the interface of `VectorStore`.

        store = QdrantStore("https://….cloud.qdrant.io:6333", "notes", api_key=key, embedder=embed)

    The collection is created with the first documents, or used as it is. Its metadata holds a fingerprint of the embedder, so that
    another embedder raises ConfigError. A higher score is nearer in each metric; for euclidean the score is minus the distance.
    Requests are retried as model calls are. Added documents can be found on return; if a later request of a write fails, the batches
    before it stay, and `upsert` can be repeated.

    Args:
        url: The address of the server.
        collection: The name of the collection.
        api_key: A string, or a function that returns it.
        dim: Dimensions of the vectors; as many as the first vectors have, if left out.
        metric: "cosine", "dot" or "euclidean", for a new collection.
        embedder: As for VectorStore.
        indexed: Metadata fields that get a payload index, {"year": "integer", "tag": "keyword"}. Other fields can be filtered by too,
            more slowly.
        text_field, metadata_field: The fields of text and metadata in the payload, for collections that other programs made
            ("page_content").
        text_index: Parameters of the full-text index, such as {"tokenizer": "multilingual"}.
        batch_size: Points in one request.
        headers: HTTP headers added to every request.
        transport: The Transport that sends requests, where it is not the default of the runtime.
        retry: A Retry, the number of attempts in all, or False for one.
        timeout_s: Seconds for a request, or Timeouts.
        clock: The Clock that measures time and waits.

    Raises:
        ConfigError: An argument does not fit, or does not fit the collection.
        DimensionError: The collection or a vector has other dimensions.
        StoreError: The server failed; `code` is "auth", "not_found", "bad_request", "rate_limit", "server", "unreachable", "cors" or
            "timeout".
    """

    def __init__(
        self,
        url: str,
        collection: str,
        *,
        api_key: Key = None,
        dim: int | None = None,
        metric: Metric = "cosine",
        embedder: Any = None,
        indexed: Mapping[str, str] = NOTHING,
        text_field: str = "text",
        metadata_field: str = "metadata",
        text_index: Mapping[str, Any] = NOTHING,
        batch_size: int = 256,
        headers: Mapping[str, str] | None = None,
        transport: Transport | None = None,
        retry: Retry | int | bool | None = None,
        timeout_s: float | Timeouts | None = None,
        clock: Clock | None = None,
    ) -> None:
        check_choice("metric", metric, METRICS)
        check_embedder(embedder)
        if batch_size < 1:
            raise ConfigError(f"batch_size is at least 1, not {batch_size}")
        self.embedder, self.metric = embedder, metric
        self._service = QdrantService(
            url, collection, api_key=api_key, headers=headers, transport=transport, retry=retry, timeout_s=timeout_s, clock=clock
        )
        self._fields = PayloadFields(text_field, metadata_field)
        indexes = {f"{metadata_field}.{field}": schema for field, schema in indexed.items()}
        self._collection = QdrantCollection(self._service, metric, dim or 0, indexes, text_index)
        self._provenance = Provenance(collection, embedder)
        self._deleted = False  # whether documents were deleted since the fingerprint was last checked
        self._batch = batch_size

    @property
    def name(self) -> str:
        return self._service.collection

    # Writing

    async def delete(self, ids: Sequence[str] | str | None = None, *, where: Where | None = None) -> int:
        """Deletes documents by ids or by a filter. Returns the number of deleted documents."""
        if (ids is None) == (where is None):
            raise ConfigError("delete takes ids or where")
        self._deleted = True
        if where is not None:
            condition, gone = self._filter(where), await self.count(where)
            if gone:
                await self._service.ask("POST", "/points/delete?wait=true", {"filter": condition})
            return gone
        found = await self._points([ids] if isinstance(ids, str) else ids or [], with_payload=False)
        for part in batched(found.values(), PAGE):
            await self._service.ask("POST", "/points/delete?wait=true", {"points": [point["id"] for point in part]})
        return len(found)

    # Finding

    async def search(
        self,
        query: Any,
        k: int = 10,
        *,
        where: Where | None = None,
        threshold: float | None = None,
        mode: SearchMode = "vector",
        exact: bool = False,
        diversity: float = 0.0,
        rerank: Rerank | None = None,
    ) -> list[SearchHit]:
        """Returns the k nearest documents, best first. Keyword and hybrid search rank by BM25 over a full-text index, which the first
        such search creates; they raise ConfigError on servers older than Qdrant 1.20.

        Args:
            query: A text, or a vector of the collection's dimensions.
            k: Most hits.
            where: A filter on the metadata, as `VectorStore.search` takes it.
            threshold: The least score of a hit.
            mode: By vector, by the words, or by both.
            exact: Searches without Qdrant's index.
            diversity: From 0, the nearest documents, to 1, documents that differ most from each other.
            rerank: A Reranker, or a function, that orders the hits again.
        """
        check_choice("mode", mode, ("vector", "keyword", "hybrid"))
        if k < 1:
            raise ConfigError(f"k is at least 1, not {k}")
        if diversity and mode != "vector":
            raise ConfigError("Qdrant varies hits of a vector search alone: diversity goes with mode='vector'")
        condition = self._filter(where)
        if mode != "vector" and not isinstance(query, str):
            raise ConfigError("keyword search takes a text")
        if not await self._collection.open():
            return []
        limit = k * WIDER if rerank else k
        if mode == "keyword":
            body = self._by_words(query, limit, condition) | ({} if threshold is None else {"score_threshold": float(threshold)})
        else:
            (vector,) = await self._vectors_of([query])
            vector = read_vector(vector, self._collection.dim, "the query")
            nearest = self._nearest(vector, limit, condition, threshold, exact=exact, diversity=diversity)
            body = nearest
            if mode == "hybrid":
                words = self._by_words(query, WIDER * limit, condition)
                body = {"prefetch": [nearest | {"limit": WIDER * limit}, words], "query": {"rrf": {"k": RRF_K}}, "limit": limit}
        body |= {"with_payload": True}
        answer = await (self._service.ask("POST", "/points/query", body) if mode == "vector" else self._ask_words(body))
        with self._service.reading():
            hits = self._hits(answer["points"], distances=mode == "vector")
        return SearchHits((await reranked(rerank, query, hits))[:k])

    async def search_batch(
        self, queries: Sequence[Any], k: int = 10, *, where: Where | None = None, threshold: float | None = None
    ) -> list[list[SearchHit]]:
        """Searches by vector for each query, in one request. Returns a list of hits for each query, in order.

        Args:
            queries: Texts, or vectors of the collection's dimensions.
            k: Most hits of each query.
            where: The filter of `search`.
            threshold: The least score of a hit.
        """
        condition = self._filter(where)
        if not queries or not await self._collection.open():
            return [[] for _ in queries]
        vectors = [read_vector(vector, self._collection.dim, "the query") for vector in await self._vectors_of(queries)]
        searches = [self._nearest(vector, k, condition, threshold) | {"with_payload": True} for vector in vectors]
        answers = await self._service.ask("POST", "/points/query/batch", {"searches": searches})
        with self._service.reading():
            return [self._hits(answer["points"], distances=True) for answer in answers]

    async def get(self, ids: Sequence[str] | str, *, vectors: bool = False) -> list[dict[str, Any]]:
        """Returns {"id", "document", "metadata"} of each id that the collection holds, in the order of `ids`. vectors: adds "vector",
        which has unit length in a cosine collection."""
        wanted = [ids] if isinstance(ids, str) else list(ids)
        found = await self._points(wanted, with_vector=vectors)
        documents = []
        with self._service.reading():
            for id in wanted:
                if id in found:
                    entry = self._fields.parse(found[id])
                    documents.append({"id": id, "document": entry.document, "metadata": dict(entry.metadata)})
                    if vectors:
                        documents[-1]["vector"] = found[id]["vector"]
        return documents

    async def ids(self) -> list[str]:
        """Returns the ids of all documents, in no particular order."""
        found: list[str] = []
        body: dict[str, Any] = {"limit": PAGE, "with_payload": ["id"], "with_vector": False}
        while await self._collection.open():
            page = await self._service.ask("POST", "/points/scroll", body)
            with self._service.reading():
                points, offset = [read_id(point) for point in page["points"]], page.get("next_page_offset")
            found += points
            if offset is None or not points or offset == body.get("offset"):  # a page that brings nothing new would never end
                break
            body["offset"] = offset
        return found

    async def count(self, where: Where | None = None) -> int:
        """Returns the number of documents, or of those that pass the filter."""
        condition = self._filter(where)
        if not await self._collection.open():
            return 0
        body = {"exact": True} | ({"filter": condition} if condition else {})
        answer = await self._service.ask("POST", "/points/count", body)
        with self._service.reading():
            return int(answer["count"])

    # State

    async def close(self) -> None:
        """Does nothing: no connection is kept open."""

    async def destroy(self) -> None:
        """Deletes the collection and everything in it."""
        await self._collection.destroy()

    def __repr__(self) -> str:
        return f"QdrantStore({self.name!r})"

    # Requests

    async def _embed(self, texts: Sequence[str], *, documents: bool) -> list[Any]:
        await self._collection.open()
        return await self._provenance.embed(texts, self._collection.fingerprint, self._read_fingerprint, documents=documents)

    async def _read_fingerprint(self, fingerprint: EmbedderFingerprint) -> Entry | None:
        found = await self._points([fingerprint.id])
        return self._fields.parse(found[fingerprint.id]) if found else None

    async def _write(self, entries: list[Entry], vectors: Any, *, replace: bool, gone: Sequence[str]) -> None:
        await self._collection.open(len(vectors[0]))
        numbers = [read_vector(vector, self._collection.dim, f"vector {at}") for at, vector in enumerate(vectors)]
        bodies = list(encode_points(entries, numbers, self._fields, self._batch))
        if not replace and (there := await self._points([entry.id for entry in entries], with_payload=False)):
            raise StoreError(f"there is a document {min(there)!r} already; upsert replaces it", code="exists")
        for body in bodies:
            await self._service.ask("PUT", "/points?wait=true", body)
        if left := {*gone}.difference(entry.id for entry in entries):
            await self.delete(sorted(left))
        kept = self._collection.fingerprint
        if not kept or self._deleted or kept.id in {entry.id for entry in entries}:
            fingerprint = await self._provenance.fingerprint(entries, kept, self._read_fingerprint)
            if fingerprint and fingerprint != kept:
                await self._collection.keep(fingerprint)
            self._deleted = False

    async def _about(self) -> dict[str, Any]:
        await self._collection.open()
        return {"dim": self._collection.dim, "metric": self.metric, "quantization": "auto"}

    async def _rows(self, ids: Sequence[str]) -> list[Row]:
        found = await self._points(ids, with_vector=True)
        with self._service.reading():
            return [(self._fields.parse(found[id]), found[id]["vector"]) for id in ids if id in found]

    async def _points(self, ids: Sequence[str], *, with_payload: bool = True, with_vector: bool = False) -> dict[str, Any]:
        """Returns the points that exist, by their documents' ids."""
        found: dict[str, Any] = {}
        if not await self._collection.open():
            return found
        by_point = {str(point_id(id)): id for id in ids}
        for part in batched(by_point.values(), PAGE):
            body = {"ids": [point_id(id) for id in part], "with_payload": with_payload, "with_vector": with_vector}
            points = await self._service.ask("POST", "/points", body)
            with self._service.reading():
                for point in points:
                    found[by_point[str(point["id"])]] = point
        return found

    def _filter(self, where: Where | None) -> Condition | None:
        return None if where is None else translate_filter(where, self._fields.metadata)

    def _nearest(
        self,
        vector: list[float],
        limit: int,
        condition: Condition | None,
        threshold: float | None,
        *,
        exact: bool = False,
        diversity: float = 0.0,
    ) -> dict[str, Any]:
        body: dict[str, Any] = {"query": vector, "limit": limit}
        if diversity:
            body["query"] = {"nearest": vector, "mmr": {"diversity": diversity, "candidates_limit": WIDER * limit}}
        if condition:
            body["filter"] = condition
        if threshold is not None:
            body["score_threshold"] = float(-threshold if self.metric == "euclidean" else threshold)
        return body | ({"params": {"exact": True}} if exact else {})

    def _by_words(self, query: str, limit: int, condition: Condition | None) -> dict[str, Any]:
        body = {"query": {"text": query}, "using": self._fields.text, "limit": limit}
        return body | ({"filter": condition} if condition else {})

    async def _ask_words(self, body: dict[str, Any]) -> Any:
        try:
            await self._collection.rank_words(self._fields.text)
            return await self._service.ask("POST", "/points/query", body)
        except StoreError as error:
            if error.code != "bad_request":
                raise
            raise ConfigError(f"keyword and hybrid search need a Qdrant server that ranks text by BM25 (1.20): {error}") from error

    def _hits(self, points: Sequence[Mapping[str, Any]], *, distances: bool) -> list[SearchHit]:
        sign = -1.0 if distances and self.metric == "euclidean" else 1.0
        entries = [self._fields.parse(point) for point in points]
        return SearchHits(
            SearchHit(sign * point["score"], entry.id, show_document(entry.document, entry.metadata))
            for point, entry in zip(points, entries, strict=True)
        )
