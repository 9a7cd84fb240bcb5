"""What is the same in every store of documents, however it keeps and finds them."""

from __future__ import annotations

import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from ..core.errors import ConfigError, StoreError
from ..core.ports import SearchHit
from ..indexes.ports import text_of
from .documents import embed_texts, read_documents
from .layout import Entry
from .transfer_archive import Row, archive_pieces, open_archive
from .zip_reading import Source


class TextReranker(Protocol):
    """`Reranker` is one. What it gives has `index` and `score`, best first."""

    async def rerank(self, query: str, documents: Iterable[str]) -> Sequence[Any]: ...


type Rerank = Callable[[str, Sequence[SearchHit]], Any] | TextReranker


class StoreVerbs(ABC):
    """A mix-in over `search`, `delete`, `ids`, `_write`, `_about` and `_rows`."""

    embedder: Any

    async def add(self, documents: Sequence[Any] | None = None, *, vectors: Any = None, ids: Sequence[str] | None = None) -> list[str]:
        """Adds documents and gives their ids. documents: texts, Documents, or objects with `text` (or `document`) and optionally `id`,
        `metadata` and `vector`. vectors: of all of them, in any form `numpy` or lists have; what has none is embedded. Raises StoreError
        (code "exists") for an id that is there already."""
        return await self._add(documents, vectors, ids, replace=False)

    async def upsert(self, documents: Sequence[Any] | None = None, *, vectors: Any = None, ids: Sequence[str] | None = None) -> list[str]:
        """`add`, where ids that are there already are replaced."""
        return await self._add(documents, vectors, ids, replace=True)

    async def replace(self, ids: Sequence[str], documents: Sequence[Any], *, vectors: Any = None) -> list[str]:
        """Puts documents in the place of those that have `ids`; a VectorStore in a single write. A document whose id is there already is
        replaced."""
        if not documents:
            await self.delete(ids)
            return []
        return await self._add(documents, vectors, None, replace=True, gone=ids)

    async def embed(self, texts: Sequence[str]) -> list[Any]:
        """The vectors of texts that are to be added, by the store's embedder."""
        return await self._embed(texts, documents=True)

    @abstractmethod
    async def delete(self, ids: Sequence[str] | str | None = None) -> int: ...

    @abstractmethod
    async def search(self, query: Any, k: int = 10, *_: Any, **options: Any) -> list[SearchHit]:
        """The k nearest, best first. Each store has options of its own, hence both stars."""

    async def top_n(self, query: Any, n: int = 10, **options: Any) -> list[SearchHit]:
        """`search`, under the name that agents and rig call it by."""
        return await self.search(query, n, **options)

    async def top_n_ids(self, query: Any, n: int = 10, **options: Any) -> list[tuple[float, str]]:
        return [(hit.score, hit.id) for hit in await self.search(query, n, **options)]

    async def export(self) -> bytes:
        """A zip: documents.jsonl ({"id", "document", "metadata"}), vectors.npy (float32), store.json. What is damaged is left out."""
        return b"".join([piece async for piece in self.export_pieces()])

    async def export_pieces(self) -> AsyncGenerator[bytes]:
        """`export` a piece after another, some MB each, for a store that is larger than memory: write each as it comes. Raises StoreError
        (code "changed") where documents go meanwhile."""
        ids = await self.ids()
        async with aclosing(archive_pieces({"format": 1, **await self._about()}, ids, self._rows)) as pieces:
            async for piece in pieces:
                yield piece

    async def import_(self, archive: Source, *, replace: bool = False) -> int:
        """Adds what `export` wrote, here or of another kind of store; gives how many. archive: bytes, a path, a binary file that can seek,
        or anything with `size_bytes` and an async `read(at, size)`; it is read a block at a time. replace: documents that are there
        already. Nothing is written where the archive is damaged (CorruptionError) or holds an id that is there already (StoreError, code
        "exists"). An import of more than 1,024 documents is several writes: one that breaks off is done again with `replace`."""
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
        """documents: these are to be added, and are no queries."""
        return await embed_texts(self.embedder, texts)

    @abstractmethod
    async def _write(self, entries: list[Entry], vectors: Any, *, replace: bool, gone: Sequence[str]) -> None:
        """At least one entry, and a vector for each; gone: ids whose documents go."""

    @abstractmethod
    async def _about(self) -> dict[str, Any]:
        """{"dim", "metric", "quantization"}."""

    @abstractmethod
    async def _rows(self, ids: Sequence[str]) -> list[Row]:
        """Documents with their vectors, in order; those that are damaged or gone are left out."""

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
        """Of each; texts are embedded together."""
        texts = iter(await self._embed([query for query in queries if isinstance(query, str)], documents=False))
        return [next(texts) if isinstance(query, str) else query for query in queries]


async def reranked(rerank: Rerank | None, query: Any, hits: list[SearchHit]) -> list[SearchHit]:
    """The hits in the order of a function, async or not, or of a Reranker; as they are without one."""
    if rerank is None or not hits:
        return hits
    if not callable(rerank):
        if not isinstance(query, str):
            raise ConfigError("a Reranker reads the query: search for a text, not for a vector")
        ranked = await rerank.rerank(query, [text_of(hit.document) or json.dumps(hit.document, default=str) for hit in hits])
        return [hits[row.index].replace(score=row.score) for row in ranked]
    better = rerank(query, hits)
    return list(await better if inspect.isawaitable(better) else better)
