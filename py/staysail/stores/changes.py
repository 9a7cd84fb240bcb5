"""One change of a collection: the records that it writes and deletes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from zlib import crc32

from ..indexes.rows import RowTable
from .contents import encode_pages
from .layout import BLOCKS, BY_CHUNK, PAGES, Entry, Head, encode_bits, encode_json, encode_log, seal
from .segments import Checks, Segment, Segments

LOG_RECORDS = 32  # from this many on, small log records are joined

type Put = tuple[str, int, Any]
type Delete = tuple[str, int]


class Change:
    """The records of one change. head: the head before the change. The rows are staged in the index already."""

    def __init__(self, head: Head, index: RowTable, segments: Segments) -> None:
        self.puts: list[Put] = []
        self.deletes: list[Delete] = []
        self._head, self._index, self._segments = head, index, segments

    def put_segments(self, pending: Sequence[Entry]) -> list[Segment]:
        """Writes as many segments as the pending entries fill, and returns them."""
        index, rows, puts, written = self._index, self._index.segment_rows, self.puts, []
        for at in range(len(pending) // rows):
            serial, position = self._head.next + at * self._head.step, len(self._segments.known) + at
            index.encode(position * rows, rows)
            checks: Checks = {"rows": []}
            for chunk in range(self._head.step):
                block = index.rows.reserve(position * self._head.step + chunk)
                checks["rows"].append(index.backend.checksum(block, 0, index.rows.chunk_bytes))  # type: ignore[union-attr]
                puts.append(("rows", serial + chunk, block.view[: index.rows.chunk_bytes]))
            for table in index.kinds:
                matrix = getattr(index, table)
                block = matrix.reserve(position)
                checks[table] = index.backend.checksum(block, 0, matrix.chunk_bytes)
                puts.append((table, serial, block.view[: matrix.chunk_bytes]))
            for table, chunk, page in encode_pages(pending[at * rows : (at + 1) * rows], index.chunk_rows):
                _put_check(checks, table, page)
                puts.append((table, serial + chunk, page))
            puts.append(("segments", serial, seal(encode_json(checks))))
            written.append(Segment(serial, checks, set()))
        return written

    def put_log(self, pending: Sequence[Entry], count: int, full: int) -> tuple[tuple[int, int], ...]:
        """Writes the last `count` rows, or the rows left by `full` segments, as one log record, joined with small records before it
        where there are many. Returns the log."""
        log = list(self._head.log)
        if full:
            self.deletes += [("log", key) for key, _ in log]
            log, count = [], len(pending) - full * self._index.segment_rows
        while count and len(log) >= LOG_RECORDS and log[-1][1] <= count:
            key, rows = log.pop()
            self.deletes.append(("log", key))
            count += rows
        if count:
            slot = self._segments.start + len(pending) - count
            self.puts.append(("log", self._head.log_next, encode_log(pending[-count:], self._index.stored(slot, count))))
            log.append((self._head.log_next, count))
        return tuple(log)

    def put_deletions(self, slots: Iterable[int], tail_dead: set[int], gone: Sequence[int]) -> dict[int, set[int]]:
        """Writes the deletions. Returns the deleted rows of each segment with new ones; those of the tail under the serial it will have."""
        rows, marked = self._index.segment_rows, dict[int, set[int]]()
        for slot in slots:
            position, row = divmod(slot, rows)
            if position < len(self._segments.known):
                segment = self._segments.known[position]
                serial, dead = (segment.serial, segment.dead) if segment else (0, set())
            else:
                serial, dead = self._head.next, tail_dead
            if serial and serial not in gone:
                marked.setdefault(serial, set(dead)).add(row)
        self.puts += [("dead", serial, encode_bits(sorted(bits), rows)) for serial, bits in marked.items()]
        if tail_dead:
            marked.setdefault(self._head.next, tail_dead)
        return marked

    def delete_segment(self, segment: Segment) -> None:
        self.deletes += [(table, segment.serial) for table in ("segments", "dead", "terms", *BLOCKS, *PAGES) if table not in BY_CHUNK]
        self.deletes += [(table, segment.serial + chunk) for table in BY_CHUNK for chunk in range(self._head.step)]


def _put_check(checks: Checks, table: str, page: bytes) -> None:
    if table in BY_CHUNK:
        checks.setdefault(table, []).append(crc32(page))  # type: ignore[union-attr]
    else:
        checks[table] = crc32(page)
