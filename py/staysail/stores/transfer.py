"""Documents from one store to another, of whatever kind."""

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
    """Copies documents with ids, metadata and vectors, `batch` at a time, over those of the same ids; gives how many were written.
    resume: leaves out what the target has already, for a copy that was broken off. on_progress(done, total), async or not: after each
    batch. The vectors of a cosine store are of unit length. Raises StoreError; what was written until then stays."""
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
        told = on_progress(min(at + batch, len(ids)), len(ids)) if on_progress else None
        if inspect.isawaitable(told):
            await told
    return written
