"""One limit on all that a WASM module can hold, written into the module.

How it works: the module's tables and its memory get a maximum. Each `memory.grow` becomes a call of a function that is added to the module.
It grows the memory up to a global, exported as PAGES_EXPORT, which the host lowers while it holds blocks or open files for the plugin: so
memory, blocks and files share one limit. Branches in WASM count blocks and not bytes, so a body may change its length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ...core.errors import ConfigError
from . import limits as most
from .code import Body
from .contents import Uncounted, skip_constant, skip_table_type
from .module import Module, inspect
from .reader import CODE, EXPORT, FUNCTION, GLOBAL, HAS_MAXIMUM, MEMORY, TABLE, TYPE, Limits, Reader, Section, read_sections

PAGES_EXPORT: Final = "staysail:pages"
MEMORY_EXPORT: Final = "staysail:memory"
I32: Final = 0x7F
GROW_TYPE: Final = bytes((0x60, 1, I32, 1, I32))
CALL: Final = b"\x10"
GROW_BYTES: Final = 2
# Sections that must be there, and the ones after which they stand: https://webassembly.github.io/spec/core/binary/modules.html
BEFORE: Final = {GLOBAL: (*range(GLOBAL), 13), EXPORT: (*range(EXPORT), 13)}


def cap_memory(data: bytes, limit_bytes: int, module: Module | None = None) -> bytes:
    """Returns the module with `limit_bytes` as the most that its memory, tables and other parts hold. module: as `inspect` read it. Raises
    ConfigError where the module takes more from the start."""
    module = module or inspect(data)
    try:
        return _Capping(module, room_for(module, limit_bytes) // most.PAGE_BYTES).write(data)
    except Uncounted as refusal:  # behind a part that `inspect` skipped
        raise ConfigError(f"this WASM module is refused: {refusal}") from refusal


def room_for(module: Module, limit_bytes: int) -> int:
    """The bytes of `limit_bytes` that are left for the module's memory, and for what its host holds. Raises ConfigError."""
    room_bytes = limit_bytes - max(0, module.static_bytes - most.FREE_BYTES)
    if module.start_bytes > room_bytes:
        beside = f" and {module.static_bytes} beside it" if room_bytes < limit_bytes else ""
        raise ConfigError(
            f"it needs {module.start_bytes} bytes of memory to start{beside}, and gets at most {limit_bytes}: raise memory_bytes"
        )
    return room_bytes


class _Capping:
    """module: to be written anew. pages: most of its memory."""

    def __init__(self, module: Module, pages: int) -> None:
        self._pages = pages
        self._bodies = {body.start: body for body in module.growing}
        self._functions = sum(item.kind == "function" for item in module.imports)
        self._types = self._globals = 0
        self._exports = module.exports
        self._entries = iter(module.entries)
        self._writers: dict[int, Callable[[Reader], bytes]] = {TABLE: self._write_tables, MEMORY: self._write_memories}
        if self._bodies and module.memory:
            self._writers |= {
                TYPE: self._add_type,
                FUNCTION: self._add_function,
                GLOBAL: self._add_global,
                EXPORT: self._add_export,
                CODE: self._write_code,
            }

    def _next_entries(self) -> int:
        """The most entries of the next table. Raises ConfigError where a table was not counted, as its section stands twice."""
        found = next(self._entries, None)
        if found is None:
            raise ConfigError("the module is malformed: it has more tables than it says")
        return found

    def write(self, data: bytes) -> bytes:
        return data[:8] + b"".join(self._write(section, data) for section in self._sections(data))

    def _sections(self, data: bytes) -> Iterator[Section]:
        """The module's sections, and empty ones where something is added and there is none."""
        lacking = [id for id in (GLOBAL, EXPORT) if id in self._writers]
        for section in read_sections(data):
            if section.id in lacking:
                lacking.remove(section.id)
            for id in [id for id in lacking if section.id not in BEFORE[id]]:
                lacking.remove(id)
                yield Section(id, 0, 0, Reader(b"\0", 0, 1))
            yield section

    def _write(self, section: Section, data: bytes) -> bytes:
        writer = self._writers.get(section.id)
        if writer is None:
            return data[section.start : section.end]
        body = writer(section.reader)
        return bytes([section.id]) + _u32(len(body)) + body

    def _write_tables(self, reader: Reader) -> bytes:
        body = bytearray()
        count = reader.count()
        for _ in count:
            start = reader.at
            has_value = skip_table_type(reader)
            body += reader.data[start : reader.at]
            limits = reader.limits()
            body += _limits(limits, self._next_entries())
            if has_value:
                start = reader.at
                skip_constant(reader)
                body += reader.data[start : reader.at]
        return _u32(len(count)) + body

    def _write_memories(self, reader: Reader) -> bytes:
        count = reader.count()
        return _u32(len(count)) + b"".join(_limits(reader.limits(), self._pages) for _ in count)

    def _add_type(self, reader: Reader) -> bytes:
        self._types = len(reader.count())
        return _u32(self._types + 1) + reader.rest() + GROW_TYPE

    def _add_function(self, reader: Reader) -> bytes:
        count = len(reader.count())
        self._functions += count
        return _u32(count + 1) + reader.rest() + _u32(self._types)

    def _add_global(self, reader: Reader) -> bytes:
        self._globals = len(reader.count())
        return _u32(self._globals + 1) + reader.rest() + bytes((I32, 1, 0x41)) + _s32(self._pages) + b"\x0b"

    def _add_export(self, reader: Reader) -> bytes:
        pages, memory = (_u32(len(name)) + name.encode() for name in (PAGES_EXPORT, MEMORY_EXPORT))
        return _u32(len(reader.count()) + 2) + reader.rest() + pages + b"\x03" + _u32(self._globals) + memory + b"\x02\0"

    def _write_code(self, reader: Reader) -> bytes:
        count = len(reader.count())
        parts = [_u32(count + 1)]
        for _ in range(count):
            size = reader.u32()
            body = self._bodies.get(reader.at)
            whole = reader.take(size)
            new = self._call_instead(whole, body) if body else whole
            parts += (_u32(len(new)), new)
        guard = self._guard()
        return b"".join((*parts, _u32(len(guard)), guard))

    def _call_instead(self, whole: bytes, body: Body) -> bytes:
        call = CALL + _u32(self._functions)
        new, at = bytearray(), 0
        for grow in body.grows:
            new += whole[at : grow - body.start] + call
            at = grow - body.start + GROW_BYTES
        return bytes(new + whole[at:])

    def _guard(self) -> bytes:
        """A body without locals: memory.size + parameter > pages (of 64 bits, unsigned) ? -1 : memory.grow."""
        parameter, extend = b"\x20\0", b"\xad"
        wanted = parameter + extend + b"\x3f\0" + extend + b"\x7c"
        return b"\0" + wanted + b"\x23" + _u32(self._globals) + extend + b"\x56\x04\x7f\x41\x7f\x05" + parameter + b"\x40\0\x0b\x0b"


def _limits(limits: Limits, most: int) -> bytes:
    maximum = most if limits.maximum is None else min(limits.maximum, most)
    return bytes([limits.flags | HAS_MAXIMUM]) + _u32(limits.minimum) + _u32(maximum)


def _u32(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def _s32(value: int) -> bytes:
    """Signed LEB128 of a number that is not negative: the last byte's sign bit is clear."""
    out = bytearray()
    while value >= 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))
