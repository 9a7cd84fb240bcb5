"""The whole content of a store as bytes, for snapshots to save and restore."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from .layout import Entry
from .transfer_archive import read_archive, write_archive


class Store(Protocol):
    async def export(self) -> bytes: ...
    async def delete(self, ids: Sequence[str]) -> int: ...
    async def upsert(self, documents: Sequence[Any], *, vectors: Any) -> Collection[str]: ...


class StoreState:
    """The content of a VectorStore as bytes. Equal contents give equal bytes, in whatever order they were added."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def export(self) -> bytes:
        about, documents, vectors = await read_archive(await self._store.export())
        rows = [
            (Entry(document["id"], document["document"], document["metadata"]), vector)
            for document, vector in zip(documents, vectors, strict=True)
        ]
        return write_archive(about, sorted(rows, key=lambda row: row[0].id))

    async def import_(self, data: bytes) -> None:
        """Makes the store's content equal to an export. Writes only the differences, and may be repeated after an interruption. Raises
        CorruptionError."""
        wanted, held = await _read(data), await _read(await self._store.export())
        gone = [id for id in held if id not in wanted]
        changed = [id for id, row in wanted.items() if held.get(id) != row]
        if gone:
            await self._store.delete(gone)
        if changed:
            await self._store.upsert([wanted[id][0] for id in changed], vectors=[wanted[id][1] for id in changed])


async def _read(data: bytes) -> dict[str, tuple[dict[str, Any], memoryview[float]]]:
    _, documents, vectors = await read_archive(data)
    return {document["id"]: (document, vector) for document, vector in zip(documents, vectors, strict=True)}
