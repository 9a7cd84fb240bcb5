"""A zip reader whose bytes are read when they are needed, so that the file may lie where reading is asynchronous, such as a Blob of the
page. It reads stored and deflated members only."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Protocol, runtime_checkable

BLOCK_BYTES = 1 << 20
TAIL_BYTES = 1 << 17  # the end of the file that holds the directory of a few members and a comment of at most 64 kB
LOCAL_HEADER_BYTES = 30

type Source = bytes | bytearray | memoryview | str | Path | IO[bytes] | BinaryFile


@runtime_checkable
class BinaryFile(Protocol):
    """A file that is read by position."""

    size_bytes: int

    async def read(self, at: int, size: int) -> bytes:
        """Returns `size` bytes from position `at` on."""


class Held:
    """A BinaryFile over bytes in memory or a file that can seek."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size_bytes = file.seek(0, io.SEEK_END)

    async def read(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        return self._file.read(size)


class ZipReader:
    """An open zip file. infos: the members by name."""

    def __init__(self, file: BinaryFile, infos: dict[str, zipfile.ZipInfo]) -> None:
        self._file, self.infos = file, infos

    @classmethod
    async def open(cls, file: BinaryFile) -> ZipReader:
        """Reads the directory. Raises zipfile.BadZipFile."""
        start = max(file.size_bytes - TAIL_BYTES, 0)
        tail = _Tail(start, await file.read(start, file.size_bytes - start))
        with zipfile.ZipFile(tail) as directory:
            return cls(file, {info.filename: info for info in directory.infolist()})

    def member(self, name: str) -> ZipMember:
        """Returns a member. Raises KeyError."""
        return ZipMember(self._chunks(self.infos[name]))

    async def _chunks(self, info: zipfile.ZipInfo) -> AsyncIterator[bytes]:
        """Yields the member's content. A wrong checksum raises after the last chunk."""
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
            raise zipfile.BadZipFile(f"{info.filename} is encrypted, or compressed in a way that is not known here")
        header = await self._file.read(info.header_offset, LOCAL_HEADER_BYTES)
        if header[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile(f"{info.filename} is not where the directory says")
        at = info.header_offset + LOCAL_HEADER_BYTES + sum(int.from_bytes(header[place : place + 2], "little") for place in (26, 28))
        end = at + info.compress_size
        inflate = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type == zipfile.ZIP_DEFLATED else None
        size = checksum = 0
        while at < end:
            data = await self._file.read(at, min(BLOCK_BYTES, end - at))
            if not data:
                raise EOFError("it ends early")
            at += len(data)
            while data:
                chunk, data = (inflate.decompress(data, BLOCK_BYTES), inflate.unconsumed_tail) if inflate else (data, b"")
                size, checksum = size + len(chunk), zlib.crc32(chunk, checksum)
                yield chunk
        if (size, checksum) != (info.file_size, info.CRC):
            raise zipfile.BadZipFile(f"{info.filename} does not fit its checksum")


class ZipMember:
    """A member, read from its beginning. Reading to the end checks its checksum."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._left = b""

    async def read(self, size: int) -> bytes:
        """Returns `size` bytes, or fewer at the end."""
        parts, have = [self._left], len(self._left)
        while have < size and (chunk := await anext(self._chunks, None)) is not None:
            parts.append(chunk)
            have += len(chunk)
        data = b"".join(parts)
        self._left = data[size:]
        return data[:size]

    async def lines(self, count: int) -> list[bytes]:
        """Returns `count` lines, or fewer at the end."""
        parts, have = [self._left], self._left.count(b"\n")
        while have < count and (chunk := await anext(self._chunks, None)) is not None:
            parts.append(chunk)
            have += chunk.count(b"\n")
        lines = b"".join(parts).split(b"\n", count)
        self._left = lines.pop() if len(lines) > count else b""
        return [line for line in lines if line]


class _Tail(io.RawIOBase):
    """The end of a file, readable as if it were the whole file."""

    def __init__(self, start: int, data: bytes) -> None:
        self._start, self._data, self._at = start, data, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._start + len(self._data)}[whence]
        if base + offset < 0:
            raise OSError("before the beginning")  # as zipfile expects of a file that is too short
        self._at = base + offset
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        if self._at < self._start:
            raise zipfile.BadZipFile("its directory is larger than that of an export")
        begin = self._at - self._start
        data = self._data[begin:] if size < 0 else self._data[begin : begin + size]
        self._at += len(data)
        return data
