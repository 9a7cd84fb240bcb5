"""The mount /toolfs/memory: the memory of an agent. Each entry is a file `<id>` that reads as JSON {id, content, created_at, updated_at,
metadata}.

Sessions share their entries only where they share a memory's name. A write takes text, or JSON with `content` and optionally
`metadata`; the other fields of an entry cannot be written.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from ..core.errors import JsonError, ToolFSError
from ..core.json_text import json_bytes, read_json, write_json
from ..core.value import NOTHING, Value
from ..core.whole_text import whole
from ..indexes.fusion import cosine, fuse_ranks
from ..indexes.keywords import KeywordIndex
from .entry import Entry, hash_of, is_directory, not_found
from .path import Path, check_name, to_text
from .ports import Embedder, Mount
from .search import Found, Query, encode_found, read_query
from .session import Session
from .tree import TreeMount

FIELDS = frozenset({"id", "content", "created_at", "updated_at", "metadata"})


class MemoryEntry(Value):
    """An entry of memory."""

    id: str
    content: str
    created_at: str
    updated_at: str
    metadata: Mapping[str, Any] = NOTHING

    def to_dict(self) -> dict[str, Any]:
        return {field: getattr(self, field) for field in MemoryEntry.__match_args__} | {"metadata": dict(self.metadata)}


class MemoryMount:
    """The mount of memory. Each session sees only its own part."""

    kind = "memory"
    writable = True

    def __init__(self, tree: TreeMount, embedder: Embedder | None = None) -> None:
        self.tree, self._embedder = tree, embedder
        self._vectors: dict[str, Any] = {}

    def under(self, session: Session, query: str | None) -> Mount:
        return _Memory(self, check_name(session.memory), query)

    async def rank(self, query: Query, entries: Mapping[str, MemoryEntry]) -> dict[str, float]:
        """Returns the scores of entries by id: BM25 of entries that contain a word of the query. With an embedder, that ranking is fused
        with the ranking by meaning."""
        ids = sorted(entries)
        texts = [entries[id].content for id in ids]
        words = KeywordIndex()
        words.put(0, texts)
        ranking = words.search(query.text, len(texts), {0: 0}, lambda _: True)
        if self._embedder is None or not texts:
            return {ids[at]: score for score, at in ranking}
        hashes = [hash_of(text.encode()) for text in texts]
        new = {hash: text for hash, text in zip(hashes, texts, strict=True) if hash not in self._vectors}
        query_vector, *vectors = [item.vec for item in await self._embedder.embed_texts([query.text, *new.values()])]
        self._vectors |= dict(zip(new, vectors, strict=True))
        near = sorted(range(len(ids)), key=lambda at: -cosine(query_vector, self._vectors[hashes[at]]))
        fused = fuse_ranks([[at for _, at in ranking], near], len(ids))
        return {ids[at]: score for score, at in fused}


class _Memory:
    kind = "memory"
    writable = True

    def __init__(self, mount: MemoryMount, name: str, query: str | None) -> None:
        self._mount, self._tree, self._name, self._query = mount, mount.tree, name, query

    async def stat(self, path: Path) -> Entry | None:
        if not path:
            return Entry("/", "directory")
        found = await self._tree.stat(self._own(path))
        return found.replace(path=to_text(path), size_bytes=None, hash=found.hash) if found else None

    async def list(self, path: Path) -> list[Entry]:
        if path:
            raise not_found(path) if await self.stat(path) is None else is_file(path)
        if await self._tree.stat((self._name,)) is None:
            return []
        return [entry.replace(path=f"/{entry.name}", size_bytes=None) for entry in await self._tree.list((self._name,))]

    async def read(self, path: Path) -> bytes:
        if self._query is not None:
            if path:
                raise ToolFSError("a query goes to /toolfs/memory itself, not to an entry", code="bad_request", path=to_text(path))
            return await self._search(read_query(self._query))
        if not path:
            raise is_directory(path)
        return json_bytes((await self._entry(path)).to_dict(), compact=False) + b"\n"

    async def write(self, path: Path, data: bytes, *, if_hash: str | None = None) -> None:
        content, metadata = read_memory(data, path)
        kept = json_bytes({"content": content, "metadata": metadata}, compact=False)
        await self._tree.write(self._own(path), kept, if_hash=if_hash)

    async def append(self, path: Path, data: bytes) -> None:
        before = await self.stat(path)
        entry = await self._entry(path) if before else None
        text = (entry.content if entry else "") + data.decode("utf-8", "replace")
        kept = json_bytes({"content": text, "metadata": dict(entry.metadata) if entry else {}}, compact=False)
        await self._tree.write(self._own(path), kept, if_hash=before.hash if before else "")

    async def delete(self, path: Path, *, recursive: bool = False) -> None:
        if not path and recursive:
            await self._tree.delete((self._name,), recursive=True)
        else:
            await self._tree.delete(self._own(path))

    async def rename(self, old: Path, new: Path) -> None:
        await self._tree.rename(self._own(old), self._own(new))

    async def mkdir(self, path: Path) -> None:
        raise ToolFSError("memory has no directories; write /toolfs/memory/<id>", code="bad_request", path=to_text(path))

    def _own(self, path: Path) -> Path:
        if len(path) != 1:
            raise ToolFSError("an entry of memory is /toolfs/memory/<id>, with nothing below it", code="bad_path", path=to_text(path))
        return (self._name, *path)

    async def _entry(self, path: Path) -> MemoryEntry:
        found = await self._tree.stat(self._own(path))
        if found is None:
            raise not_found(path)
        fields = read_json(await self._tree.read(self._own(path)))
        return MemoryEntry(path[0], fields["content"], found.created_at or "", found.modified_at or "", fields["metadata"])

    async def _search(self, query: Query) -> bytes:
        entries = {entry.name: await self._entry((entry.name,)) for entry in await self.list(())}
        scores = await self._mount.rank(query, entries)
        return encode_found(query, [Found(id, entries[id].content, score, entries[id].metadata) for id, score in scores.items()])


def read_memory(data: bytes, path: Path) -> tuple[str, dict[str, Any]]:
    """Returns the content and metadata of written data. Raises ToolFSError ("bad_request")."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise ToolFSError("memory holds text; write bytes to a file instead", code="bad_request", path=to_text(path)) from error
    try:
        value = read_json(text, nonfinite="null") if text.lstrip().startswith("{") else None
    except JsonError:
        value = None
    if not isinstance(value, dict) or "content" not in value or not value.keys() <= FIELDS:
        return text, {}
    content, metadata = whole(value["content"]), whole(value.get("metadata") or {})
    if not isinstance(content, str) or not isinstance(metadata, dict):
        raise ToolFSError(
            "an entry is text, or JSON whose content is text and whose metadata is an object", code="bad_request", path=to_text(path)
        )
    try:
        read_json(text)
    except JsonError as error:
        raise ToolFSError("the metadata holds NaN or infinity, which JSON cannot", code="bad_request", path=to_text(path)) from error
    return content, metadata


def write_entry(content: str, metadata: Mapping[str, Any]) -> str:
    """Returns the JSON of an entry. Raises ToolFSError ("bad_request") for what no entry can hold."""

    def bad(message: str, *, code: str) -> ToolFSError:
        return ToolFSError(message, code="bad_request")

    text = write_json({"content": content, "metadata": dict(metadata)}, what="the entry", error=bad, compact=False)
    read_json(text, what="the entry", error=bad)
    return text


def is_file(path: Path) -> ToolFSError:
    return ToolFSError("this is an entry of memory, not a directory", code="not_a_directory", path=to_text(path))


def new_id() -> str:
    return f"m-{secrets.token_hex(6)}"
