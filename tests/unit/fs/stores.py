"""Stores that misbehave as browsers do."""

from collections.abc import Callable

from staysail.core.memory_records import MemoryRecords


class PowerCut(BaseException):
    """Nothing catches it, as nothing catches a tab that is killed."""


class DyingStore(MemoryRecords):
    """Dies at the n-th commit: before it takes effect, or, with `after`, when it has and nobody has been told."""

    def __init__(self, records: dict[str, bytes] | None = None, *, dies_at: int | None = None, after: bool = False) -> None:
        super().__init__()
        self.records = dict(records or {})
        self.commits = 0
        self._dies_at, self._after = dies_at, after

    async def commit(self, puts, deletes=()):
        dies = self.commits == self._dies_at
        self.commits += 1
        if dies and not self._after:
            raise PowerCut
        await super().commit(puts, deletes)
        if dies:
            raise PowerCut


class LyingStore(MemoryRecords):
    """Gives other bytes than were written, where `lie` says so."""

    lie: Callable[[str, bytes], bytes] = staticmethod(lambda key, data: data)

    async def get(self, keys):
        return [data if data is None else self.lie(key, data) for key, data in zip(keys, await super().get(keys), strict=True)]
