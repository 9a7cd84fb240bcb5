"""The format of a stored vector store, version 3.

Rows are stored in chunks of `chunk_rows`; a full segment of `segment_rows` never changes. Each chunk has a serial number that is used once,
and a segment has the serial of its first chunk.

    head       0       JSON, see Head, then a crc32
    mean       0       float32: the mean that is subtracted before signs are taken
    segments   serial  JSON: checksums of the segment's records by table, a list for tables stored by the chunk; then a crc32
    rows       chunk   float32 or float16, padded: see core.vectors.Backend
    codes      serial  7-bit codes
    signs      serial  bits, then a checksum of each row
    ids        serial  a page of JSON strings
    documents  chunk   a page of JSON values
    metadata   serial  a page of JSON objects
    terms      serial  JSON: document lengths and postings, for keyword search
    dead       serial  a bit for each row that was deleted, then a crc32
    log        key     rows that do not fill a segment yet: a header, then their numbers, then a crc32

A page is a line of JSON for each row; a page of nothing but null, or {}, is not stored. Numbers are little-endian. Every change is one
transaction, so a crash leaves the state before it or the state after it. Versions 1 and 2 were never released and are not read."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import repeat
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from ..core.errors import CorruptionError
from ..core.value import Value
from ..indexes.ports import Dtype, Metric, Quantization, Record

FORMAT = 3
write_ascii = json.JSONEncoder(separators=(",", ":")).encode
write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # made once, as json.dumps makes an encoder for each call
# `scan_once` skips the search for an encoding and for spaces that json.loads begins with.
read_json = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
BLOCKS = ("rows", "codes", "signs")
PAGES = ("ids", "documents", "metadata")
BY_CHUNK = ("rows", "documents")
OPENING = ("head", "mean", "segments", "dead")  # tables that an opening reads together


class Entry(NamedTuple):
    """A document with its id and metadata. It is a tuple, because a store holds very many."""

    id: str
    document: Any = None
    metadata: dict[str, Any] = {}  # noqa: RUF012  never changed


def make_entries(fields: Iterable[Iterable[Any]]) -> list[Entry]:
    """Returns entries from tuples (id, document, metadata). For many entries it is several times as fast as calling Entry."""
    make: Callable[[Iterable[Any]], Entry] = partial(tuple.__new__, Entry)
    return list(map(make, fields))


def bare_entries(ids: Sequence[str]) -> list[Entry]:
    """Returns entries with ids alone."""
    return make_entries(zip(ids, repeat(None), repeat({})))


class EmbedderFingerprint(Value):
    """A document whose vector identifies the store's embedder; see stores.provenance.

    Attributes:
        embedder: The embedder's name, or None.
        id: The document's id.
        slot: The document's slot when it was written.
        checksum: CRC-32 of the document's text.
        vector: The first numbers of its vector at unit length.
    """

    embedder: str | None
    id: str
    slot: int
    checksum: int
    vector: tuple[float, ...]


class Head(Value):
    """The description of a store and its contents.

    Attributes:
        version: The version of the contents, which grows with each change.
        segments: Serials of the segments, in order.
        next: The serial that the log will have as a segment.
        most: The largest number among the rows.
        log: [key, rows] of each log record, in order.
        mean: The checksum of the mean.
    """

    dim: int
    metric: Metric
    quantization: Quantization
    dtype: Dtype = "f32"
    chunk_rows: int = 0
    segment_rows: int = 0
    version: int = 0
    segments: tuple[int, ...] = ()
    next: int = 1
    most: float = 0.0
    log: tuple[tuple[int, int], ...] = ()
    log_next: int = 1
    mean: int | None = None
    fingerprint: EmbedderFingerprint | None = None
    format: int = FORMAT

    @property
    def step(self) -> int:
        """The number of serials that a segment takes."""
        return self.segment_rows // self.chunk_rows

    def emptied(self) -> Head:
        """Returns the head of the same store without contents."""
        return Head(self.dim, self.metric, self.quantization, self.dtype, self.chunk_rows, self.segment_rows)


def encode_head(head: Head) -> bytes:
    fields = {field: getattr(head, field) for field in Head._fields}
    found = fields.pop("fingerprint")
    fields["witness"] = {field: getattr(found, field) for field in EmbedderFingerprint._fields} if found else None
    return seal(encode_json(fields))


def decode_head(record: Record) -> Head:
    """Reads a head. Raises CorruptionError, also for a format of another version."""
    try:
        fields = json.loads(unseal(record))
    except ValueError as error:
        raise CorruptionError("the store's head is damaged: it does not say what the store holds") from error
    if fields["format"] > FORMAT:
        raise CorruptionError(
            f"the store was written by a newer staysail (format {fields['format']}, this one reads {FORMAT}): update staysail",
            code="newer_format",
        )
    if fields["format"] < FORMAT:
        raise CorruptionError(
            f"the store was written by a version of staysail that was never released (format {fields['format']}, this one reads {FORMAT}): "
            "delete it and add the documents anew",
            code="older_format",
        )
    log = tuple((key, rows) for key, rows in fields["log"])
    segments = tuple(fields["segments"])
    found = fields.pop("witness", None)
    fingerprint = EmbedderFingerprint(**found | {"vector": tuple(found["vector"])}) if found else None
    return Head(**fields | {"segments": segments, "log": log, "fingerprint": fingerprint})


def encode_json(value: Any) -> bytes:
    try:
        return write_json(value).encode()
    except UnicodeEncodeError:  # half a character, which UTF-8 cannot hold
        return write_ascii(value).encode()


def seal(data: bytes) -> bytes:
    return data + struct.pack("<I", zlib.crc32(data))


def unseal[T: (bytes, Record, memoryview[int])](record: T) -> T:
    """Returns the bytes without their checksum. Raises ValueError if the checksum is wrong."""
    data = record[:-4]
    if len(record) < 4 or struct.unpack("<I", record[-4:])[0] != zlib.crc32(data):
        raise ValueError("checksum")
    return data


def encode_page(items: Sequence[Any]) -> bytes:
    kinds = set(map(type, items))
    lines: Iterable[str] = map(write_json, items)
    if kinds == {str}:
        lines = map(encode_basestring, items)
    elif kinds in ({type(None)}, {dict}) and not any(items):
        lines = repeat(write_json(items[0]), len(items))
    try:
        return "\n".join(lines).encode()
    except UnicodeEncodeError:
        return "\n".join(map(write_ascii, items)).encode()


class Page:
    """A page of JSON items, each parsed when it is read. Most pages are read for one item, so the page is split into lines only at the
    second reading."""

    def __init__(self, record: Record) -> None:
        self._record: Record | None = record
        self._lines: Sequence[Record] = ()
        self._was_read = False

    def __getitem__(self, row: int) -> Any:
        line = self._split()[row] if self._was_read or self._record is None else self._find(self._record, row)
        self._was_read = True
        return None if line == b"null" else read_json(line.decode(), 0)[0]

    def all(self) -> list[Any]:
        items: list[Any] = json.loads(b"[%b]" % b",".join(self._split()))
        return items

    def _split(self) -> Sequence[Record]:
        if self._record is not None:
            self._lines, self._record = self._record.split(b"\n"), None
        return self._lines

    def _find(self, record: Record, row: int) -> Record:
        low, high = 0, len(record)
        while high - low > 256:  # the line begins between them, behind `row` more ends of lines
            middle = (low + high) // 2
            ends = record.count(b"\n", low, middle)
            low, high, row = (middle, high, row - ends) if ends < row else (low, middle, row)
        for _ in range(row):
            low = record.index(b"\n", low) + 1
        end = record.find(b"\n", low)
        return record[low : end if end >= 0 else None]


class BlankPage(Page):
    """A page that is not stored, because all of its `rows` items are equal."""

    def __init__(self, item: Any, rows: int) -> None:
        self._item, self._rows = item, rows

    def __getitem__(self, row: int) -> Any:
        return self._item

    def all(self) -> list[Any]:
        return [self._item] * self._rows


def encode_log(entries: Sequence[Entry], rows: Iterable[memoryview[int] | bytes]) -> tuple[memoryview[int] | bytes, ...]:
    """Returns a log record in pieces, as it may be large. rows: the numbers of the entries, in any number of pieces."""
    header = encode_json(entries)
    pieces = [struct.pack("<I", len(header)), header, *rows]
    checksum = 0
    for piece in pieces:
        checksum = zlib.crc32(piece, checksum)
    return *pieces, struct.pack("<I", checksum)


def decode_log(record: Record) -> tuple[list[Entry], memoryview[int]]:
    """Returns the entries and numbers of a log record. Raises ValueError if it is damaged."""
    data = unseal(memoryview(record))
    (size,) = struct.unpack_from("<I", data)
    return make_entries(json.loads(bytes(data[4 : 4 + size]))), data[4 + size :]


def encode_bits(rows: Sequence[int], count: int) -> bytes:
    bits = bytearray(-(-count // 8))
    for row in rows:
        bits[row >> 3] |= 1 << (row & 7)
    return seal(bytes(bits))


def decode_bits(record: Record) -> list[int]:
    return [8 * at + bit for at, byte in enumerate(unseal(record)) if byte for bit in range(8) if byte >> bit & 1]
