"""The ports of vector search: the backend that computes, the storage of blocks, and their values."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from ..core.errors import ConfigError
from ..core.value import Value

type Metric = Literal["cosine", "dot", "euclidean"]
type Quantization = Literal["auto", "none", "int8", "1bit"]
type Record = bytes | bytearray
type Dtype = Literal["f32", "f16"]
type SearchMode = Literal["vector", "keyword", "hybrid"]

METRICS: tuple[Metric, ...] = ("cosine", "dot", "euclidean")
QUANTIZATIONS: tuple[Quantization, ...] = ("auto", "none", "int8", "1bit")
DTYPES: tuple[Dtype, ...] = ("f32", "f16")

LANES = 16
"""Rows are padded with zeros to a multiple of this many dimensions, so that kernels need no remainders."""
CODES_TRAILER_BYTES = 16
LARGEST_HALF = 65_504.0


class Block(Protocol):
    """Memory that a backend computes on and Python reads and writes. It never moves. view: its bytes."""

    @property
    def view(self) -> memoryview[int]: ...


class Chunks(Protocol):
    """Rows of `width` bytes in chunks of `1 << shift` rows; a chunk that is not in memory is None.

    Attributes:
        half: Whether the rows are float16.
        version: Grows with each change of the list.
    """

    @property
    def width(self) -> int: ...
    @property
    def half(self) -> bool: ...
    @property
    def shift(self) -> int: ...
    @property
    def chunks(self) -> Sequence[Block | None]: ...
    @property
    def version(self) -> int: ...


class Query(Value):
    """A query in the forms that scans need.

    Attributes:
        exact: float64, of unit length for cosine.
        length: The query's norm before that.
        rows: float32.
        codes: Signed bytes, then the contribution of the codes' middle (i32).
        scale: The value of one step of the codes.
        signs: Bits, once there is a mean.
    """

    exact: Block
    length: float
    rows: Block
    codes: Block
    scale: float
    signs: Block


class Backend(Protocol):
    """Arithmetic on rows where they lie. Scans write one f32 score a row into `scores`, higher is nearer, -infinity for rows that are not
    in memory; `dot_exact` and `l2_exact` are bit for bit the same from every backend, and so is everything computed from codes and signs.
    Kinds of rows:

    f32     `stride` floats, a multiple of LANES, padded with zeros; what takes Chunks takes float16 in their place
    codes   `stride` bytes, 64 + round(63 x / max|x|), then f32 max|x| / 63, f32 |x|^2, f32 |x - what the codes say|, 4 bytes unused
    signs   a bit per dimension, x > mean, padded to 16 bytes
    """

    @property
    def name(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def quick_codes(self) -> bool:
        """Returns whether codes are scanned faster than rows."""

    def allocate(self, size_bytes: int) -> Block: ...
    def allocate_many(self, size_bytes: int, count: int) -> list[Block]:
        """Allocates blocks whose memory is freed together; faster than one by one."""

    def query(self, values: array[float], stride: int, unit: bool, mean: Block | None, signs_width: int) -> Query: ...
    def scan_dot(self, rows: Chunks, first_chunk: int, count: int, query: Query, scores: Block) -> None: ...
    def scan_l2(self, rows: Chunks, first_chunk: int, count: int, query: Query, scale: float, scores: Block) -> None:
        """Writes minus the square of |scale x - query|."""

    def scan_batch(self, rows: Chunks, count: int, queries: Sequence[Query], scores: Block) -> None:
        """Writes the products of each query: `count` scores of the first, then of the next, and so on."""

    def scan_codes(self, codes: Chunks, count: int, query: Query, times: float, squares: float, scores: Block) -> None:
        """Writes times (x . q) + squares |x|^2, with x as its codes say."""

    def scan_bounds(
        self, codes: Chunks, count: int, query: Query, times: float, squares: float, rest: float, length: float, scores: Block
    ) -> None:
        """Writes `scan_codes` + rest |x - x by its codes| + length |x|."""

    def near_signs(self, signs: Chunks, count: int, query: Query, dim: int, k: int, most: int, keep: Block | None) -> array[int]:
        """Returns slots whose signs differ from the query's in no more places than those of the `most`-th best do, nor in more than
        chance makes of the k-th best's: d + 6 sqrt(d (1 - d / dim)). In order; `most` slots, or more where there are ties. keep: a
        byte for each slot."""

    def mask(self, scores: Block, keep: Block, count: int, at: int = 0, first: int = 0) -> None:
        """Writes -infinity where the byte in `keep`, from `first` on, is 0."""

    def top(self, scores: Block, count: int, k: int, at: int = 0) -> tuple[array[int], array[float]]:
        """Returns slots and scores of the best k, in no particular order; of equal scores the earlier slots. at: the first score's
        position."""

    def above(self, scores: Block, count: int, bar: float, at: int = 0) -> array[int]:
        """Returns the slots that score at least `bar`, in order."""

    def pick_codes(self, codes: Chunks, slots: array[int], query: Query, times: float, squares: float, scores: Block) -> None:
        """Writes `scan_codes` of these slots only: one score for each, in their order."""

    def dot_exact(self, rows: Chunks, slots: array[int], query: Query) -> array[float]: ...
    def l2_exact(self, rows: Chunks, slots: array[int], query: Query) -> array[float]:
        """Returns squared distances, float64."""

    def narrow(self, rows: Block, offset: int, size_bytes: int, out: Block, out_offset: int) -> None:
        """Converts `size_bytes` of float32, none beyond LARGEST_HALF, to float16, rounded to the nearest, ties to even."""

    def widen(self, rows: Block, offset: int, size_bytes: int, out: Block) -> None:
        """Converts `size_bytes` of float16 to float32."""

    def max_abs(self, rows: Block, offset: int, size_bytes: int) -> float:
        """Returns the largest absolute number; NaN where one number is NaN."""

    def normalise(self, rows: Block, offset: int, count: int, stride: int) -> bool:
        """Scales rows to unit length in place. Returns False, and leaves rows that are not finite, where a number is NaN or infinite."""

    def add_rows(self, rows: Block, offset: int, count: int, stride: int, sums: Block) -> None: ...
    def encode_codes(self, rows: Block, offset: int, count: int, stride: int, codes: Block, codes_offset: int) -> None: ...
    def encode_signs(
        self, rows: Block, offset: int, count: int, stride: int, mean: Block, signs: Block, signs_offset: int, width: int
    ) -> None: ...
    def checksum(self, block: Block, offset: int, size_bytes: int) -> int:
        """Returns a 32-bit checksum of `size_bytes` bytes, a multiple of 64."""

    def checksums(self, block: Block, offset: int, count: int, width: int, out: Block, out_offset: int) -> None:
        """Writes the checksum of each of `count` pieces of `width` bytes, a multiple of 32."""


class GrowingChunks(Chunks, Protocol):
    @property
    def chunk_bytes(self) -> int: ...
    @property
    def size_bytes(self) -> int: ...
    def reserve(self, chunk: int) -> Block: ...
    def place(self, chunk: int, block: Block) -> None: ...
    def drop(self, chunk: int) -> None: ...
    def holds(self, chunk: int) -> bool: ...
    def row(self, slot: int) -> memoryview[int]: ...


class BlockStore(Protocol):
    """Named tables of bytes by integer key, changed atomically: IndexedDB in a page, SQLite on CPython, a dict in memory."""

    @property
    def kind(self) -> str:
        """The kind of storage, in a word or two."""

    async def read(self, requests: Sequence[tuple[str, int]]) -> list[Record | None]: ...
    async def read_into(self, table: str, targets: Mapping[int, memoryview[int]]) -> list[int]:
        """Fills each target. Returns the keys whose record is missing or of another size."""

    def read_parts(self, table: str, parts: Sequence[tuple[int, int]], target: memoryview[int]) -> bool:
        """Fills `target` with equally long parts of records, by key and offset. Returns False where that is not possible without
        waiting."""

    async def read_all(self, tables: Sequence[str]) -> dict[str, dict[int, Record]]:
        """Returns whole tables of small records, as they are at one moment, by table and key."""

    async def write(self, puts: Sequence[tuple[str, int, Any]], deletes: Sequence[tuple[str, int]], *, strict: bool) -> None:
        """Writes all changes or none; durable on return. A record is bytes, or a tuple of its pieces. Raises QuotaError."""

    async def estimate(self) -> tuple[int, int | None]:
        """Returns the bytes used, and the bytes still free where the browser reports them."""

    async def persist(self) -> bool: ...
    def exclusive(self) -> Any:
        """Returns an async context in which no other task, tab or process writes."""

    def announce(self) -> None:
        """Tells the other tabs that the store changed."""

    @property
    def changed(self) -> bool:
        """Returns whether another tab announced something since `changed` was last set to False."""

    @changed.setter
    def changed(self, value: bool) -> None: ...
    async def close(self) -> None: ...
    async def destroy(self) -> None: ...


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ConfigError(f"{name} is one of {', '.join(choices)}, not {value!r}")


def bytes_of(record: Any) -> int:
    """Returns the size in bytes of a record to be written."""
    return sum(map(len, record)) if isinstance(record, tuple) else len(record)


def stride_of(dim: int) -> int:
    return -(-dim // LANES) * LANES


def signs_width_of(dim: int) -> int:
    return -(-dim // 128) * 16


def text_of(document: Any) -> str:
    """Returns the text of a document that is text, or has one under `text`, `content` or `document`; else ""."""
    if isinstance(document, str):
        return document
    if isinstance(document, Mapping):
        document = next((document[name] for name in ("text", "content", "document") if isinstance(document.get(name), str)), "")
    return document if isinstance(document, str) else ""
