"""The vector index: every row is looked at, but first in as few bytes as will do.

How it works. A row is kept as float32, and, for quantised search, as 7-bit codes and as one bit per dimension. Three ways to answer:

    exact   scan float32                                               recall 1 by proof
    int8    scan the codes, take OVERSAMPLE_CODES x k                  then score those exactly
    1bit    scan the bits, take OVERSAMPLE_SIGNS x k or more, score the codes of those, take OVERSAMPLE_CODES x k, then score those exactly

Exact scoring is float64, added up in one order by every backend, so each gives the same results in the same order; ties go to the earlier
row. The exact scan is float32: it takes everything within its error bound of the k-th best, so the float64 order decides and nothing is
missed.

"auto" is exact until the float32 rows exceed EXACT_BYTES, then 1bit for cosine, int8 for the other metrics, where a vector's length matters
and bits do not hold it."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from ..core.errors import DimensionError, StoreError
from ..core.value import Value
from ..core.vectors import (
    CODES_TRAILER_BYTES,
    METRICS,
    QUANTIZATIONS,
    Backend,
    Block,
    Metric,
    Quantization,
    Query,
    check_choice,
    signs_width_of,
    stride_of,
)
from .matrix import Matrix

EXACT_BYTES = 16 << 20
CHUNK_BYTES = 1 << 20
# Candidates that bits give: the more rows there are, the more of them look alike.
OVERSAMPLE_SIGNS, LEAST_SIGNS, SIGNS_SHARE, MOST_SIGNS = 40, 200, 16, 4000
OVERSAMPLE_CODES, LEAST_CODES = 2, 20
BATCH = 8  # queries scanned together
STEP = 2.0**-24  # half the distance between two float32 next to 1
TAME = 2.0**50  # float32 rows between 1/TAME and TAME can be squared and added up without leaving float32

type Hit = tuple[float, int]  # score, slot


class Plan(Value):
    """What a search will do, and why."""

    way: str  # exact, int8, 1bit
    reason: str


def shift_for(dim: int) -> int:
    """Rows in a chunk are a power of two, at least 64, about CHUNK_BYTES of float32."""
    return max(6, (CHUNK_BYTES // (4 * stride_of(dim))).bit_length() - 1)


class FlatIndex:
    """Slots hold rows; `stage` writes rows behind the last one, `commit` makes them count, `kill` takes some out."""

    def __init__(self, backend: Backend, dim: int, metric: Metric = "cosine", quantization: Quantization = "auto") -> None:
        check_choice("metric", metric, METRICS)
        check_choice("quantization", quantization, QUANTIZATIONS)
        if not 1 <= dim <= 65_536:
            raise DimensionError(f"dim is from 1 to 65536, not {dim}")
        self.backend, self.dim, self.metric, self.quantization = backend, dim, metric, quantization
        self.stride, self.shift = stride_of(dim), shift_for(dim)
        self.rows = Matrix(backend, 4 * self.stride, self.shift)
        self.codes = Matrix(backend, self.stride + CODES_TRAILER_BYTES, self.shift)
        self.signs = Matrix(backend, signs_width_of(dim), self.shift)
        self.size = 0  # slots in use, dead ones too
        self.dead = 0
        self.encoded = 0  # slots whose codes and signs are there
        self.most = 0.0  # the largest absolute number among the rows
        self.mean: Block | None = None
        self._alive = backend.allocate(1 << self.shift)
        self._scores = backend.allocate(4 << self.shift)

    @property
    def alive(self) -> int:
        return self.size - self.dead

    @property
    def chunk_rows(self) -> int:
        return 1 << self.shift

    # Writing

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is kept of each row besides itself, for the quantised ways this index may go."""
        if self.quantization == "none":
            return ()
        return (
            ("codes", "signs") if self.quantization == "1bit" or (self.quantization == "auto" and self.metric == "cosine") else ("codes",)
        )

    def stage(self, vectors: Any, *, prepared: bool = False) -> int:
        """Writes rows behind the last one and gives their number; they count after `commit`. vectors: an array or buffer of floats,
        (n, dim) or flat, or a sequence of
        sequences. For cosine they are stored at unit length; prepared: they are already. Raises DimensionError, and StoreError for NaN
        and infinity."""
        flat, count = read_vectors(vectors, self.dim)
        self._reserve(self.size + count)
        at = 0
        for chunk, start, part in self.rows.spans(self.size, count):
            block = self.rows.reserve(chunk)
            offset, size_bytes = start * self.rows.width, part * self.rows.width
            self._copy(flat[at * self.dim : (at + part) * self.dim], block, offset, part)
            most = self.backend.max_abs(block, offset, size_bytes)
            if not math.isfinite(most):
                raise StoreError(f"vector {at + self._first_bad(block, offset, part)} holds NaN or infinity", code="not_finite")
            if self.metric == "cosine" and not prepared:
                self.backend.normalise(block, offset, part, self.stride)
            self.most = max(self.most, 1.0 if self.metric == "cosine" else most)
            at += part
        return count

    def commit(self, count: int) -> None:
        self._alive.view[self.size : self.size + count] = b"\1" * count
        self.size += count

    def kill(self, slots: Iterable[int]) -> None:
        """Rows that no search finds any more."""
        for slot in slots:
            self.dead += self._alive.view[slot]
            self._alive.view[slot] = 0

    def is_alive(self, slot: int) -> bool:
        return slot < self.size and self._alive.view[slot] == 1

    def cut(self, size: int) -> None:
        """Forgets the rows from slot `size` on."""
        self.dead -= self._alive.view[size : self.size].tobytes().count(0)
        self.size, self.encoded = size, min(self.encoded, size)

    def clear(self) -> None:
        for matrix in (self.rows, self.codes, self.signs):
            for chunk in range(len(matrix.chunks)):
                matrix.drop(chunk)
        self.size = self.dead = self.encoded = 0
        self.most, self.mean = 0.0, None

    def restore(self, size: int, most: float) -> None:
        """Makes room for `size` rows that were stored before: alive, and not in memory yet."""
        self._reserve(size)
        self._alive.view[self.size : size] = b"\1" * max(0, size - self.size)
        self.size, self.most = size, max(self.most, most)

    def encode(self, slot: int, count: int) -> None:
        """Writes codes and signs of rows that are in memory, committed or not. The first call chooses the mean."""
        if not self.mean and "signs" in self.kinds:
            self.mean = self._mean_of(slot, count)
        width = self.signs.width
        for chunk, start, part in self.rows.spans(slot, count):
            rows, offset = self.rows.reserve(chunk), start * self.rows.width
            if "codes" in self.kinds:
                codes = self.codes.reserve(chunk)
                self.backend.encode_codes(rows, offset, part, self.stride, codes, start * self.codes.width)
            if "signs" in self.kinds and self.mean:
                signs = self.signs.reserve(chunk)
                self.backend.encode_signs(rows, offset, part, self.stride, self.mean, signs, start * width, width)
        if slot <= self.encoded:
            self.encoded = max(self.encoded, slot + count)

    def vector(self, slot: int) -> list[float]:
        """The stored row: of unit length for cosine. Raises LookupError where it is not in memory."""
        return list(self.rows.row(slot).cast("f")[: self.dim])

    # Searching

    def plan(self, quantization: Quantization | None = None) -> Plan:
        wanted = quantization or self.quantization
        check_choice("quantization", wanted, QUANTIZATIONS)
        size_bytes = self.size * self.rows.width
        if wanted == "none":
            return Plan("exact", "exact search was chosen")
        if self.metric != "cosine" and not 1 / TAME < self.most < TAME:
            return Plan("exact", f"numbers as large or small as {self.most:g} do not quantise")
        if wanted != "auto" and (wanted == "int8" or "signs" in self.kinds) and self.kinds:
            return Plan(wanted, f"{wanted} was chosen")
        if wanted != "auto":
            return Plan("exact", f"this store keeps no {wanted} rows; it was made with quantization={self.quantization!r}")
        if self.quantization == "none":
            return Plan("exact", "this store keeps float32 alone")
        if size_bytes <= EXACT_BYTES:
            return Plan(
                "exact", f"{size_bytes >> 10} kB of rows: up to {EXACT_BYTES >> 20} MB the exact scan costs no more than quantised search"
            )
        if "signs" in self.kinds:
            return Plan("1bit", f"{size_bytes >> 20} MB of rows: bits first, then 7-bit codes, then exact scores")
        return Plan(
            "int8",
            f"{size_bytes >> 20} MB of rows: 7-bit codes first, then exact scores; bits do not hold lengths, which {self.metric} needs",
        )

    def query(self, vector: Sequence[float], *, signs: bool = True) -> Query:
        """Raises DimensionError, and StoreError for NaN and infinity."""
        values = array("d", vector)
        if len(values) != self.dim:
            raise DimensionError(f"the query has {len(values)} dimensions, the store {self.dim}")
        query = self.backend.query(values, self.stride, self.metric == "cosine", self.mean if signs else None, self.signs.width)
        if not math.isfinite(query.length):
            raise StoreError("the query holds NaN or infinity, or numbers whose squares are infinite", code="not_finite")
        return query

    def exact(self, query: Query, k: int, keep: Block | None = None, *, first_chunk: int = 0, chunks: int | None = None) -> list[Hit]:
        """The best k of the rows in memory, or of `chunks` chunks from `first_chunk` on; best first. keep: a byte a slot. O(n dim)."""
        first = first_chunk << self.shift
        count = max(0, min(self.size, first + (chunks << self.shift) if chunks is not None else self.size) - first)
        if not count or k < 1:
            return []
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

    def exact_batch(self, queries: Sequence[Query], k: int, keep: Block | None = None) -> list[list[Hit]]:
        """`exact` for each query; products of several at a time."""
        if self.metric == "euclidean" or any(self._scale(query) != 1.0 for query in queries) or not self.size:
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
        """Slots worth scoring exactly, by codes or by bits and codes. Needs codes and signs of every row, no float32 rows."""
        if not self.size or k < 1:
            return array("I")
        times, squares = (2 * query.scale, -1.0) if self.metric == "euclidean" else (query.scale, 0.0)
        kept = self._mask(keep)
        if way == "int8":
            self.backend.scan_codes(self.codes, self.size, query, times, squares, self._scores)
            return self._top(kept, max(OVERSAMPLE_CODES * k, LEAST_CODES))
        self.backend.scan_signs(self.signs, self.size, query, self._scores)
        if kept:
            self.backend.mask(self._scores, kept, self.size)
        many = max(OVERSAMPLE_SIGNS * k, min(self.size // SIGNS_SHARE, MOST_SIGNS), LEAST_SIGNS)
        # Whatever ties with the last one comes too: so few bits make many ties, and slots come in order.
        slots = self.backend.above(self._scores, self.size, self.backend.bar(self._scores, self.size, many, 8 * self.signs.width + 1))
        wanted = max(OVERSAMPLE_CODES * k, LEAST_CODES)
        if len(slots) <= wanted:
            return slots
        self.backend.pick_codes(self.codes, slots, query, times, squares, self._scores)
        return array("I", [slots[place] for place in self.backend.top(self._scores, len(slots), wanted)[0]])

    def rescore(self, query: Query, slots: array[int], k: int) -> list[Hit]:
        """The best k of `slots`, by their exact scores, best first. Raises LookupError where a row is not in memory."""
        if not slots:
            return []
        if self.metric == "euclidean":
            squares = self.backend.l2_exact(self.rows, slots, query)
            hits = [(-math.sqrt(squared), slot) for squared, slot in zip(squares, slots, strict=True)]
        else:
            hits = list(zip(self.backend.dot_exact(self.rows, slots, query), slots, strict=True))
        hits.sort(key=lambda hit: (-hit[0], hit[1]))
        return hits[:k]

    def missing_chunks(self, slots: Iterable[int]) -> list[int]:
        """Chunks of float32 rows that `rescore` would need and memory does not hold."""
        return sorted(chunk for chunk in {slot >> self.shift for slot in slots} if not self.rows.holds(chunk))

    # Inside

    def _mask(self, keep: Block | None) -> Block | None:
        return keep or (self._alive if self.dead else None)

    def _top(self, kept: Block | None, k: int) -> array[int]:
        if kept:
            self.backend.mask(self._scores, kept, self.size)
        return self.backend.top(self._scores, self.size, k)[0]

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

    def _reserve(self, size: int) -> None:
        for matrix in (self.rows, self.codes, self.signs):
            matrix.extend(-(-size >> self.shift))
        if len(self._alive.view) < size:
            grown = self.backend.allocate(max(size, 2 * len(self._alive.view)))
            grown.view[: self.size] = self._alive.view[: self.size]
            self._alive = grown
        self._reserve_scores(size)

    def _reserve_scores(self, count: int) -> None:
        if len(self._scores.view) < 4 * count:
            self._scores = self.backend.allocate(4 * max(count, len(self._alive.view)))

    def _copy(self, flat: memoryview[float], block: Block, offset: int, count: int) -> None:
        target = block.view[offset : offset + count * self.rows.width].cast("f")
        if self.dim == self.stride:
            target[:] = flat
            return
        for row in range(count):
            target[row * self.stride : row * self.stride + self.dim] = flat[row * self.dim : (row + 1) * self.dim]

    def _first_bad(self, block: Block, offset: int, count: int) -> int:
        width = self.rows.width
        for row in range(count):
            if not all(map(math.isfinite, block.view[offset + row * width : offset + (row + 1) * width].cast("f"))):
                return row
        raise AssertionError("no row holds NaN or infinity")

    def _mean_of(self, slot: int, count: int) -> Block:
        sums, mean = self.backend.allocate(8 * self.stride), self.backend.allocate(4 * self.stride)
        for chunk, start, part in self.rows.spans(slot, count):
            self.backend.add_rows(self.rows.reserve(chunk), start * self.rows.width, part, self.stride, sums)
        mean.view.cast("f")[:] = array("f", [total / max(count, 1) for total in sums.view.cast("d")])
        return mean


def read_vectors(vectors: Any, dim: int) -> tuple[memoryview[float], int]:
    """Floats side by side, and how many vectors they are. A float32 buffer is not copied. Raises DimensionError."""
    try:
        view = memoryview(vectors)
    except TypeError:
        numbers = array("f")
        for index, vector in enumerate(vectors):
            before = len(numbers)
            numbers.extend(vector)
            if len(numbers) - before != dim:
                raise DimensionError(f"vector {index} has {len(numbers) - before} dimensions, the store {dim}") from None
        return memoryview(numbers), len(numbers) // dim
    if view.ndim == 2 and view.shape and view.shape[1] != dim:
        raise DimensionError(f"the vectors have {view.shape[1]} dimensions, the store {dim}")
    if view.format == "f" and view.c_contiguous:
        flat: memoryview[float] = view.cast("B").cast("f")
    else:
        nested: Any = view.tolist()
        flat = memoryview(array("f", chain.from_iterable(nested) if view.ndim > 1 else nested))
    if len(flat) % dim:
        raise DimensionError(f"{len(flat)} numbers are no whole number of vectors of {dim} dimensions")
    return flat, len(flat) // dim
