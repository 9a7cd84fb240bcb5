"""The interface that all document stores share, however they keep and search documents."""

from __future__ import annotations

import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import Any, Protocol, TypedDict, Unpack

from ..core.errors import ConfigError, StoreError
from ..core.ports import SearchHit
from ..core.signatures import lists
from ..indexes.ports import Quantization, SearchMode, text_of
from .documents import embed_texts, read_documents
from .filters import Where
from .layout import Entry
from .transfer_archive import Row, archive_pieces, open_archive
from .zip_reading import Source


class TextReranker(Protocol):
    """The port of a reranker, such as `Reranker`."""

    async def rerank(self, query: str, documents: Iterable[str]) -> Sequence[Any]:
        """Returns objects with `index` (into `documents`) and `score`, best first."""


type Rerank = Callable[[str, Sequence[SearchHit]], Any] | TextReranker


class SearchOptions(TypedDict, total=False):
    """The options of `search`, as the store has them: `quantization` is VectorStore's, `exact` QdrantStore's."""

    where: Where | None
    threshold: float | None
    mode: SearchMode
    diversity: float
    rerank: Rerank | None
    quantization: Quantization | None
    exact: bool


class StoreVerbs(ABC):
    """A mix-in over `search`, `delete`, `ids`, `_write`, `_about` and `_rows`."""

    embedder: Any

    async def add(self, documents: Sequence[Any] | None = None, *, vectors: Any = None, ids: Sequence[str] | None = None) -> list[str]:
        """Adds documents and returns their ids.

        Args:
            documents: Texts, Documents, or objects with `text` (or `document`) and optionally `id`, `metadata` and `vector`.
            vectors: Vectors of all documents, as numpy arrays or lists. Documents without a vector are embedded.
            ids: Ids of all documents; new ones are made for documents without an id.

        Raises:
            StoreError: The store holds an id already (code "exists").
            ConfigError: The arguments do not fit each other, or a document needs an embedder.
        """
        return await self._add(documents, vectors, ids, replace=False)

    async def upsert(self, documents: Sequence[Any] | None = None, *, vectors: Any = None, ids: Sequence[str] | None = None) -> list[str]:
        """Adds documents as `add` does, and replaces those whose ids the store holds already."""
        return await self._add(documents, vectors, ids, replace=True)

    async def replace(self, ids: Sequence[str], documents: Sequence[Any], *, vectors: Any = None) -> list[str]:
        """Replaces the documents that have `ids` by other documents, and returns the ids of the new ones. A VectorStore does it in a
        single write. A new document whose id the store holds already replaces that one."""
        if not documents:
            await self.delete(ids)
            return []
        return await self._add(documents, vectors, None, replace=True, gone=ids)

    async def embed(self, texts: Sequence[str]) -> list[Any]:
        """Returns the vectors of texts that are to be added, made by the store's embedder."""
        return await self._embed(texts, documents=True)

    @abstractmethod
    async def delete(self, ids: Sequence[str] | str | None = None) -> int: ...

    @abstractmethod
    async def search(self, query: Any, k: int = 10, *_: Any, **options: Any) -> list[SearchHit]:
        """Returns the k nearest documents, best first. Each store has options of its own, hence both stars."""

    @lists(SearchOptions, {})
    async def top_n(self, query: Any, n: int = 10, **options: Unpack[SearchOptions]) -> list[SearchHit]:
        """Calls `search`, under the name that agents and rig use."""
        return await self.search(query, n, **options)

    @lists(SearchOptions, {})
    async def top_n_ids(self, query: Any, n: int = 10, **options: Unpack[SearchOptions]) -> list[tuple[float, str]]:
        """Returns (score, id) of each hit of `search`."""
        return [(hit.score, hit.id) for hit in await self.search(query, n, **options)]

    async def export(self) -> bytes:
        """Returns a zip file with documents.jsonl ({"id", "document", "metadata"}), vectors.npy (float32) and store.json. Damaged
        documents are left out."""
        return b"".join([piece async for piece in self.export_pieces()])

    async def export_pieces(self) -> AsyncGenerator[bytes]:
        """Yields the zip file of `export` in pieces of some MB, for a store larger than memory. Raises StoreError (code "changed") if
        documents are deleted meanwhile."""
        ids = await self.ids()
        async with aclosing(archive_pieces({"format": 1, **await self._about()}, ids, self._rows)) as pieces:
            async for piece in pieces:
                yield piece

    async def import_(self, archive: Source, *, replace: bool = False) -> int:
        """Adds the documents of a zip file that `export` of any kind of store wrote. Returns their number.

        An import of more than 1,024 documents is several writes: repeat one that was interrupted with `replace`.

        Args:
            archive: Bytes, a path, a binary file that can seek, or an object with `size_bytes` and an async `read(at, size)`. It is
                read a block at a time.
            replace: Replaces documents whose ids the store holds already.

        Raises:
            CorruptionError: The archive is damaged; nothing is written.
            StoreError: The store holds one of the ids (code "exists"); nothing is written.
        """
        count = 0
        async with open_archive(archive) as opened:
            if not replace and (there := {*await self.ids()}):
                async with aclosing(opened.ids()) as ids:
                    async for id in ids:
                        if id in there:
                            raise StoreError(f"there is a document {id!r} already; upsert replaces it", code="exists")
            async with aclosing(opened.blocks()) as blocks:
                async for documents, vectors in blocks:
                    await self._add(documents, vectors, None, replace=replace)
                    count += len(documents)
        return count

    @abstractmethod
    async def ids(self) -> list[str]: ...

    async def _embed(self, texts: Sequence[str], *, documents: bool) -> list[Any]:
        """Returns a vector for each text. documents: whether the texts are to be added, and are not queries."""
        return await embed_texts(self.embedder, texts)

    @abstractmethod
    async def _write(self, entries: list[Entry], vectors: Any, *, replace: bool, gone: Sequence[str]) -> None:
        """Writes at least one entry, with a vector for each. gone: ids of documents to delete in the same write."""

    @abstractmethod
    async def _about(self) -> dict[str, Any]:
        """Returns {"dim", "metric", "quantization"}."""

    @abstractmethod
    async def _rows(self, ids: Sequence[str]) -> list[Row]:
        """Returns documents with their vectors, in order, without damaged and deleted ones."""

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
            for at, vector in zip(missing, await self.embed(texts), strict=True):
                own[at] = vector
            vectors = own
        if len(vectors) != len(entries):
            raise ConfigError(f"{len(entries)} documents, but {len(vectors)} vectors")
        await self._write(entries, vectors, replace=replace, gone=gone)
        return [entry.id for entry in entries]

    async def _vectors_of(self, queries: Sequence[Any]) -> list[Any]:
        """Returns a vector for each query. Texts are embedded in one call."""
        texts = iter(await self._embed([query for query in queries if isinstance(query, str)], documents=False))
        return [next(texts) if isinstance(query, str) else query for query in queries]


async def reranked(rerank: Rerank | None, query: Any, hits: list[SearchHit]) -> list[SearchHit]:
    """Returns the hits in the order of `rerank`; unchanged without one."""
    if rerank is None or not hits:
        return hits
    if not callable(rerank):
        if not isinstance(query, str):
            raise ConfigError("a Reranker reads the query: search for a text, not for a vector")
        ranked = await rerank.rerank(query, [text_of(hit.document) or json.dumps(hit.document, default=str) for hit in hits])
        return [hits[row.index].replace(score=row.score) for row in ranked]
    better = rerank(query, hits)
    return list(await better if inspect.isawaitable(better) else better)
