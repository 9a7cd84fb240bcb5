"""The mount /toolfs/rag: retrieval from a vector store or any other search index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..agent.retrieval import Retriever, as_document
from ..core.errors import ToolFSError
from ..core.ports import SearchHit
from .entry import Entry, is_directory, not_found
from .mounts import ReadOnlyMount
from .path import Path
from .search import Found, encode_found, read_query, without_vectors
from .session import Session


class RagMount(ReadOnlyMount):
    """The mount of a search index. index: any object with `top_n(query, n)` or `search(query, n)`; None where there is nothing to
    search."""

    kind = "rag"
    why = "add documents to the vector store behind it"

    def __init__(self, index: Any = None, query: str | None = None) -> None:
        self._index, self._query = index, query

    def under(self, session: Session, query: str | None) -> RagMount:
        return RagMount(self._index, query)

    async def stat(self, path: Path) -> Entry | None:
        if not path:
            return Entry("/", "directory")
        return Entry("/query", "file", None) if path == ("query",) else None

    async def list(self, path: Path) -> list[Entry]:
        if path:
            raise not_found(path)
        return [Entry("/query", "file", None)]

    async def read(self, path: Path) -> bytes:
        if not path:
            raise is_directory(path)
        if path != ("query",):
            raise not_found(path)
        if self._query is None:
            raise ToolFSError("ask something: /toolfs/rag/query?text=red+sails&top_k=5", code="bad_request", path="/query")
        query = read_query(self._query)
        if self._index is None:
            raise ToolFSError("there is nothing to search; give ToolFS a search_index", code="unavailable", path="/query")
        hits = await Retriever(query.top_k, self._index).find(query.text)
        return encode_found(query, map(_found, hits))


def _found(hit: SearchHit) -> Found:
    whole = hit.document
    document = as_document(hit.replace(document=without_vectors(whole)) if isinstance(whole, Mapping | list) else hit)
    return Found(hit.id, document.text, float(hit.score), document.metadata)
