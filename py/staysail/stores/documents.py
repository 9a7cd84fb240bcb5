"""Documents in the forms that stores accept, the vectors of their texts, and the documents of hits."""

from __future__ import annotations

import inspect
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.completion import Document
from ..core.errors import ConfigError, StoreError
from .layout import Entry, bare_entries


def show_document(document: Any, metadata: Mapping[str, Any]) -> Any:
    """Returns a hit's document: a text with metadata as an object of both, any other document unchanged."""
    return {"text": document, "metadata": dict(metadata)} if isinstance(document, str) and metadata else document


def read_documents(documents: Sequence[Any] | None, ids: Sequence[str] | None, count: int) -> tuple[list[Entry], list[Any]]:
    """Returns entries, and for each its vector or None. Without documents, `count` entries with ids alone. Raises ConfigError for a
    repeated id."""
    if isinstance(documents, str | Mapping | Document):
        documents = [documents]
    count = count if documents is None else len(documents)
    if ids is not None and len(ids) != count:
        raise ConfigError(f"{count} documents, but {len(ids)} ids")
    prefix = secrets.token_hex(6)
    names = [str(id) for id in ids] if ids is not None else [f"{prefix}-{at}" for at in range(count)]
    if documents is None:
        entries, vectors = bare_entries(names), []
    else:
        read = [_read_document(item) for item in documents]
        entries = [entry if ids is None and entry.id else entry._replace(id=name) for (entry, _), name in zip(read, names, strict=True)]
        vectors = [vector for _, vector in read]
    if (documents is not None or ids is not None) and len({entry.id for entry in entries}) != count:
        twice, _ = Counter(entry.id for entry in entries).most_common(1)[0]
        raise ConfigError(f"two of the documents have the id {twice!r}")
    return entries, vectors


def _read_document(item: Any) -> tuple[Entry, Any]:
    if isinstance(item, str):
        return Entry("", item), None
    if isinstance(item, Document):
        return Entry(item.id, item.text, dict(item.metadata)), None
    if not isinstance(item, Mapping):
        if isinstance(item, tuple) and len(item) in (2, 3):  # (id, document[, vector])
            return Entry(str(item[0]), item[1]), item[2] if len(item) == 3 else None
        return Entry("", item), None
    rest = {key: value for key, value in item.items() if key not in ("id", "vector", "embedding", "metadata")}
    metadata = item.get("metadata")
    body: Any = rest
    for name in ("text", "document"):
        if set(rest) == {name}:
            body = rest[name]
    vector = item.get("vector", item.get("embedding"))
    # An object without metadata is filtered by its own fields.
    fields = metadata if metadata is not None else rest if body is rest else {}
    return Entry(str(item["id"]) if item.get("id") is not None else "", body, dict(fields)), vector


def check_embedder(embedder: Any) -> None:
    """Raises ConfigError for an object that is no embedder."""
    if embedder is not None and not callable(embedder) and not hasattr(embedder, "embed_texts"):
        raise ConfigError("an embedder has embed_texts, or is a function from texts to vectors")


async def embed_texts(embedder: Any, texts: Sequence[str]) -> list[Any]:
    """Returns a vector for each text. Raises ConfigError without an embedder, or for an empty text."""
    if not texts:
        return []
    if embedder is None:
        raise ConfigError("this store has no embedder: create it with embedder=…, or give vectors")
    empty = next((at for at, text in enumerate(texts) if not text.strip()), None)
    if empty is not None:
        raise ConfigError(f"document {empty} has no text to embed; give its vector, or a `text`")
    embed = getattr(embedder, "embed_texts", None) or embedder
    made = embed(list(texts))
    made = await made if inspect.isawaitable(made) else made
    vectors = [getattr(item, "vec", item) for item in made]
    if len(vectors) != len(texts):
        raise StoreError(f"the embedder gave {len(vectors)} vectors for {len(texts)} texts")
    return vectors
