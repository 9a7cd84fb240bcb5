"""A store as one file: a zip of documents.jsonl, vectors.npy and store.json, which pandas and numpy read directly. It is written and
read a block at a time, so it may be larger than memory."""

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
from ..core.json_text import MESSAGE_DEPTH, json_bytes, read_json, write_json
from .layout import Entry
from .zip_reading import BLOCK_BYTES, BinaryFile, Held, Source, ZipReader

NPY_MAGIC = b"\x93NUMPY\x01\x00"
WRITTEN = 256  # documents at a time
READ = 1024  # documents at a time; each block becomes one write

type Row = tuple[Entry, Sequence[float]]


async def archive_pieces(
    about: dict[str, Any], ids: Sequence[str], read: Callable[[Sequence[str]], Awaitable[list[Row]]]
) -> AsyncGenerator[bytes]:
    """Yields the file in pieces.

    Args:
        about: The content of store.json.
        ids: The ids of all documents.
        read: Returns the undamaged rows of some ids. Each row is read twice.

    Raises:
        StoreError: A document was deleted between its two readings (code "changed").
    """
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
    """Returns the file of rows in memory. Equal rows give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_member("store.json"), write_json(about | {"count": len(rows)}))
        archive.writestr(_member("documents.jsonl"), _lines(rows))
        with archive.open(_member("vectors.npy", zipfile.ZIP_STORED), "w", force_zip64=True) as file:
            file.write(_npy_header(len(rows), about["dim"]))
            file.write(_numbers(rows))
    return out.getvalue()


async def read_archive(data: bytes) -> tuple[dict[str, Any], list[dict[str, Any]], list[memoryview[float]]]:
    """Returns the content of store.json, the documents, and their vectors. Raises CorruptionError."""
    async with open_archive(data) as archive:
        blocks = [block async for block in archive.blocks()]
        return archive.about, [*chain(*(documents for documents, _ in blocks))], [*chain(*(vectors for _, vectors in blocks))]


class Archive:
    """An open archive. about: the content of store.json."""

    def __init__(self, file: ZipReader, about: dict[str, Any]) -> None:
        self._file, self.about = file, about
        self._dim, self._count = about["dim"], about["count"]
        self._header = _npy_header(self._count, self._dim)

    async def ids(self) -> AsyncGenerator[str]:
        """Yields all ids. Reads to the end, and so checks the checksum."""
        member = self._file.member("documents.jsonl")
        while lines := await member.lines(READ):
            for line in lines:
                yield read_json(line, max_depth=MESSAGE_DEPTH)["id"]

    async def check(self) -> None:
        """Reads the whole archive. Raises an error if it is damaged."""
        wanted = len(self._header) + 4 * self._count * self._dim
        vectors = self._file.member("vectors.npy")
        whole = self._file.infos["vectors.npy"].file_size == wanted and await vectors.read(len(self._header)) == self._header
        while whole and await vectors.read(BLOCK_BYTES):
            pass
        if not whole or len([id async for id in self.ids()]) != self._count:
            raise ValueError("its parts do not fit together")

    async def blocks(self) -> AsyncGenerator[tuple[list[dict[str, Any]], list[memoryview[float]]]]:
        """Yields blocks of documents with their vectors."""
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
    """Opens an archive within the block, after checking all of it. source: bytes, a path, a binary file that can seek, or a BinaryFile.
    Raises CorruptionError."""
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
    """A file in memory that returns the bytes written since they were last taken."""

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
    """Returns a zip member without a date, so that equal stores give equal files."""
    member = zipfile.ZipInfo(name)
    member.compress_type = compression
    return member


def _lines(rows: Sequence[Row]) -> bytes:
    lines = (json_bytes({"id": e.id, "document": e.document, "metadata": dict(e.metadata)}, nonfinite="null") for e, _ in rows)
    return b"".join(line + b"\n" for line in lines)


def _numbers(rows: Sequence[Row]) -> bytes:
    return b"".join(array("f", row).tobytes() for _, row in rows)


def _npy_header(count: int, dim: int) -> bytes:
    """The NPY format, version 1.0: magic, u16 length, a Python literal padded to 64 bytes."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count}, {dim}), }}"
    padding = -(len(NPY_MAGIC) + 2 + len(text) + 1) % 64
    body = text + " " * padding + "\n"
    return NPY_MAGIC + len(body).to_bytes(2, "little") + body.encode()
