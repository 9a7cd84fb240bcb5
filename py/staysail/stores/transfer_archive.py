"""A store as one file: a zip of documents.jsonl, vectors.npy and store.json, which pandas and numpy read as they are. It is written and
read a block at a time, so that it may be larger than memory."""

from __future__ import annotations

import io
import zipfile
import zlib
from array import array
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from itertools import batched, chain
from pathlib import Path
from typing import Any

from ..core.errors import CorruptionError, StoreError
from ..core.json_text import MESSAGE_DEPTH, read_json, write_json
from .layout import Entry
from .zip_reading import BLOCK_BYTES, BinaryFile, Held, Source, ZipReader

NPY_MAGIC = b"\x93NUMPY\x01\x00"
WRITTEN = 256  # documents at a time
READ = 1024  # more, as each block is a write of its own

type Row = tuple[Entry, Sequence[float]]


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
        archive.writestr(_member("store.json"), write_json(about | {"count": len(kept)}))
    yield pieces.take()


def write_archive(about: dict[str, Any], rows: Sequence[Row]) -> bytes:
    """At once, of what is in memory. Equal rows give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_member("store.json"), write_json(about | {"count": len(rows)}))
        archive.writestr(_member("documents.jsonl"), _lines(rows))
        with archive.open(_member("vectors.npy", zipfile.ZIP_STORED), "w", force_zip64=True) as file:
            file.write(_npy_header(len(rows), about["dim"]))
            file.write(_numbers(rows))
    return out.getvalue()


async def read_archive(data: bytes) -> tuple[dict[str, Any], list[dict[str, Any]], list[memoryview[float]]]:
    """What the store was, documents, and their vectors. Raises CorruptionError."""
    async with open_archive(data) as archive:
        blocks = [block async for block in archive.blocks()]
        return archive.about, [*chain(*(documents for documents, _ in blocks))], [*chain(*(vectors for _, vectors in blocks))]


class Archive:
    """One that was opened. about: what the store was."""

    def __init__(self, file: ZipReader, about: dict[str, Any]) -> None:
        self._file, self.about = file, about
        self._dim, self._count = about["dim"], about["count"]
        self._header = _npy_header(self._count, self._dim)

    async def ids(self) -> AsyncGenerator[str]:
        """Of all documents, read to their end, and so to their checksum."""
        member = self._file.member("documents.jsonl")
        while lines := await member.lines(READ):
            for line in lines:
                yield read_json(line, max_depth=MESSAGE_DEPTH)["id"]

    async def check(self) -> None:
        """Reads all of it. Raises what tells that it is damaged."""
        wanted = len(self._header) + 4 * self._count * self._dim
        vectors = self._file.member("vectors.npy")
        whole = self._file.infos["vectors.npy"].file_size == wanted and await vectors.read(len(self._header)) == self._header
        while whole and await vectors.read(BLOCK_BYTES):
            pass
        if not whole or len([id async for id in self.ids()]) != self._count:
            raise ValueError("its parts do not fit together")

    async def blocks(self) -> AsyncGenerator[tuple[list[dict[str, Any]], list[memoryview[float]]]]:
        """Documents and their vectors, side by side."""
        documents, vectors = self._file.member("documents.jsonl"), self._file.member("vectors.npy")
        await vectors.read(len(self._header))
        while lines := await documents.lines(READ):
            numbers = array("f", await vectors.read(4 * self._dim * len(lines)))
            flat: memoryview[float] = memoryview(numbers)
            yield (
                [read_json(line, max_depth=MESSAGE_DEPTH) for line in lines],
                [flat[at : at + self._dim] for at in range(0, len(flat), self._dim)],
            )


@asynccontextmanager
async def open_archive(source: Source) -> AsyncGenerator[Archive]:
    """source: bytes, a path, a binary file that can seek, or a BinaryFile. Raises CorruptionError before anything is given out."""
    with ExitStack() as held:
        if isinstance(source, bytes | bytearray | memoryview):
            source = Held(io.BytesIO(source))
        elif isinstance(source, str | Path):
            source = Held(held.enter_context(Path(source).open("rb")))  # noqa: ASYNC230  a page's files are in memory
        elif not isinstance(source, BinaryFile):
            source = Held(source)
        try:
            file = await ZipReader.open(source)
            archive = Archive(file, read_json(await file.member("store.json").read(BLOCK_BYTES)))
            await archive.check()
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError) as error:
            raise CorruptionError(f"this is not an export of a store, or it is damaged: {error}") from error
        yield archive


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
    told = (write_json({"id": e.id, "document": e.document, "metadata": dict(e.metadata)}, nonfinite="null") for e, _ in rows)
    return "".join(f"{line}\n" for line in told).encode()


def _numbers(rows: Sequence[Row]) -> bytes:
    return b"".join(array("f", row).tobytes() for _, row in rows)


def _npy_header(count: int, dim: int) -> bytes:
    """The NPY format, version 1.0: magic, u16 length, a Python literal padded to 64 bytes."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count}, {dim}), }}"
    padding = -(len(NPY_MAGIC) + 2 + len(text) + 1) % 64
    body = text + " " * padding + "\n"
    return NPY_MAGIC + len(body).to_bytes(2, "little") + body.encode()
