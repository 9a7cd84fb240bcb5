"""A store as one file: a zip of documents.jsonl, vectors.npy and store.json, which pandas and numpy read as they are. It is written and
read a block at a time, so that it may be larger than memory."""

from __future__ import annotations

import io
import json
import zipfile
from array import array
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import batched, chain, islice
from pathlib import Path
from typing import IO, Any

from ..core.errors import CorruptionError, StoreError
from .layout import Entry

NPY_MAGIC = b"\x93NUMPY\x01\x00"
WRITTEN = 256  # documents at a time
READ = 1024  # more, as each block is a write of its own

type Row = tuple[Entry, Sequence[float]]
type Source = bytes | bytearray | memoryview | str | Path | IO[bytes]


async def archive_pieces(
    about: dict[str, Any], ids: Sequence[str], read: Callable[[Sequence[str]], Awaitable[list[Row]]]
) -> AsyncGenerator[bytes]:
    """The file in pieces. read: those of some documents that are whole; each is read twice. Raises StoreError (code "changed") where one
    goes in between."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED) as archive:
        kept: list[str] = []
        with archive.open(_member("documents.jsonl"), "w", force_zip64=True) as file:
            for part in batched(ids, WRITTEN):
                rows = await read(part)
                kept += [entry.id for entry, _ in rows]
                file.write(_lines(rows))
                yield pieces.take()
        with archive.open(_member("vectors.npy", zipfile.ZIP_STORED), "w", force_zip64=True) as file:
            file.write(_npy_header(len(kept), about["dim"]))
            for part in batched(kept, WRITTEN):
                rows = await read(part)
                if [entry.id for entry, _ in rows] != list(part):
                    raise StoreError("the store was changed while it was exported: export it again", code="changed")
                file.write(_numbers(rows))
                yield pieces.take()
        archive.writestr(_member("store.json"), json.dumps(about | {"count": len(kept)}))
    yield pieces.take()


def write_archive(about: dict[str, Any], rows: Sequence[Row]) -> bytes:
    """At once, of what is in memory. Equal rows give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_member("store.json"), json.dumps(about | {"count": len(rows)}))
        archive.writestr(_member("documents.jsonl"), _lines(rows))
        with archive.open(_member("vectors.npy", zipfile.ZIP_STORED), "w", force_zip64=True) as file:
            file.write(_npy_header(len(rows), about["dim"]))
            file.write(_numbers(rows))
    return out.getvalue()


def read_archive(data: bytes) -> tuple[dict[str, Any], list[dict[str, Any]], list[memoryview[float]]]:
    """What the store was, documents, and their vectors. Raises CorruptionError."""
    with open_archive(data) as archive:
        blocks = list(archive.blocks())
        return archive.about, [*chain(*(documents for documents, _ in blocks))], [*chain(*(vectors for _, vectors in blocks))]


class Archive:
    """One that was opened, and found whole. about: what the store was."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self.about: dict[str, Any] = json.loads(file.read("store.json"))
        self._dim, self._count = self.about["dim"], self.about["count"]
        self._header = _npy_header(self._count, self._dim)

    def ids(self) -> Iterator[str]:
        """Of all documents, read to their end, and so to their checksum."""
        with self._file.open("documents.jsonl") as lines:
            yield from (json.loads(line)["id"] for line in lines)

    def check_vectors(self) -> None:
        """Reads them to their end, and so to their checksum."""
        wanted = len(self._header) + 4 * self._count * self._dim
        with self._file.open("vectors.npy") as file:
            whole = self._file.getinfo("vectors.npy").file_size == wanted and file.read(len(self._header)) == self._header
            while whole and file.read(1 << 20):
                pass
        if not whole:
            raise ValueError("its parts do not fit together")

    def blocks(self) -> Iterator[tuple[list[dict[str, Any]], list[memoryview[float]]]]:
        """Documents and their vectors, side by side."""
        with self._file.open("documents.jsonl") as lines, self._file.open("vectors.npy") as file:
            file.read(len(self._header))
            while documents := [json.loads(line) for line in islice(lines, READ)]:
                numbers = array("f", file.read(4 * self._dim * len(documents)))
                flat: memoryview[float] = memoryview(numbers)
                yield documents, [flat[at : at + self._dim] for at in range(0, len(flat), self._dim)]


@contextmanager
def open_archive(source: Source) -> Iterator[Archive]:
    """source: bytes, a path, or a binary file that can seek. Raises CorruptionError before anything is given out."""
    try:
        file = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes | bytearray | memoryview) else source)
    except zipfile.BadZipFile as error:
        raise _damaged(error) from error
    with file:
        try:
            archive = Archive(file)
            archive.check_vectors()
            if sum(1 for _ in archive.ids()) != archive.about["count"]:
                raise ValueError("its parts do not fit together")
        except (zipfile.BadZipFile, EOFError, KeyError, TypeError, ValueError) as error:
            raise _damaged(error) from error
        yield archive


def _damaged(error: Exception) -> CorruptionError:
    return CorruptionError(f"this is not an export of a store, or it is damaged: {error}")


class _Pieces(io.RawIOBase):
    """What was written since it was last taken."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._written.append(bytes(data))
        return len(self._written[-1])

    def take(self) -> bytes:
        taken, self._written = b"".join(self._written), []
        return taken


def _member(name: str, compression: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """Without a date: equal stores give equal files. Vectors hardly compress."""
    member = zipfile.ZipInfo(name)
    member.compress_type = compression
    return member


def _lines(rows: Sequence[Row]) -> bytes:
    told = (json.dumps({"id": e.id, "document": e.document, "metadata": dict(e.metadata)}, ensure_ascii=False) for e, _ in rows)
    return "".join(f"{line}\n" for line in told).encode()


def _numbers(rows: Sequence[Row]) -> bytes:
    return b"".join(array("f", row).tobytes() for _, row in rows)


def _npy_header(count: int, dim: int) -> bytes:
    """The NPY format, version 1.0: magic, u16 length, a Python literal padded to 64 bytes."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count}, {dim}), }}"
    padding = -(len(NPY_MAGIC) + 2 + len(text) + 1) % 64
    body = text + " " * padding + "\n"
    return NPY_MAGIC + len(body).to_bytes(2, "little") + body.encode()
