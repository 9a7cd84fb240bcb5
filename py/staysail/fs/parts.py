"""Contents in parts, so that the cost of appending to a file does not grow with the file.

How it works: a file that was appended to names its parts in order. A new part absorbs the parts before it that are less than twice
its size, so sizes at least halve from one part to the next: n bytes have about log n parts, and each byte is copied about log n times
in all. The hash of the whole continues from its last state, which is kept for the files appended to last; otherwise the content is
read once.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

from .blobs import Blobs

type Part = tuple[str, int]  # hash and size

BIGGEST_BYTES = 16 << 20  # a part of this size is never copied again
KEPT_STATES = 64


class Parts:
    """The parts of contents in a store."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._states: OrderedDict[str, hashlib._Hash] = OrderedDict()  # by the hash of the content so far

    async def read(self, parts: Sequence[Part]) -> bytes | None:
        """Returns the content; None where a part is missing. Raises CorruptionError."""
        found = [await self._blobs.get(hash) for hash, _ in parts]
        return None if None in found else b"".join(part for part in found if part)

    async def append(self, hash: str, parts: Sequence[Part], data: bytes) -> tuple[str, tuple[Part, ...], dict[str, bytes]]:
        """Appends data to a content. Returns the new hash, the new parts, and the records to put. Raises CorruptionError."""
        state = self._states.pop(hash, None) or hashlib.sha256(b"".join([await self._blobs.need(part) for part, _ in parts]))
        state.update(data)
        whole = state.hexdigest()
        self._states[whole] = state
        if len(self._states) > KEPT_STATES:
            self._states.popitem(last=False)
        kept = list(parts)
        while kept and kept[-1][1] < min(2 * len(data), BIGGEST_BYTES):
            data = await self._blobs.need(kept.pop()[0]) + data
        if not kept:
            return whole, (), {Blobs.key(whole): data}
        last, record = self._blobs.put(data)
        return whole, (*kept, (last, len(data))), record
