"""Contents by their SHA-256. A blob is written together with the first record that refers to it, and never changes. Blobs without a
reference are deleted from time to time, and when space is needed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

from ..core.errors import CorruptionError, QuotaError
from .entry import hash_of
from .ports import KeyValue

PREFIX = "blob/"
SWEPT_EVERY_BYTES = 64 << 20

type FindUsed = Callable[[KeyValue], Awaitable[Collection[str]]]


class Blobs:
    """The blobs of a store. find_used: functions that return the hashes that any record in the store refers to, whether it is mounted or
    not."""

    def __init__(self, store: KeyValue, find_used: Iterable[FindUsed]) -> None:
        self.store = store
        self._find_used = tuple(find_used)
        self._written_bytes = 0

    @staticmethod
    def key(hash: str) -> str:
        return PREFIX + hash

    def put(self, data: bytes) -> tuple[str, dict[str, bytes]]:
        """Returns the hash, and the record for the caller's own commit."""
        hash = hash_of(data)
        return hash, {PREFIX + hash: data}

    async def get(self, hash: str) -> bytes | None:
        """Returns the content; None where it is missing. Raises CorruptionError where its bytes do not have this hash."""
        (data,) = await self.store.get([PREFIX + hash])
        if data is not None and hash_of(data) != hash:
            raise CorruptionError(f"the content {hash[:12]} is damaged in storage; roll back to a snapshot or import one")
        return data

    async def need(self, hash: str) -> bytes:
        """Returns the content. Raises CorruptionError where it is missing or damaged."""
        data = await self.get(hash)
        if data is None:
            raise CorruptionError(f"the content {hash[:12]} is missing in storage; roll back to a snapshot or import one")
        return data

    async def missing(self, hashes: Collection[str]) -> set[str]:
        """Returns the hashes that the store does not hold."""
        held = set(await self.store.keys(PREFIX))
        return {hash for hash in hashes if PREFIX + hash not in held}

    async def commit(self, puts: Mapping[str, bytes], deletes: Collection[str] = ()) -> None:
        """Commits records, and deletes unused blobs if space is short. Call it inside `exclusive`. Raises QuotaError."""
        try:
            await self.store.commit(puts, deletes)
        except QuotaError:
            if not await self.sweep():
                raise
            await self.store.commit(puts, deletes)
        self._written_bytes += sum(len(data) for key, data in puts.items() if key.startswith(PREFIX))
        if self._written_bytes >= SWEPT_EVERY_BYTES:
            await self.sweep()

    async def sweep(self) -> int:
        """Deletes blobs without a reference and returns their number. Call it inside `exclusive`."""
        self._written_bytes = 0
        used = {hash for find in self._find_used for hash in await find(self.store)}
        unused = [key for key in await self.store.keys(PREFIX) if key.removeprefix(PREFIX) not in used]
        if unused:
            await self.store.commit({}, unused)
        return len(unused)
