"""A store of spans."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..core.defaults import Defaults
from ..core.json_text import RECORD_DEPTH, json_bytes, read_json
from ..core.locks import Lock
from ..core.ports import KeyValue
from ..core.spans import Span


class TraceStore:
    """An exporter that stores the newest `most` spans, to be read again.

    Args:
        store: In a page, the name in IndexedDB, "traces" if left out. On CPython, a directory; if left out, spans last as long as the
            process. ":memory:" does the same everywhere. Or a KeyValue.
        most: The number of spans kept.
    """

    def __init__(self, store: KeyValue | str | os.PathLike[str] | None = None, *, most: int = 5000) -> None:
        self._records, self._most = Defaults.open_records(store, "traces"), most
        self._count: int | None = None
        self._one_at_a_time = Lock()

    async def export(self, spans: Sequence[Span]) -> None:
        """Stores spans, and deletes the oldest beyond `most`."""
        puts = {f"{span.start_ns:020}/{span.span_id}": json_bytes(span.to_dict(), nonfinite="null") for span in spans}
        async with self._one_at_a_time:
            await self._records.commit(puts)
            self._count = len(puts) + (len(await self._records.keys("")) - len(puts) if self._count is None else self._count)
            if self._count > self._most * 1.1:  # in steps, as listing the keys costs more than a put
                keys = sorted(await self._records.keys(""))
                await self._records.commit({}, keys[: -self._most])
                self._count = min(len(keys), self._most)

    async def spans(self, trace_id: str | None = None) -> list[Span]:
        """Returns the stored spans of one trace, or all, in the order in which they began."""
        found = [Span.from_dict(read_json(data, max_depth=RECORD_DEPTH)) for _, data in sorted(await self._records.scan(""))]
        return [span for span in found if trace_id in (None, span.trace_id)]

    async def clear(self) -> None:
        """Deletes all spans."""
        async with self._one_at_a_time:
            await self._records.commit({}, await self._records.keys(""))
            self._count = 0
