"""The vector index: every row is looked at, but first in as few bytes as will do.

How it works. A row is kept as float32 or float16, and, for quantised search, as 7-bit codes and as one bit per dimension. Three ways to
answer:

    exact   scan the rows, or what bounds them                         recall 1 by proof
    int8    scan the codes, take OVERSAMPLE_CODES x k                  then score those exactly
    1bit    scan the bits, take those that may belong to the best k, at most OVERSAMPLE_SIGNS x k or more, score the codes of those, take
            OVERSAMPLE_CODES x k, then score those exactly; without the codes where they are few

Exact scoring is float64, added up in one order by every backend, so each gives the same results in the same order; ties go to the earlier
row. The exact scan is float32: it takes everything within its error bound of the k-th best, so the float64 order decides and nothing is
missed.

Where there are codes, the exact scan reads these, a quarter of the bytes: a row's codes and how far they are from it bound what it may
score. The rows of the highest bounds are scored; then all whose bound reaches the k-th best of those scores, for none of the others can.

A filter that keeps few rows is answered from those rows alone, by the last steps of the same way.

"auto" is exact until the rows exceed EXACT_BYTES, or four times that where codes bound them; then 1bit for cosine, int8 for the other
metrics, where a vector's length matters and bits do not hold it."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from operator import neg
from typing import Any

from ..core.errors import DimensionError, StoreError
from ..core.value import Value
from .matrix import Matrix
from .ports import QUANTIZATIONS, Block, Quantization, Query, check_choice
from .rows import RowTable

EXACT_BYTES = 16 << 20
# Candidates that bits give: the more rows there are, the more of them look alike.
OVERSAMPLE_SIGNS, LEAST_SIGNS, SIGNS_SHARE, MOST_SIGNS = 40, 200, 8, 4000
OVERSAMPLE_CODES, LEAST_CODES = 2, 20
ONE_CHUNK = 31  # the shift of rows that are all in one chunk
BATCH = 8  # queries scanned together
WORTH = 8  # rows of codes are looked at in the time of one row: bounds are worth it where they leave less than one in so many
STEP = 2.0**-24  # half the distance between two float32 next to 1
TAME = 2.0**50  # float32 rows between 1/TAME and TAME can be squared and added up without leaving float32

type Hit = tuple[float, int]  # score, slot


class Plan(Value):
    """The way a search will take, and the reason."""

    way: str  # exact, int8, 1bit
    reason: str


class FlatIndex(RowTable):
    """The searches over a RowTable."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._scores = self.backend.allocate(4 * self.chunk_rows)
        self._bounded: tuple[Query, Block | None, int, int] | None = None  # what `_scores` are bounds for

    # Searching

    def plan(self, quantization: Quantization | None = None) -> Plan:
        wanted = quantization or self.quantization
        check_choice("quantization", wanted, QUANTIZATIONS)
        size_bytes = self.size * self.rows.width
        most = EXACT_BYTES * (4 if self.backend.quick_codes and self.kinds else 1)
        if wanted == "none":
            return Plan("exact", "exact search was chosen")
        if self.metric != "cosine" and not 1 / TAME < self.most < TAME:
            return Plan("exact", f"numbers as large or small as {self.most:g} do not quantise")
        if wanted != "auto" and (wanted == "int8" or "signs" in self.kinds) and self.kinds:
            return Plan(wanted, f"{wanted} was chosen")
        if wanted != "auto":
            return Plan("exact", f"this store keeps no {wanted} rows; it was made with quantization={self.quantization!r}")
        if self.quantization == "none":
            return Plan("exact", f"this store keeps {self.dtype} rows alone")
        if size_bytes <= most:
            return Plan(
                "exact", f"{size_bytes >> 10} kB of rows: up to {most >> 20} MB the exact scan costs hardly more than quantised search"
            )
        if "signs" in self.kinds:
            return Plan("1bit", f"{size_bytes >> 20} MB of rows: bits first, then 7-bit codes, then exact scores")
        return Plan(
            "int8",
            f"{size_bytes >> 20} MB of rows: 7-bit codes first, then exact scores; bits do not hold lengths, which {self.metric} needs",
        )

    def query(self, vector: Sequence[float], *, signs: bool = True) -> Query:
        """Returns a query in the forms that scans need. Raises DimensionError, and StoreError for NaN and infinity."""
        values = array("d", vector)
        if len(values) != self.dim:
            raise DimensionError(f"the query has {len(values)} dimensions, the store {self.dim}")
        query = self.backend.query(values, self.stride, self.metric == "cosine", self.mean if signs else None, self.signs.width)
        if not math.isfinite(query.length):
            raise StoreError("the query holds NaN or infinity, or numbers whose squares are infinite", code="not_finite")
        return query

    def exact(self, query: Query, k: int, keep: Block | None = None, *, first_chunk: int = 0, chunks: int | None = None) -> list[Hit]:
        """Returns the best k of the rows in memory, or of `chunks` chunks from `first_chunk` on, best first. keep: a byte for each slot.
        O(n dim)."""
        first = first_chunk * self.chunk_rows
        count = max(0, min(self.size, first + chunks * self.chunk_rows if chunks is not None else self.size) - first)
        if not count or k < 1:
            return []
        if chunks is None and self.encoded >= self.size and self.bounds(query, k):
            slots = self.possible(query, k, self.rescore(query, self.likely(query, k, keep), k), keep)
            if len(slots) * WORTH < count:
                return self.rescore(query, slots, k)
        self._reserve_scores(count)
        scale = self._scale(query)
        if scale != 1.0:
            scaled = array("d", [x * scale for x in query.exact.view.cast("d")])
            query_scan = self.backend.query(scaled, self.stride, False, None, self.signs.width)
        else:
            query_scan = query
        if self.metric == "euclidean":
            self.backend.scan_l2(self.rows, first_chunk, count, query_scan, scale, self._scores)
        else:
            self.backend.scan_dot(self.rows, first_chunk, count, query_scan, self._scores)
        slots = self._within_error(query_scan, scale, count, k, self._mask(keep), first)
        return self.rescore(query, slots, k)

    def bounds(self, query: Query, k: int) -> bool:
        """Returns whether the exact search for k reads codes first, whose bounds exclude most rows."""
        if not (self.backend.quick_codes and self.kinds) or k * WORTH > self.size:
            return False
        return self.metric == "cosine" or all(1 / TAME < size < TAME for size in (self.most, query.length))

    def likely(self, query: Query, k: int, keep: Block | None = None) -> array[int]:
        """Returns slots that include most of the best k. It needs the codes of every row, and no rows."""
        self._scan_bounds(query, keep)
        return self.backend.top(self._scores, self.size, 2 * k + LEAST_CODES)[0]

    def possible(self, query: Query, k: int, hits: Sequence[Hit], keep: Block | None = None) -> array[int]:
        """Returns slots that include all of the best k. hits: hits among any rows."""
        self._scan_bounds(query, keep)
        bar = -3.4e38
        if len(hits) >= k:
            bar = hits[k - 1][0]
            if self.metric == "euclidean":
                bar = query.length**2 - bar**2 - 1e-12 * (query.length**2 + bar**2)
            bar -= 8 * STEP * abs(bar) + 1e-37
        return self.backend.above(self._scores, self.size, bar)

    def _scan_bounds(self, query: Query, keep: Block | None) -> None:
        """Computes the highest possible score of each row."""
        state = keep, self.size, self.codes.version
        if self._bounded and self._bounded[0] is query and self._bounded[1:] == state:
            return
        self._reserve_scores(self.size)
        times, squares = self._weights(query)
        # |q.x - q'.x'| <= |q'| |x - x'| + |q - q'| |x|, where ' is what codes say; then what float32 may have got wrong.
        length = 1.0 if self.metric == "cosine" else query.length
        gap = 0.501 * query.scale * math.sqrt(self.stride) + 32 * STEP * length
        weight = times / query.scale
        rest = weight * 1.002 * (length + gap)
        over = weight * 1.001 * gap
        if squares:
            over += (self.stride / 4 + 8) * STEP * self.most * math.sqrt(self.dim)
        self.backend.scan_bounds(self.codes, self.size, query, times, squares, rest, over, self._scores)
        if kept := self._mask(keep):
            self.backend.mask(self._scores, kept, self.size)
        self._bounded = query, *state

    def exact_batch(self, queries: Sequence[Query], k: int, keep: Block | None = None) -> list[list[Hit]]:
        """`exact` for each query; products of several at a time."""
        together = self.metric != "euclidean" and self.size and all(self._scale(query) == 1.0 for query in queries)
        if not together or (self.size == self.encoded and all(self.bounds(query, k) for query in queries)):
            return [self.exact(query, k, keep) for query in queries]
        found: list[list[Hit]] = []
        kept = self._mask(keep)
        for at in range(0, len(queries), BATCH):
            part = queries[at : at + BATCH]
            self._reserve_scores(len(part) * self.size)
            self.backend.scan_batch(self.rows, self.size, part, self._scores)
            for index, query in enumerate(part):
                slots = self._within_error(query, 1.0, self.size, k, kept, 0, index * self.size)
                found.append(self.rescore(query, slots, k))
        return found

    def candidates(self, query: Query, k: int, way: str, keep: Block | None = None) -> array[int]:
        """Returns slots worth scoring exactly, by codes or by bits and codes. It needs codes and signs of every row, and no rows."""
        if way == "1bit":
            return self.narrowed(query, self.near(query, k, keep), k)
        if not self.size or k < 1:
            return array("I")
        self._reserve_scores(self.size)
        self.backend.scan_codes(self.codes, self.size, query, *self._weights(query), self._scores)
        if kept := self._mask(keep):
            self.backend.mask(self._scores, kept, self.size)
        return self.backend.top(self._scores, self.size, max(OVERSAMPLE_CODES * k, LEAST_CODES))[0]

    def near(self, query: Query, k: int, keep: Block | None = None) -> array[int]:
        """Returns slots whose bits allow them among the best k. It needs the signs of every row only."""
        if not self.size or k < 1:
            return array("I")
        most = max(OVERSAMPLE_SIGNS * k, min(self.size // SIGNS_SHARE, MOST_SIGNS), LEAST_SIGNS)
        return self.backend.near_signs(self.signs, self.size, query, self.dim, k, most, self._mask(keep))

    def narrowed(self, query: Query, slots: array[int], k: int) -> array[int]:
        """Returns the slots among `slots` that are worth scoring exactly, by their codes."""
        wanted = max(OVERSAMPLE_CODES * k, LEAST_CODES)
        if len(slots) <= wanted:
            return slots
        self._reserve_scores(len(slots))
        self.backend.pick_codes(self.codes, slots, query, *self._weights(query), self._scores)
        return array("I", [slots[place] for place in self.backend.top(self._scores, len(slots), wanted)[0]])

    def rescore(self, query: Query, slots: array[int], k: int, rows: Block | None = None) -> list[Hit]:
        """Returns the best k of `slots` by their exact scores, best first. rows: these rows side by side; otherwise they must be in
        memory."""
        if not slots:
            return []
        table, places = self.rows, slots
        if rows:
            table, places = Matrix(self.backend, self.rows.width, ONE_CHUNK, half=self.rows.half), array("I", range(len(slots)))
            table.chunks.append(rows)
        if self.metric == "euclidean":
            squares = self.backend.l2_exact(table, places, query)
            ranked = sorted(zip(map(math.sqrt, squares), slots, strict=True))
        else:
            ranked = sorted(zip(map(neg, self.backend.dot_exact(table, places, query)), slots, strict=True))
        return [(-score, slot) for score, slot in ranked[:k]]

    def missing_chunks(self, slots: Iterable[int]) -> list[int]:
        """Returns the chunks of rows that `rescore` needs and that are not in memory."""
        return sorted(chunk for chunk in {slot // self.chunk_rows for slot in slots} if not self.rows.holds(chunk))

    # Inside

    def _mask(self, keep: Block | None) -> Block | None:
        if keep and len(keep.view) < self.size:  # rows were added since it was made
            grown = self.backend.allocate(self.size)
            grown.view[: len(keep.view)] = keep.view
            return grown
        return keep or (self._alive if self.dead else None)

    def _weights(self, query: Query) -> tuple[float, float]:
        """Returns the factors of codes: in the product, and in the row's own square."""
        return (2 * query.scale, -1.0) if self.metric == "euclidean" else (query.scale, 0.0)

    def _within_error(self, query: Query, scale: float, count: int, k: int, kept: Block | None, first: int, at: int = 0) -> array[int]:
        """Slots that may belong to the best k, given what float32 may have got wrong."""
        if kept:
            self.backend.mask(self._scores, kept, count, at, first)
        values = self.backend.top(self._scores, count, k, at)[1]
        bar = -math.inf
        if len(values) == k:
            bar = min(values)
            error = (self.stride / 4 + 8) * STEP
            if self.metric == "euclidean":
                bar -= 2 * error * -bar + 8 * STEP * query.length * (math.sqrt(-bar) + query.length)
            else:
                bar -= 2 * error * (1.001 if self.metric == "cosine" else query.length * self.most * math.sqrt(self.dim))
            bar -= 1e-37
        bar = max(bar, -3.4e38)
        slots = self.backend.above(self._scores, count, bar, at)
        return array("I", [slot + first for slot in slots]) if first else slots

    def _scale(self, query: Query) -> float:
        """A power of two that keeps float32 from overflowing or vanishing in the scan, 1 for anything tame."""
        if self.metric == "cosine" or not self.most:
            return 1.0
        if self.metric == "euclidean":
            largest = max(query.length, self.most)
            return 1.0 if 1 / TAME < largest < TAME else 2.0 ** -math.frexp(largest)[1]
        if not query.length or (1 / TAME < query.length < TAME and 1 / TAME < self.most < TAME):
            return 1.0
        # Products of the largest with the largest come to about 1.
        return 2.0 ** min(120, max(-120, -math.frexp(query.length)[1] - math.frexp(self.most)[1]))

    def _reserve_scores(self, count: int) -> None:
        self._bounded = None
        if len(self._scores.view) < 4 * count:
            self._scores = self.backend.allocate(4 * max(count, len(self._alive.view)))
