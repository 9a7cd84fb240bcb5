from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from .errors import QuotaError
from .locks import Lock


class MemoryRecords:
    """A KeyValue that lasts as long as the process. quota_bytes: the most bytes of all records."""

    def __init__(self, *, quota_bytes: int | None = None) -> None:
        self.records: dict[str, bytes] = {}
        self._quota_bytes = quota_bytes
        self._lock = Lock()

    async def get(self, keys: Sequence[str]) -> list[bytes | None]:
        return [self.records.get(key) for key in keys]

    async def scan(self, prefix: str) -> list[tuple[str, bytes]]:
        return [(key, value) for key, value in list(self.records.items()) if key.startswith(prefix)]

    async def keys(self, prefix: str) -> list[str]:
        return [key for key in list(self.records) if key.startswith(prefix)]

    async def commit(self, puts: Mapping[str, bytes], deletes: Collection[str] = ()) -> None:
        if self._quota_bytes is not None:
            self._check_quota(puts, deletes)
        for key in deletes:
            self.records.pop(key, None)
        self.records.update(puts)

    def _check_quota(self, puts: Mapping[str, bytes], deletes: Collection[str]) -> None:
        used = sum(len(value) for key, value in self.records.items() if key not in puts and key not in deletes)
        needed, limit = used + sum(map(len, puts.values())), self._quota_bytes or 0
        if needed > limit:
            raise QuotaError(
                f"the store holds at most {limit} bytes and this needs {needed}; delete files or snapshots and try again",
                needed_bytes=needed - limit,
                free_bytes=max(0, limit - sum(map(len, self.records.values()))),
            )

    def exclusive(self) -> AbstractAsyncContextManager[Any]:
        return self._lock
