"""What a WASM module is, read from its bytes: nothing of it runs, nor is compiled. And the same module with its memory capped.

Format: https://webassembly.github.io/spec/core/binary/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from ..core.errors import ConfigError
from ..core.value import Value

type Abi = Literal["extism", "hyper-mcp-v1", "hyper-mcp-v2", "wasi-command", "wasi-reactor", "plain", "unknown"]

MAGIC = b"\0asm\x01\0\0\0"
COMPONENT = b"\0asm\x0d\0\x01\0"
PAGE_BYTES = 1 << 16
MOST_TABLE_ENTRIES = 100_000
TYPES = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128", 0x70: "funcref", 0x6F: "externref"}
KINDS = ("function", "table", "memory", "global", "tag")
HAS_MAXIMUM, IS_SHARED, IS_64_BIT = 1, 2, 4
TYPE, IMPORT, FUNCTION, TABLE, MEMORY, EXPORT = 1, 2, 3, 4, 5, 7
FUNCTION_TYPE = 0x60

WASI, ENV, USER = "wasi_snapshot_preview1", "extism:host/env", "extism:host/user"
ALLOCATORS = ("allocate", "alloc", "malloc")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


KERNEL = _names(
    "alloc free length length_unsafe load_u8 load_u64 store_u8 store_u64 input_length input_offset input_load_u8 input_load_u64 output_set "
    "error_set error_get config_get var_get var_set http_request http_status_code http_headers get_log_level log_trace log_debug log_info "
    "log_warn log_error"
)
FILES = _names("toolfs_read toolfs_write toolfs_list toolfs_stat toolfs_error")
MCP = _names(
    "create_message create_elicitation list_roots notify_logging_message notify_progress notify_prompt_list_changed "
    "notify_resource_list_changed notify_resource_updated notify_tool_list_changed"
)
PREVIEW_1 = _names(
    "args_get args_sizes_get environ_get environ_sizes_get clock_res_get clock_time_get fd_advise fd_allocate fd_close fd_datasync "
    "fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights fd_filestat_get fd_filestat_set_size fd_filestat_set_times fd_pread "
    "fd_prestat_get fd_prestat_dir_name fd_pwrite fd_read fd_readdir fd_renumber fd_seek fd_sync fd_tell fd_write path_create_directory "
    "path_filestat_get path_filestat_set_times path_link path_open path_readlink path_remove_directory path_rename path_symlink "
    "path_unlink_file poll_oneoff proc_exit proc_raise random_get sched_yield sock_accept sock_recv sock_send sock_shutdown"
)
GIVEN = {ENV: KERNEL, USER: FILES | MCP, WASI: PREVIEW_1}


class Signature(Value):
    parameters: tuple[str, ...]
    results: tuple[str, ...]

    def __str__(self) -> str:
        return f"({', '.join(self.parameters)}) -> ({', '.join(self.results)})"


class Import(Value):
    """type: a function's signature, else what it is."""

    module: str
    name: str
    kind: str
    type: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Limits(Value):
    """In pages of 64 KiB for a memory, in entries for a table; maximum is None where the module names none."""

    minimum: int
    maximum: int | None = None
    flags: int = 0


class Module(Value):
    """exports: kind and type by name; a function's type is its signature. problem: why it cannot run here, if it cannot."""

    abi: Abi
    exports: dict[str, tuple[str, str]]
    imports: tuple[Import, ...]
    memory: Limits | None
    size_bytes: int
    problem: str | None

    @property
    def functions(self) -> dict[str, str]:
        return {name: type for name, (kind, type) in self.exports.items() if kind == "function"}

    def to_dict(self) -> dict[str, Any]:
        """Plain data, to be shown before anything runs. needs: what it can ask of its host; whether it gets it is the grant's matter."""
        names = {item.name for item in self.imports}
        memory = {"minimum_pages": self.memory.minimum, "maximum_pages": self.memory.maximum} if self.memory else None
        return {
            "abi": self.abi,
            "runs": self.problem is None,
            "problem": self.problem,
            "size_bytes": self.size_bytes,
            "exports": [{"name": name, "kind": kind, "type": type} for name, (kind, type) in self.exports.items()],
            "imports": [{"module": item.module, "name": item.name, "kind": item.kind, "type": item.type} for item in self.imports],
            "memory": memory,
            "needs": {
                "files": bool(names & (FILES | {"path_open"})),
                "network": "http_request" in names,
                "clock": "clock_time_get" in names,
                "random": "random_get" in names,
            },
        }


def inspect(data: bytes) -> Module:
    """Raises ConfigError for what is no WASM module. A module that cannot run here is told so in `problem`."""
    if data[:8] == COMPONENT:
        raise ConfigError("it is a WASM component (WASI preview 2); what runs here is a core module: build it for wasm32-wasip1")
    contents = _Contents()
    for section in _sections(data):
        contents.read(section)
    memory = contents.memories[0] if contents.memories else None
    abi = _find_abi(contents)
    return Module(abi, contents.exports, tuple(contents.imports), memory, len(data), contents.problem or _find_problem(abi, contents))


def cap_memory(data: bytes, limit_bytes: int) -> bytes:
    """The same module with a maximum for its memory and its tables, so that it cannot grow past them. Raises ConfigError where it needs
    more from the start."""
    most = limit_bytes // PAGE_BYTES
    parts = [data[:8]]
    for section in _sections(data):
        if section.id not in (TABLE, MEMORY):
            parts.append(data[section.start : section.end])
            continue
        reader = section.reader
        entries = list(reader.count())
        body = _write_u32(len(entries))
        for _ in entries:
            prefix = reader.prefix(_read_table_type) if section.id == TABLE else b""
            limits = reader.limits()
            if section.id == MEMORY and limits.minimum > most:
                raise ConfigError(f"it needs {limits.minimum * PAGE_BYTES} bytes of memory to start, and gets at most {limit_bytes}")
            limit = most if section.id == MEMORY else max(MOST_TABLE_ENTRIES, limits.minimum)
            maximum = limit if limits.maximum is None else min(limits.maximum, limit)
            body += prefix + bytes([limits.flags | HAS_MAXIMUM]) + _write_u32(limits.minimum) + _write_u32(maximum)
            if prefix[:1] == b"\x40":
                body += reader.prefix(_read_constant)
        parts.append(bytes([section.id]) + _write_u32(len(body)) + body)
    return b"".join(parts)


class _Contents:
    def __init__(self) -> None:
        self.imports: list[Import] = []
        self.exports: dict[str, tuple[str, str]] = {}
        self.memories: list[Limits] = []
        self.tables: list[Limits] = []
        self.problem: str | None = None
        self._types: list[Signature] = []
        self._functions: list[str] = []  # their signatures, imported ones first

    def read(self, section: _Section) -> None:
        reader = section.reader
        if section.id == TYPE:
            self._read_types(reader)
        elif section.id == TABLE:
            self.tables += [_read_table(reader) for _ in reader.count()]
        elif section.id == MEMORY:
            self.memories += [reader.limits() for _ in reader.count()]
        elif self.problem:
            return  # the rest cannot be read without the types
        elif section.id == IMPORT:
            self.imports += [_read_import(reader, self._types) for _ in reader.count()]
            self._functions += [item.type for item in self.imports if item.kind == "function"]
        elif section.id == FUNCTION:
            self._functions += [str(reader.item(self._types)) for _ in reader.count()]
        elif section.id == EXPORT:
            for _ in reader.count():
                name, kind = reader.name(), reader.kind()
                self.exports[name] = kind, self._read_type(kind, reader)

    def _read_type(self, kind: str, reader: _Reader) -> str:
        if kind == "function":
            return reader.item(self._functions)
        reader.u32()
        return kind

    def _read_types(self, reader: _Reader) -> None:
        for _ in reader.count():
            if reader.byte() != FUNCTION_TYPE:
                self.problem = "it uses garbage-collected types, whose memory cannot be capped"
                return
            self._types.append(Signature(reader.types(), reader.types()))


class _Section(Value):
    """start, end: with its head."""

    id: int
    start: int
    end: int
    reader: _Reader


class _Reader:
    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data, self._at, self._end = data, at, end

    @property
    def at(self) -> int:
        return self._at

    @property
    def is_done(self) -> bool:
        return self._at >= self._end

    def byte(self) -> int:
        if self._at >= self._end:
            raise self.wrong("ends too early")
        self._at += 1
        return self._data[self._at - 1]

    def take(self, length: int) -> bytes:
        if length > self._end - self._at:
            raise self.wrong("ends too early")
        self._at += length
        return self._data[self._at - length : self._at]

    def unsigned(self, bits: int = 64) -> int:
        """LEB128."""
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
        """Of items, each of which takes a byte at least."""
        count = self.u32()
        if count > self._end - self._at:
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

    def type(self) -> str:
        byte = self.byte()
        if byte in (0x63, 0x64):  # a reference to a type of the module's own
            self.unsigned()
        return TYPES.get(byte, f"type {byte:#x}")

    def types(self) -> tuple[str, ...]:
        return tuple(self.type() for _ in self.count())

    def item[T](self, of: list[T]) -> T:
        index = self.u32()
        if index >= len(of):
            raise self.wrong(f"names number {index} of {len(of)}")
        return of[index]

    def limits(self) -> Limits:
        flags = self.byte()
        if flags > (HAS_MAXIMUM | IS_SHARED | IS_64_BIT):
            raise self.wrong(f"holds limits of unknown kind {flags}")
        return Limits(self.unsigned(), self.unsigned() if flags & HAS_MAXIMUM else None, flags)

    def prefix(self, read: Callable[[_Reader], object]) -> bytes:
        """The bytes that `read` takes."""
        start = self._at
        read(self)
        return self._data[start : self._at]

    def wrong(self, why: str) -> ConfigError:
        return ConfigError(f"it is no valid WASM module: at byte {self._at} it {why}")


def _sections(data: bytes) -> Iterator[_Section]:
    if data[:8] != MAGIC:
        raise ConfigError("it is no WASM module: it does not begin with the bytes \\0asm and version 1")
    reader = _Reader(data, 8, len(data))
    while not reader.is_done:
        start = reader.at
        id, size = reader.byte(), reader.u32()
        inner = _Reader(data, reader.at, reader.at + size)
        reader.take(size)
        yield _Section(id, start, reader.at, inner)


def _read_import(reader: _Reader, types: list[Signature]) -> Import:
    module, name, kind = reader.name(), reader.name(), reader.kind()
    match kind:
        case "function":
            return Import(module, name, kind, str(reader.item(types)))
        case "table":
            _read_table(reader)
        case "memory":
            reader.limits()
        case "global":
            reader.type()
            reader.byte()
        case _:
            reader.byte()
            reader.u32()
    return Import(module, name, kind, kind)


def _read_table(reader: _Reader) -> Limits:
    has_value = _read_table_type(reader)
    limits = reader.limits()
    if has_value:
        _read_constant(reader)
    return limits


def _read_table_type(reader: _Reader) -> bool:
    """Whether a first value for its entries follows its limits."""
    byte = reader.byte()
    if byte != 0x40:
        if byte in (0x63, 0x64):
            reader.unsigned()
        return False
    reader.byte()
    reader.type()
    return True


def _read_constant(reader: _Reader) -> None:
    """An expression that gives a reference: ref.null or ref.func."""
    while (code := reader.byte()) != 0x0B:
        if code in (0xD0, 0xD2, 0x23):
            reader.unsigned()
        else:
            raise reader.wrong(f"holds a table that begins with something unknown, {code:#x}")


def _find_abi(contents: _Contents) -> Abi:
    spaces = {item.module for item in contents.imports}
    functions = {name for name, (kind, _) in contents.exports.items() if kind == "function"}
    if spaces & {ENV, USER}:
        if {"call_tool", "list_tools"} <= functions:
            return "hyper-mcp-v2"
        return "hyper-mcp-v1" if {"call", "describe"} <= functions else "extism"
    if "_start" in functions:
        return "wasi-command"
    if "_initialize" in functions:
        return "wasi-reactor"
    return "plain" if functions & set(ALLOCATORS) and "memory" in contents.exports else "unknown"


def _find_problem(abi: Abi, contents: _Contents) -> str | None:
    unknown = [str(item) for item in contents.imports if item.kind != "function" or item.name not in GIVEN.get(item.module, ())]
    if unknown:
        return f"it imports {', '.join(unknown[:20])}, which ToolFS does not give"
    if len(contents.memories) > 1:
        return "it has several memories, of which only one can be capped"
    if any(limits.flags & (IS_SHARED | IS_64_BIT) for limits in (*contents.memories, *contents.tables)):
        return "its memory is shared or has 64-bit addresses, which is not supported"
    if abi == "unknown":
        return (
            "its kind cannot be told: it imports nothing of Extism's, exports neither _start nor _initialize, "
            f"and has no memory with one of {', '.join(ALLOCATORS)}"
        )
    return None


def _write_u32(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
