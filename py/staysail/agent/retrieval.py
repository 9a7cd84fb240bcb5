"""Retrieval of documents for each prompt: `dynamic_context`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..core.completion import Document
from ..core.errors import ConfigError
from ..core.json_text import write_json
from ..core.ports import SearchHit
from ..core.utf16 import FIELD
from ..core.value import NOTHING, Value


class Retriever(Value):
    """A search that runs for each prompt.

    Attributes:
        sample: The number of documents to find.
        index: Any object with `top_n(query, n)` or `search(query, n)` that returns hits or tuples (score, id, document).
        options: Arguments of each search.
    """

    sample: int
    index: Any
    options: Mapping[str, Any] = NOTHING

    async def find(self, query: str) -> list[SearchHit]:
        search = getattr(self.index, "top_n", None) or self.index.search
        found = search(query, self.sample, **self.options)
        return [read_hit(item) for item in (await found if inspect.isawaitable(found) else found)]


def read_retrievers(value: Any) -> tuple[Retriever, ...]:
    """Returns the retrievers for one or several of: a Retriever, (n, index), {"sample": n, "index": index}, or an index, which then
    finds 4 documents. Raises ConfigError."""
    if not value:
        return ()
    if isinstance(value, list) or (isinstance(value, tuple) and not (len(value) == 2 and isinstance(value[0], int))):
        return tuple(retriever for item in value for retriever in read_retrievers(item))
    match value:
        case Retriever():
            return (value,)
        case (int(sample), index):
            pass
        case {"sample": int(sample), "index": index} | {"sample": int(sample), "dynamic_tools": index}:
            pass
        case index:
            sample = 4
    if not (hasattr(index, "top_n") or hasattr(index, "search")):
        raise ConfigError(f"dynamic_context takes (n, index) where index has top_n or search; {type(index).__name__} has neither")
    if sample < 1:
        raise ConfigError(f"dynamic_context asks for at least 1 document, got {sample}")
    return (Retriever(sample, index),)


def read_hit(item: Any) -> SearchHit:
    """Returns the SearchHit for a hit in any form that an index returns. Raises ConfigError."""
    if isinstance(item, SearchHit):
        return item
    if isinstance(item, Sequence) and len(item) == 3:
        return SearchHit(float(item[0]), str(item[1]), item[2])
    if isinstance(item, Mapping) and "score" in item:
        return SearchHit(float(item["score"]), str(item.get("id", "")), item.get("document", item.get("content", item.get("text"))))
    if hasattr(item, "score") and hasattr(item, "id"):
        return SearchHit(item.score, str(item.id), getattr(item, "document", None))
    raise ConfigError("a search hit is (score, id, document)")


def as_document(hit: SearchHit) -> Document:
    """Returns a hit's text as a Document: the hit's document, its `text` or `content`, else its JSON."""
    document = hit.document
    if isinstance(document, Document):
        return document
    if isinstance(document, str):
        return Document(hit.id, document)
    if isinstance(document, Mapping):
        text = document.get("text") or document.get("content") or document.get("document")
        if isinstance(text, str):
            return Document(hit.id, text, document.get("metadata") or {})
    text = getattr(document, "text", None)
    return Document(hit.id, text if isinstance(text, str) else write_json(document, default=str, nonfinite="null", compact=False))


def describe_sources(hits: Iterable[SearchHit]) -> list[dict[str, Any]]:
    """Returns citations: {id, score, document: {id, text, metadata}}, with `source` (the file's name) and `span` ([start, end) in the
    file) where the metadata holds them."""
    return [_describe(hit.id, hit.score, as_document(hit)) for hit in hits]


def _describe(id: str, score: float, document: Document) -> dict[str, Any]:
    source: dict[str, Any] = {"id": id, "score": score, "document": document.to_dict()}
    start, end = document.metadata.get("start"), document.metadata.get("end")
    if "source" in document.metadata:
        source["source"] = document.metadata["source"]
    if isinstance(start, int) and isinstance(end, int):
        source["span"] = [start, end]
        units = document.metadata.get(FIELD)
        if isinstance(units, Mapping):
            source[FIELD] = {"span": [units.get("start", start), units.get("end", end)]}
    return source
