"""Copies of documents from one store to another, of any kind."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from ..core.errors import ConfigError
from ..core.ports import DocumentStore


async def copy(
    source: DocumentStore,
    target: DocumentStore,
    *,
    batch: int = 1000,
    resume: bool = False,
    on_progress: Callable[[int, int], Any] | None = None,
) -> int:
    """Copies documents with ids, metadata and vectors. Returns the number of documents written.

    Documents with the same ids in the target are replaced. Vectors from a cosine store have unit length.

    Args:
        source: The store to read.
        target: The store to write.
        batch: Documents of one write.
        resume: Skips documents that the target holds already, for a copy that was interrupted.
        on_progress: A function `(done, total)`, async or not, called after each batch.

    Raises:
        StoreError: A store failed; the batches written before stay.
    """
    if batch < 1:
        raise ConfigError(f"batch is at least 1, not {batch}")
    ids = await source.ids()
    written = 0
    for at in range(0, len(ids), batch):
        wanted: Sequence[str] = ids[at : at + batch]
        if resume:
            there = {found["id"] for found in await target.get(wanted)}
            wanted = [id for id in wanted if id not in there]
        documents = await source.get(wanted, vectors=True) if wanted else []
        if documents:
            await target.upsert(documents)
        written += len(documents)
        reported = on_progress(min(at + batch, len(ids)), len(ids)) if on_progress else None
        if inspect.isawaitable(reported):
            await reported
    return written
