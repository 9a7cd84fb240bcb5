"""Reading of WASM's binary format: https://webassembly.github.io/spec/core/binary/"""

from __future__ import annotations

from collections.abc import Iterator

from ...core.errors import ConfigError
from ...core.value import Value

MAGIC = b"\0asm\x01\0\0\0"
COMPONENT = b"\0asm\x0d\0\x01\0"
CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, CODE, DATA, DATA_COUNT, TAG = range(14)
KINDS = ("function", "table", "memory", "global", "tag")
HAS_MAXIMUM, IS_SHARED, IS_64_BIT = 1, 2, 4
END = 0x0B
# Types of values whose memory can be counted.
VALUES = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128", 0x70: "funcref", 0x6F: "externref"}


class Section(Value):
    """A section of a module. start, end: its bytes with the head. reader: its content."""

    id: int
    start: int
    end: int
    reader: Reader


class Limits(Value):
    """Size of a memory in pages of 64 KiB, of a table in entries. maximum: None where the module names none."""

    minimum: int
    maximum: int | None = None
    flags: int = 0


class Reader:
    """Reads `data` from `at` up to `end`. Raises ConfigError where the bytes break the format."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    @property
    def is_done(self) -> bool:
        return self.at >= self.end

    def byte(self) -> int:
        if self.at >= self.end:
            raise self.wrong("ends too early")
        self.at += 1
        return self.data[self.at - 1]

    def take(self, length: int) -> bytes:
        self.skip(length)
        return self.data[self.at - length : self.at]

    def rest(self) -> bytes:
        return self.take(self.end - self.at)

    def skip(self, length: int) -> None:
        if length > self.end - self.at:
            raise self.wrong("ends too early")
        self.at += length

    def unsigned(self, bits: int = 64) -> int:
        """Reads a LEB128 number."""
        value = 0
        for shift in range(0, bits, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> bits:
                    break
                return value
        raise self.wrong(f"holds a number of more than {bits} bits")

    def u32(self) -> int:
        return self.unsigned(32)

    def count(self) -> range:
        """Reads the number of items that follow, each of a byte or more."""
        count = self.u32()
        if count > self.end - self.at:
            raise self.wrong(f"promises {count} items and ends too early")
        return range(count)

    def name(self) -> str:
        try:
            return self.take(self.u32()).decode()
        except UnicodeDecodeError as error:
            raise self.wrong("holds a name that is not UTF-8") from error

    def kind(self) -> str:
        byte = self.byte()
        if byte >= len(KINDS):
            raise self.wrong(f"holds an item of unknown kind {byte}")
        return KINDS[byte]

    def limits(self) -> Limits:
        flags = self.byte()
        if flags > (HAS_MAXIMUM | IS_SHARED | IS_64_BIT):
            raise self.wrong(f"holds limits of unknown kind {flags}")
        return Limits(self.unsigned(), self.unsigned() if flags & HAS_MAXIMUM else None, flags)

    def item[T](self, of: list[T]) -> T:
        index = self.u32()
        if index >= len(of):
            raise self.wrong(f"names number {index} of {len(of)}")
        return of[index]

    def wrong(self, why: str) -> ConfigError:
        return ConfigError(f"it is no valid WASM module: at byte {self.at} it {why}")


def read_sections(data: bytes) -> Iterator[Section]:
    """The sections of a module, in its order. Raises ConfigError."""
    if data[:8] != MAGIC:
        raise ConfigError("it is no WASM module: it does not begin with the bytes \\0asm and version 1")
    reader = Reader(data, 8, len(data))
    while not reader.is_done:
        start = reader.at
        id, size = reader.byte(), reader.u32()
        inner = Reader(data, reader.at, reader.at + size)
        reader.skip(size)
        yield Section(id, start, reader.at, inner)
