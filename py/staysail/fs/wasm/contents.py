"""The sections of a WASM module: its imports, exports, tables and memories, and the bytes that an engine takes for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ...core.value import Value
from . import limits as most
from .code import UNCOUNTED, Body, read_bodies
from .reader import (
    CODE,
    CUSTOM,
    DATA,
    DATA_COUNT,
    ELEMENT,
    END,
    EXPORT,
    FUNCTION,
    GLOBAL,
    IMPORT,
    MEMORY,
    START,
    TABLE,
    TAG,
    TYPE,
    VALUES,
    Limits,
    Reader,
    read_sections,
)

FUNCTION_TYPE: Final = 0x60
TABLE_WITH_VALUE: Final = 0x40
NO_EXCEPTIONS: Final = f"it uses exceptions, {UNCOUNTED}: build it without them"


class Signature(Value):
    parameters: tuple[str, ...]
    results: tuple[str, ...]

    def __str__(self) -> str:
        return f"({', '.join(self.parameters)}) -> ({', '.join(self.results)})"


class Import(Value):
    """An item that a module imports. type: a function's signature, else its kind."""

    module: str
    name: str
    kind: str
    type: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Uncounted(Exception):
    """A part of a module whose memory cannot be counted, or that is over its limit; the text names it."""


class Contents:
    """The parts of a module, as far as they were read: reading ends with the first problem. Raises ConfigError where the bytes are no
    module."""

    def __init__(self, data: bytes) -> None:
        self.imports: list[Import] = []
        self.exports: dict[str, tuple[str, str]] = {}
        self.memories: list[Limits] = []
        self.tables: list[Limits] = []
        self.entries: tuple[int, ...] = ()  # most of each table
        self.static_bytes = len(data)
        self.problem: str | None = None
        self._types: list[Signature] = []
        self._functions: list[Signature] = []  # imported ones first
        self._imported = 0
        self.growing: list[Body] = []  # bodies with memory.grow
        readers: dict[int, Callable[[Reader], None]] = {
            TYPE: self._read_types,
            IMPORT: self._read_imports,
            FUNCTION: self._read_functions,
            TABLE: self._read_tables,
            MEMORY: self._read_memories,
            GLOBAL: self._read_globals,
            EXPORT: self._read_exports,
            ELEMENT: self._read_elements,
            CODE: self._read_code,
        }
        try:
            for section in read_sections(data):
                if section.id in readers:
                    readers[section.id](section.reader)
                elif section.id not in (CUSTOM, START, DATA, DATA_COUNT):
                    raise Uncounted(NO_EXCEPTIONS if section.id == TAG else f"it has a section of kind {section.id}, {UNCOUNTED}")
        except Uncounted as refusal:
            self.problem = str(refusal)

    def _count(self, reader: Reader, parts: str, limit: int, each_bytes: int) -> range:
        """Reads a number of parts and adds their bytes."""
        count = reader.count()
        if len(count) > limit:
            raise Uncounted(f"it has {len(count)} {parts}; at most {limit} are taken")
        self.static_bytes += len(count) * each_bytes
        return count

    def _read_types(self, reader: Reader) -> None:
        for _ in self._count(reader, "types", most.MOST_TYPES, most.TYPE_BYTES):
            if reader.byte() != FUNCTION_TYPE:
                raise Uncounted(f"it uses garbage-collected types, {UNCOUNTED}")
            parameters, results = _read_values(reader), _read_values(reader)
            if len(parameters) > most.MOST_PARAMETERS or len(results) > most.MOST_RESULTS:
                raise Uncounted(
                    f"a function of it has {len(parameters)} parameters and {len(results)} results; at most {most.MOST_PARAMETERS} and "
                    f"{most.MOST_RESULTS} are taken"
                )
            self._types.append(Signature(parameters, results))

    def _read_imports(self, reader: Reader) -> None:
        for _ in self._count(reader, "imports", most.MOST_IMPORTS, most.EXPORT_BYTES):
            module, name, kind = reader.name(), reader.name(), reader.kind()
            type = kind
            if kind == "function":
                signature = reader.item(self._types)
                self._functions.append(signature)
                type = str(signature)
            elif kind == "table":
                _read_table(reader)
            elif kind == "memory":
                reader.limits()
            elif kind == "global":
                _read_value(reader)
                reader.byte()
            else:
                raise Uncounted(NO_EXCEPTIONS)
            self.imports.append(Import(module, name, kind, type))

    def _read_functions(self, reader: Reader) -> None:
        self._imported = len(self._functions)
        count = self._count(reader, "functions", most.MOST_FUNCTIONS, most.FUNCTION_BYTES)
        self._functions += [reader.item(self._types) for _ in count]

    def _read_tables(self, reader: Reader) -> None:
        self.tables += [_read_table(reader) for _ in self._count(reader, "tables", most.MOST_TABLES, 0)]
        self.entries = _share_entries(self.tables)
        self.static_bytes += sum(self.entries) * most.ENTRY_BYTES

    def _read_memories(self, reader: Reader) -> None:
        self.memories += [reader.limits() for _ in reader.count()]

    def _read_globals(self, reader: Reader) -> None:
        self._count(reader, "globals", most.MOST_GLOBALS, most.GLOBAL_BYTES)

    def _read_exports(self, reader: Reader) -> None:
        for _ in self._count(reader, "exports", most.MOST_EXPORTS, most.EXPORT_BYTES):
            name, kind = reader.name(), reader.kind()
            self.exports[name] = kind, str(reader.item(self._functions)) if kind == "function" else kind
            if kind != "function":
                reader.u32()

    def _read_elements(self, reader: Reader) -> None:
        # An entry takes a byte of the file at least.
        self.static_bytes += (reader.end - reader.at) * most.ENTRY_BYTES

    def _read_code(self, reader: Reader) -> None:
        size_bytes = reader.end - reader.at
        self.static_bytes += size_bytes * most.CODE_FACTOR
        if size_bytes > most.MOST_CODE_BYTES:
            raise Uncounted(f"it has {size_bytes} bytes of code; at most {most.MOST_CODE_BYTES} are taken")
        parameters = [len(signature.parameters) for signature in self._functions[self._imported :]]
        pushes = max([1, *(len(signature.results) for signature in self._types)])
        branches = 0
        for index, body in enumerate(read_bodies(reader, parameters, pushes), self._imported):
            branches += body.branches
            if body.grows:
                self.growing.append(body)
            if body.problem:
                raise Uncounted(body.problem)
            if body.compile_bytes > most.MOST_COMPILE_BYTES:
                raise Uncounted(
                    f"compiling its function {index} may take {body.compile_bytes} bytes, because of its {body.variables} variables and "
                    f"{body.branches} branches; at most {most.MOST_COMPILE_BYTES} are taken"
                )
            if branches > most.MOST_BRANCHES:
                raise Uncounted(f"its code has more than {most.MOST_BRANCHES} branches, which are too many to be compiled")


def _share_entries(tables: Sequence[Limits]) -> tuple[int, ...]:
    """Most entries of each table: all of them together grow by MOST_GROWN_ENTRIES."""
    shares, left = [], most.MOST_GROWN_ENTRIES
    for table in tables:
        share = max(table.minimum, left)
        shares.append(share if table.maximum is None else min(share, table.maximum))
        left -= max(0, shares[-1] - table.minimum)
    return tuple(shares)


def _read_value(reader: Reader) -> str:
    byte = reader.byte()
    if byte not in VALUES:
        raise Uncounted(f"it uses values of type {byte:#x}, {UNCOUNTED}")
    return VALUES[byte]


def _read_values(reader: Reader) -> tuple[str, ...]:
    return tuple(_read_value(reader) for _ in reader.count())


def _read_table(reader: Reader) -> Limits:
    has_value = skip_table_type(reader)
    limits = reader.limits()
    if has_value:
        skip_constant(reader)
    return limits


def skip_table_type(reader: Reader) -> bool:
    """Returns whether a first value for the table's entries follows its limits."""
    has_value = reader.byte() == TABLE_WITH_VALUE
    if has_value:
        reader.byte()
    else:
        reader.at -= 1
    _read_value(reader)
    return has_value


def skip_constant(reader: Reader) -> None:
    """Skips an expression that gives a table's first value: ref.null, ref.func or global.get."""
    while (code := reader.byte()) != END:
        if code not in (0xD0, 0xD2, 0x23):
            raise reader.wrong(f"holds a table that begins with something unknown, {code:#x}")
        reader.unsigned()
