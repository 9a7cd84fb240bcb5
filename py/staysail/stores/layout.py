"""The format of what is stored, version 1.

Full segments never change: `chunk_rows` rows each, under a serial number that is used once.

    head       0       JSON: format, dim, metric, quantization, version, segments (serials in order), next (the tail's serial), most, log
                       ([key, rows] of each record, in order), log_next, mean (checksum), then a crc32
    mean       0       float32: what signs are taken against
    segments   serial  JSON: a checksum for each record of the segment, then a crc32
    rows       serial  float32, padded: see core.vectors.Backend
    codes      serial  7-bit codes
    signs      serial  bits
    ids        serial  a page of JSON strings
    documents  serial  a page of JSON values
    metadata   serial  a page of JSON objects
    terms      serial  JSON: document lengths and postings, for keyword search
    dead       serial  a bit for each row that was deleted, then a crc32
    log        key     rows that do not fill a segment yet: a header, then float32, then a crc32

A page is a line of JSON for each row. Numbers are little-endian. Every change is one transaction, so a crash
leaves what was there before or what is there after."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from itertools import repeat
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from ..core.errors import CorruptionError
from ..core.value import Value
from ..core.vectors import Metric, Quantization

FORMAT = 1
write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # made once: json.dumps makes one a call
TABLES = ("head", "mean", "segments", "rows", "codes", "signs", "ids", "documents", "metadata", "terms", "dead", "log")
BLOCKS = ("rows", "codes", "signs")
PAGES = ("ids", "documents", "metadata")


class Entry(NamedTuple):
    """One document with its id, whatever JSON it is, and what filters look at. A tuple, for there are very many."""

    id: str
    document: Any = None
    metadata: dict[str, Any] = {}  # noqa: RUF012  never changed


class Head(Value):
    dim: int
    metric: Metric
    quantization: Quantization
    version: int = 0
    segments: tuple[int, ...] = ()
    next: int = 1
    most: float = 0.0
    log: tuple[tuple[int, int], ...] = ()
    log_next: int = 1
    mean: int | None = None
    format: int = FORMAT


def encode_head(head: Head) -> bytes:
    return seal(encode_json({field: getattr(head, field) for field in Head._fields}))


def decode_head(record: bytes) -> Head:
    """Raises CorruptionError, also for a format of a later version."""
    try:
        fields = json.loads(unseal(record))
    except ValueError as error:
        raise CorruptionError("the store's head is damaged: it does not say what the store holds") from error
    if fields["format"] > FORMAT:
        raise CorruptionError(
            f"the store was written by a newer staysail (format {fields['format']}, this one reads {FORMAT}): update staysail",
            code="newer_format",
        )
    return Head(**fields | {"segments": tuple(fields["segments"]), "log": tuple((key, rows) for key, rows in fields["log"])})


def encode_json(value: Any) -> bytes:
    return write_json(value).encode()


def seal(data: bytes) -> bytes:
    return data + struct.pack("<I", zlib.crc32(data))


def unseal(record: bytes) -> bytes:
    """Raises ValueError where the bytes are not those that were sealed."""
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
    return "\n".join(lines).encode()


class Page:
    """A page of JSON items, each parsed when it is asked for."""

    def __init__(self, record: bytes) -> None:
        self._lines = record.split(b"\n")

    def __getitem__(self, row: int) -> Any:
        return json.loads(self._lines[row])

    def all(self) -> list[Any]:
        items: list[Any] = json.loads(b"[%b]" % b",".join(self._lines))
        return items


def encode_log(entries: Sequence[Entry], rows: Sequence[memoryview[int]]) -> bytes:
    """rows: the float32 of the entries, in as many pieces as they lie in."""
    header = encode_json(entries)
    return seal(struct.pack("<I", len(header)) + header + b"".join(bytes(piece) for piece in rows))


def decode_log(record: bytes) -> tuple[list[Entry], bytes]:
    """Raises ValueError where the record is damaged."""
    data = unseal(record)
    (size,) = struct.unpack_from("<I", data)
    entries = [Entry(id, document, metadata) for id, document, metadata in json.loads(data[4 : 4 + size])]
    return entries, data[4 + size :]


def encode_bits(rows: Sequence[int], count: int) -> bytes:
    bits = bytearray(-(-count // 8))
    for row in rows:
        bits[row >> 3] |= 1 << (row & 7)
    return seal(bytes(bits))


def decode_bits(record: bytes) -> list[int]:
    return [8 * at + bit for at, byte in enumerate(unseal(record)) if byte for bit in range(8) if byte >> bit & 1]
