"""The backend that runs wherever numpy does. numpy is imported when a backend is made."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from ..core.errors import ConfigError
from .ports import CODES_TRAILER_BYTES, Block, Chunks, Query

SMALLEST = float.fromhex("0x1p-118")  # so that its inverse times 127 is finite
PRIME = 0x01000193


class NumpyBlock:
    __slots__ = ("bytes", "view")

    def __init__(self, numpy: Any, size_bytes: int) -> None:
        self.bytes = numpy.zeros(size_bytes, numpy.uint8)
        self.view = memoryview(self.bytes).cast("B")


class NumpyBackend:
    name = "numpy"
    quick_codes = False

    def __init__(self, reason: str = "chosen") -> None:
        try:
            self._np: Any = import_module("numpy")
        except ModuleNotFoundError as error:
            raise ConfigError("vector search needs numpy here: pip install 'staysail[vectors]'") from error
        self.reason = reason
        self._powers: Any = self._np.ones(1, self._np.uint32)

    def allocate(self, size_bytes: int) -> Block:
        return NumpyBlock(self._np, size_bytes)

    def allocate_many(self, size_bytes: int, count: int) -> list[Block]:
        return [self.allocate(size_bytes) for _ in range(count)]

    # Queries

    def query(self, values: array[float], stride: int, unit: bool, mean: Block | None, signs_width: int) -> Query:
        np = self._np
        exact, rows, codes, signs = (self.allocate(size) for size in (8 * stride, 4 * stride, stride + 16, signs_width))
        numbers = self._as(exact, "float64")
        numbers[: len(values)] = values
        with np.errstate(all="ignore"):
            length = math.sqrt(self._add_in_lanes((numbers * numbers)[None])[0])
            if unit and length > 0:
                numbers /= length
            single = self._as(rows, "float32")
            single[:] = numbers
        most = np.float32(max(np.abs(single).max(), SMALLEST))
        with np.errstate(all="ignore"):
            steps = np.rint(single * (np.float32(127) / most))
        steps = np.where(np.isfinite(steps), steps, 0).astype(np.int8)
        self._as(codes, "int8")[:stride] = steps
        self._as(codes, "int32")[stride // 4] = 64 * int(steps.sum(dtype=np.int32))
        if mean:
            self._put_signs(single[None], mean, self._as(signs, "uint8")[None])
        return Query(exact, length, rows, codes, float(most / np.float32(127)), signs)

    # Scans

    def scan_dot(self, rows: Chunks, first_chunk: int, count: int, query: Query, scores: Block) -> None:
        with self._np.errstate(all="ignore"):
            for at, part in self._singles(rows, first_chunk, count, scores):
                at[:] = part @ self._as(query.rows, "float32") if part is not None else -self._np.inf

    def scan_l2(self, rows: Chunks, first_chunk: int, count: int, query: Query, scale: float, scores: Block) -> None:
        np = self._np
        with np.errstate(all="ignore"):
            for at, part in self._singles(rows, first_chunk, count, scores):
                if part is None:
                    at[:] = -np.inf
                    continue
                gap = part * np.float32(scale) - self._as(query.rows, "float32")
                at[:] = -np.einsum("ij,ij->i", gap, gap)

    def scan_batch(self, rows: Chunks, count: int, queries: Sequence[Query], scores: Block) -> None:
        np = self._np
        together = np.stack([self._as(query.rows, "float32") for query in queries])
        out = self._as(scores, "float32")[: len(queries) * count].reshape(len(queries), count)
        first = 0
        with np.errstate(all="ignore"):
            for at, part in self._singles(rows, 0, count, scores):
                end = first + len(at)
                out[:, first:end] = together @ part.T if part is not None else -np.inf
                first = end

    def scan_codes(self, codes: Chunks, count: int, query: Query, times: float, squares: float, scores: Block) -> None:
        for at, part in self._parts(codes, 0, count, "uint8", scores):
            at[:] = self._score_codes(part, query, times, squares) if part is not None else -self._np.inf

    def scan_bounds(
        self, codes: Chunks, count: int, query: Query, times: float, squares: float, rest: float, length: float, scores: Block
    ) -> None:
        np = self._np
        for at, part in self._parts(codes, 0, count, "uint8", scores):
            if part is None:
                at[:] = -np.inf
                continue
            trailer = np.ascontiguousarray(part[:, -CODES_TRAILER_BYTES:]).view(np.float32)
            at[:] = self._score_codes(part, query, times, squares)
            at += np.float32(rest) * trailer[:, 2] + np.float32(length) * np.sqrt(trailer[:, 1])

    def near_signs(self, signs: Chunks, count: int, query: Query, dim: int, k: int, most: int, keep: Block | None) -> array[int]:
        np = self._np
        scores = self.allocate(4 * count)
        bits = self._as(query.signs, "uint64")
        for at, part in self._parts(signs, 0, count, "uint64", scores):
            at[:] = -np.bitwise_count(part ^ bits).sum(axis=1, dtype=np.float32) if part is not None else -np.inf
        if keep:
            self.mask(scores, keep, count)
        gaps = np.sort(-self._as(scores, "float32")).astype(np.float64)
        bar, best = (min(8.0 * signs.width, float(gaps[at - 1])) if at <= count else 8.0 * signs.width for at in (most, k))
        return self.above(scores, count, -min(bar, best + int(6 * math.sqrt(max(1.0, best * (1 - best / dim))))))

    # Choosing

    def mask(self, scores: Block, keep: Block, count: int, at: int = 0, first: int = 0) -> None:
        self._as(scores, "float32")[at : at + count][self._as(keep, "uint8")[first : first + count] == 0] = -self._np.inf

    def top(self, scores: Block, count: int, k: int, at: int = 0) -> tuple[array[int], array[float]]:
        np = self._np
        values = self._as(scores, "float32")[at : at + count]
        slots = np.arange(count, dtype=np.uint32)
        if k < count:
            bar = np.partition(values, count - k)[count - k]
            over, ties = np.flatnonzero(values > bar), np.flatnonzero(values == bar)
            slots = np.concatenate([over, ties[: k - len(over)]]).astype(np.uint32)
        slots = slots[values[slots] > -np.inf]
        return array("I", slots.tobytes()), array("f", values[slots].tobytes())

    def above(self, scores: Block, count: int, bar: float, at: int = 0) -> array[int]:
        values = self._as(scores, "float32")[at : at + count]
        return array("I", self._np.flatnonzero(values >= self._np.float32(bar)).astype(self._np.uint32).tobytes())

    def pick_codes(self, codes: Chunks, slots: array[int], query: Query, times: float, squares: float, scores: Block) -> None:
        picked = self._picked(codes, slots, "uint8")
        self._as(scores, "float32")[: len(slots)] = self._score_codes(picked, query, times, squares)

    def dot_exact(self, rows: Chunks, slots: array[int], query: Query) -> array[float]:
        return self._add_in_lanes(self._picked(rows, slots, _kind(rows)).astype(self._np.float64) * self._as(query.exact, "float64"))

    def l2_exact(self, rows: Chunks, slots: array[int], query: Query) -> array[float]:
        gap = self._picked(rows, slots, _kind(rows)).astype(self._np.float64) - self._as(query.exact, "float64")
        return self._add_in_lanes(gap * gap)

    # Rows

    def narrow(self, rows: Block, offset: int, size_bytes: int, out: Block, out_offset: int) -> None:
        numbers = self._as(rows, "float32")[offset // 4 : (offset + size_bytes) // 4]
        self._as(out, "float16")[out_offset // 2 : out_offset // 2 + len(numbers)] = numbers

    def widen(self, rows: Block, offset: int, size_bytes: int, out: Block) -> None:
        self._as(out, "float32")[: size_bytes // 2] = self._as(rows, "float16")[offset // 2 : (offset + size_bytes) // 2]

    def max_abs(self, rows: Block, offset: int, size_bytes: int) -> float:
        part = self._as(rows, "float32")[offset // 4 : (offset + size_bytes) // 4]
        return float(self._np.abs(part).max(initial=0))

    def normalise(self, rows: Block, offset: int, count: int, stride: int) -> bool:
        np = self._np
        part = self._rows(rows, offset, count, stride)
        wide = part.astype(np.float64)
        norms = np.sqrt(np.frombuffer(self._add_in_lanes(wide * wide), np.float64))
        if not np.isfinite(norms).all():
            return False
        norms[norms == 0] = 1
        part[:] = wide / norms[:, None]
        return True

    def add_rows(self, rows: Block, offset: int, count: int, stride: int, sums: Block) -> None:
        self._as(sums, "float64")[:stride] += self._rows(rows, offset, count, stride).sum(axis=0, dtype=self._np.float64)

    def encode_codes(self, rows: Block, offset: int, count: int, stride: int, codes: Block, codes_offset: int) -> None:
        np = self._np
        part = self._rows(rows, offset, count, stride)
        most = np.maximum(np.abs(part).max(axis=1), np.float32(SMALLEST)).astype(np.float32)
        width = stride + CODES_TRAILER_BYTES
        out = self._as(codes, "uint8")[codes_offset : codes_offset + count * width].reshape(count, width)
        steps = np.rint(part * (np.float32(63) / most)[:, None])
        out[:, :stride] = (steps + 64).astype(np.uint8)
        trailer = np.zeros((count, 4), np.float32)
        trailer[:, 0] = most / np.float32(63)
        trailer[:, 1] = self._add_squares(part)
        trailer[:, 2] = np.sqrt(self._add_squares(part - steps * trailer[:, :1]))
        out[:, stride:] = trailer.view(np.uint8)

    def encode_signs(
        self, rows: Block, offset: int, count: int, stride: int, mean: Block, signs: Block, signs_offset: int, width: int
    ) -> None:
        out = self._as(signs, "uint8")[signs_offset : signs_offset + count * width].reshape(count, width)
        self._put_signs(self._rows(rows, offset, count, stride), mean, out)

    def checksum(self, block: Block, offset: int, size_bytes: int) -> int:
        np = self._np
        words = self._as(block, "uint8")[offset : offset + size_bytes].view(np.uint32)
        if len(self._powers) < len(words):
            self._powers = np.cumprod(np.concatenate([[1], np.full(len(words), PRIME, np.uint32)]), dtype=np.uint32)
        return int((words * self._powers[: len(words)][::-1]).sum(dtype=np.uint32))

    def checksums(self, block: Block, offset: int, count: int, width: int, out: Block, out_offset: int) -> None:
        sums = [self.checksum(block, offset + at * width, width) for at in range(count)]
        self._as(out, "uint32")[out_offset // 4 : out_offset // 4 + count] = sums

    # Views

    def _as(self, block: Block, kind: str) -> Any:
        whole: Any = block
        return whole.bytes.view(kind)

    def _table(self, block: Block, kind: str, rows: Chunks) -> Any:
        whole = self._as(block, "uint8")[: rows.width << rows.shift].view(kind)
        return whole.reshape(-1, rows.width // whole.itemsize)

    def _rows(self, block: Block, offset: int, count: int, stride: int) -> Any:
        return self._as(block, "float32")[offset // 4 : offset // 4 + count * stride].reshape(count, stride)

    def _parts(self, rows: Chunks, first_chunk: int, count: int, kind: str, scores: Block) -> Iterator[tuple[Any, Any]]:
        """Yields for each chunk its part of the scores, and its rows, None where they are not in memory."""
        out, first, size = self._as(scores, "float32"), 0, 1 << rows.shift
        for block in rows.chunks[first_chunk:]:
            if first >= count:
                return
            part = min(size, count - first)
            yield (
                out[first : first + part],
                None if block is None else self._table(block, kind, rows)[:part],
            )
            first += part

    def _singles(self, rows: Chunks, first_chunk: int, count: int, scores: Block) -> Iterator[tuple[Any, Any]]:
        """Yields `_parts` with rows as float32."""
        for at, part in self._parts(rows, first_chunk, count, _kind(rows), scores):
            yield at, part.astype("float32") if part is not None and rows.half else part

    def _picked(self, rows: Chunks, slots: array[int], kind: str) -> Any:
        """Returns a copy of the rows in `slots`, side by side."""
        np = self._np
        wanted = np.frombuffer(slots, np.uint32)
        size = 1 << rows.shift
        out = np.empty((len(wanted), rows.width // np.dtype(kind).itemsize), kind)
        for chunk in np.unique(wanted >> rows.shift):
            here = np.flatnonzero(wanted >> rows.shift == chunk)
            block = rows.chunks[int(chunk)]
            if block is None:
                raise LookupError(int(chunk))
            out[here] = self._table(block, kind, rows)[wanted[here] & (size - 1)]
        return out

    def _score_codes(self, part: Any, query: Query, times: float, squares: float) -> Any:
        np = self._np
        stride = part.shape[1] - CODES_TRAILER_BYTES
        # Whole numbers under 2^53: exact in float64, whose products numpy hands to BLAS.
        products = part[:, :stride].astype(np.float64) @ self._as(query.codes, "int8")[:stride].astype(np.float64)
        middle = self._as(query.codes, "int32")[stride // 4]
        trailer = np.ascontiguousarray(part[:, stride:]).view(np.float32)
        with np.errstate(all="ignore"):
            return (np.float32(times) * trailer[:, 0]) * (products - middle).astype(np.float32) + np.float32(squares) * trailer[:, 1]

    def _add_squares(self, rows: Any) -> Any:
        """|x|^2 of rows of float32, in four lanes of float32."""
        with self._np.errstate(over="ignore"):
            lanes = self._np.add.reduce((rows * rows).reshape(len(rows), -1, 4), axis=1)
        return (lanes[:, 0] + lanes[:, 1]) + (lanes[:, 2] + lanes[:, 3])

    def _put_signs(self, rows: Any, mean: Block, out: Any) -> None:
        bits = self._np.packbits(rows > self._as(mean, "float32"), axis=1, bitorder="little")
        out[:, : bits.shape[1]] = bits

    def _add_in_lanes(self, terms: Any) -> array[float]:
        """Sums of rows of float64, in the order all backends keep: eight lanes, folded in halves."""
        lanes = self._np.add.reduce(terms.reshape(len(terms), -1, 8), axis=1)
        even = (lanes[:, 0] + lanes[:, 2]) + (lanes[:, 4] + lanes[:, 6])
        odd = (lanes[:, 1] + lanes[:, 3]) + (lanes[:, 5] + lanes[:, 7])
        return array("d", (even + odd).tobytes())


def _kind(rows: Chunks) -> str:
    return "float16" if rows.half else "float32"
