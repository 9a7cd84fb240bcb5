"""The rows of an index: float32 or float16, and beside them 7-bit codes and bits."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from ..core.errors import ConfigError, DimensionError, StoreError
from .matrix import Matrix
from .ports import (
    CODES_TRAILER_BYTES,
    DTYPES,
    LARGEST_HALF,
    METRICS,
    QUANTIZATIONS,
    Backend,
    Block,
    Dtype,
    Metric,
    Quantization,
    check_choice,
    signs_width_of,
    stride_of,
)

CHUNK_BYTES = 1 << 20
SUM_BYTES = 4
MEAN_ROWS = 1024  # say well enough where the middle is
CHUNKS_PER_SEGMENT, LEAST_ROWS, MOST_ROWS = 16, 64, 4096


def chunk_rows_of(dim: int, most: int = MOST_ROWS) -> int:
    """Returns the number of rows that are read and written together: a power of two, at least LEAST_ROWS, about CHUNK_BYTES of float32."""
    fit = CHUNK_BYTES // (4 * stride_of(dim))
    return max(LEAST_ROWS, min(most, 1 << (max(fit, 1).bit_length() - 1)))


class RowTable:
    """Rows by slot. `stage` writes rows after the last one, `commit` counts them in, `kill` removes rows. Rows are stored in chunks of
    `chunk_rows`, which are loaded and dropped one by one; codes and bits in segments of `segment_rows`, which stay."""

    def __init__(
        self,
        backend: Backend,
        dim: int,
        metric: Metric = "cosine",
        quantization: Quantization = "auto",
        *,
        dtype: Dtype = "f32",
        segment_rows: int = 0,
        chunk_rows: int = 0,
    ) -> None:
        check_choice("metric", metric, METRICS)
        check_choice("quantization", quantization, QUANTIZATIONS)
        check_choice("dtype", dtype, DTYPES)
        if not 1 <= dim <= 65_536:
            raise DimensionError(f"dim is from 1 to 65536, not {dim}")
        if segment_rows and (segment_rows < LEAST_ROWS or segment_rows & (segment_rows - 1)):
            raise ConfigError(f"segment_rows is a power of two, at least {LEAST_ROWS}, not {segment_rows}")
        self.backend, self.dim, self.metric, self.quantization, self.dtype = backend, dim, metric, quantization, dtype
        self.stride = stride_of(dim)
        self.chunk_rows = chunk_rows or chunk_rows_of(dim, segment_rows or MOST_ROWS)
        self.segment_rows = segment_rows or min(MOST_ROWS, CHUNKS_PER_SEGMENT * self.chunk_rows)
        half = dtype == "f16"
        shift, wide = self.chunk_rows.bit_length() - 1, self.segment_rows.bit_length() - 1
        self.rows = Matrix(backend, (2 if half else 4) * self.stride, shift, half=half)
        self.codes = Matrix(backend, self.stride + CODES_TRAILER_BYTES, wide)
        self.summed = "signs" in self.kinds and self.rows.width % 64 == 0
        self.signs = Matrix(backend, signs_width_of(dim), wide, more=SUM_BYTES * self.segment_rows if self.summed else 0)
        self.size = 0  # slots in use, dead ones too
        self.dead = 0
        self.encoded = 0  # slots whose codes and signs were made, in memory or not
        self.most = 0.0  # the largest absolute number among the rows
        self.mean: Block | None = None
        self._alive = backend.allocate(self.chunk_rows)
        self._wide: Block | None = None  # a chunk as float32, where rows are float16

    @property
    def alive(self) -> int:
        return self.size - self.dead

    @property
    def has_codes(self) -> bool:
        """Returns whether the codes of all rows are in memory."""
        return None not in self.codes.chunks

    @property
    def kinds(self) -> tuple[str, ...]:
        """The tables kept beside the rows, for the quantised searches of this index."""
        if self.quantization == "none":
            return ()
        if self.quantization == "1bit" or (self.quantization == "auto" and self.metric == "cosine"):
            return ("codes", "signs")
        return ("codes",)

    # Writing

    def stage(self, vectors: Any, *, prepared: bool = False) -> int:
        """Writes rows after the last one and returns their number; they count after `commit`.

        vectors: an array or buffer of floats, (n, dim) or flat, or a sequence of sequences. For cosine they are stored at unit
        length. prepared: they have unit length already. Raises DimensionError, and StoreError for NaN, infinity, and numbers that
        float16 cannot hold.
        """
        flat, count = read_vectors(vectors, self.dim)
        self.reserve(self.size + count)
        at = 0
        for chunk, start, part in self.rows.spans(self.size, count):
            block = self.rows.reserve(chunk)
            wide, offset = (self._scratch(), 0) if self.rows.half else (block, start * self.rows.width)
            size_bytes = 4 * self.stride * part
            self._copy(flat[at * self.dim : (at + part) * self.dim], wide, offset, part)
            if self.metric == "cosine":  # what is prepared was seen before
                most = 1.0 if prepared or self.backend.normalise(wide, offset, part, self.stride) else math.nan
            else:
                most = self.backend.max_abs(wide, offset, size_bytes)
            if not math.isfinite(most):
                bad = at + self._first_over(wide, offset, part, math.inf)
                raise StoreError(f"vector {bad} holds NaN or infinity", code="not_finite")
            if self.metric != "cosine" and self.rows.half and most > LARGEST_HALF:
                bad = at + self._first_over(wide, offset, part, LARGEST_HALF)
                raise StoreError(f"vector {bad} has numbers beyond {LARGEST_HALF:g}, the most of float16; use dtype='f32'", code="range")
            if self.rows.half:
                self.backend.narrow(wide, 0, size_bytes, block, start * self.rows.width)
                most *= 1.001
            self.most = max(self.most, most)
            at += part
        return count

    def commit(self, count: int) -> None:
        self._alive.view[self.size : self.size + count] = b"\1" * count
        self.size += count

    def kill(self, slots: Iterable[int]) -> None:
        """Removes rows from all searches."""
        for slot in slots:
            self.dead += self._alive.view[slot]
            self._alive.view[slot] = 0

    def is_alive(self, slot: int) -> bool:
        return slot < self.size and self._alive.view[slot] == 1

    @property
    def alive_bytes(self) -> memoryview[int]:
        """Returns a byte for each slot in use: 1, or 0 where its row is dead."""
        return self._alive.view[: self.size]

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
        """Makes room for `size` rows that were stored before; they are alive, and not in memory."""
        self.reserve(size)
        self._alive.view[self.size : size] = b"\1" * max(0, size - self.size)
        if self.encoded >= self.size:
            self.encoded = max(self.encoded, size)  # what is stored has codes and signs
        self.size, self.most = size, max(self.most, most)

    def encode(self, slot: int, count: int) -> None:
        """Writes codes and signs of rows that are in memory, committed or not. The first call chooses the mean."""
        if self.kinds and not self.mean and "signs" in self.kinds:
            self.mean = self._mean_of(slot, count)
        for first, rows, offset, part in self._singles(slot, count) if self.kinds else ():
            segment, start = divmod(first, self.segment_rows)
            codes, signs = self.codes, self.signs
            self.backend.encode_codes(rows, offset, part, self.stride, codes.reserve(segment), start * codes.width)
            if self.mean and "signs" in self.kinds:
                bits = signs.reserve(segment)
                self.backend.encode_signs(rows, offset, part, self.stride, self.mean, bits, start * signs.width, signs.width)
                if self.summed:
                    chunk, row = divmod(first, self.chunk_rows)
                    self.backend.checksums(
                        self.rows.reserve(chunk), row * self.rows.width, part, self.rows.width, bits, self._sum_at(start)
                    )  # fmt: skip
        if slot <= self.encoded:
            self.encoded = max(self.encoded, slot + count)

    def proves(self, slots: Sequence[int], rows: Block) -> bool:
        """Returns whether `rows` holds the rows in `slots`, side by side, by their checksums. False where these are not in memory."""
        if not self.summed or not all(self.signs.holds(slot // self.segment_rows) for slot in slots):
            return False
        sums = self.backend.allocate(SUM_BYTES * len(slots))
        self.backend.checksums(rows, 0, len(slots), self.rows.width, sums, 0)
        return all(found == self._sum(slot) for found, slot in zip(sums.view.cast("I"), slots, strict=True))

    # Reading

    def numbers(self, slot: int) -> memoryview[float]:
        """The stored row: of unit length for cosine. Raises LookupError where it is not in memory."""
        return self.rows.row(slot).cast("e" if self.rows.half else "f")[: self.dim]  # type: ignore[call-overload,no-any-return]

    def vector(self, slot: int) -> list[float]:
        return list(self.numbers(slot))

    def stored(self, slot: int, count: int) -> Iterator[memoryview[int]]:
        """The bytes of rows in memory, a piece for each chunk."""
        for chunk, start, part in self.rows.spans(slot, count):
            yield self.rows.reserve(chunk).view[start * self.rows.width : (start + part) * self.rows.width]

    def reserve(self, size: int) -> None:
        self.rows.extend(-(-size // self.chunk_rows))
        for matrix in (self.codes, self.signs):
            matrix.extend(-(-size // self.segment_rows))
        if len(self._alive.view) < size:
            grown = self.backend.allocate(max(size, 2 * len(self._alive.view)))
            grown.view[: self.size] = self._alive.view[: self.size]
            self._alive = grown

    def _sum_at(self, row: int) -> int:
        """Where the checksum of a segment's row is, behind its signs."""
        return (self.signs.width << self.signs.shift) + SUM_BYTES * row

    def _sum(self, slot: int) -> int:
        segment, row = divmod(slot, self.segment_rows)
        at = self._sum_at(row)
        return int.from_bytes(self.signs.reserve(segment).view[at : at + SUM_BYTES], "little")

    def _singles(self, slot: int, count: int) -> Iterator[tuple[int, Block, int, int]]:
        """(slot, block, offset, rows) of rows as float32, a chunk at a time."""
        for chunk, start, part in self.rows.spans(slot, count):
            block, offset = self.rows.reserve(chunk), start * self.rows.width
            if self.rows.half:
                wide = self._scratch()
                self.backend.widen(block, offset, part * self.rows.width, wide)
                block, offset = wide, 0
            yield chunk * self.chunk_rows + start, block, offset, part

    def _scratch(self) -> Block:
        if self._wide is None:
            self._wide = self.backend.allocate(4 * self.stride * self.chunk_rows)
        return self._wide

    def _copy(self, flat: memoryview[float], block: Block, offset: int, count: int) -> None:
        target = block.view[offset : offset + 4 * count * self.stride].cast("f")
        if self.dim == self.stride:
            target[:] = flat
            return
        for row in range(count):
            target[row * self.stride : row * self.stride + self.dim] = flat[row * self.dim : (row + 1) * self.dim]
            target[row * self.stride + self.dim : (row + 1) * self.stride] = PADDING[: self.stride - self.dim]

    def _first_over(self, block: Block, offset: int, count: int, most: float) -> int:
        width = 4 * self.stride
        for row in range(count):
            numbers = block.view[offset + row * width : offset + (row + 1) * width].cast("f")
            if not all(abs(x) <= most and math.isfinite(x) for x in numbers):
                return row
        raise AssertionError("no row is out of range")

    def _mean_of(self, slot: int, count: int) -> Block:
        sums, mean = self.backend.allocate(8 * self.stride), self.backend.allocate(4 * self.stride)
        count = min(count, MEAN_ROWS)
        for _, rows, offset, part in self._singles(slot, count):
            self.backend.add_rows(rows, offset, part, self.stride, sums)
        mean.view.cast("f")[:] = array("f", [total / max(count, 1) for total in sums.view.cast("d")])
        return mean


PADDING = memoryview(array("f", [0.0] * 16))


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
