"""Inspection of a WASM module: its ABI, exports, imports and needs, read from its bytes. Nothing of it is compiled or run."""

from __future__ import annotations

from typing import Any, Literal

from ...core.errors import ConfigError
from ...core.value import Value
from .code import Body
from .contents import Contents, Import
from .limits import PAGE_BYTES
from .reader import COMPONENT, IS_64_BIT, IS_SHARED, Limits

type Abi = Literal["extism", "hyper-mcp-v1", "hyper-mcp-v2", "wasi-command", "wasi-reactor", "plain", "unknown"]

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
UNKNOWN_KIND = (
    "its kind is unknown: it imports nothing of Extism's, exports neither _start nor _initialize, "
    f"and has no memory with one of {', '.join(ALLOCATORS)}"
)


class Module(Value):
    """A module that was read.

    exports: kind and type by name; a function's type is its signature.
    static_bytes: what an engine takes for the module beside its memory.
    entries: most entries of each table.
    growing: functions that grow its memory.
    problem: why it cannot run here, if it cannot.
    unknown_kind: whether the only problem is that its ABI is not known.
    """

    abi: Abi
    exports: dict[str, tuple[str, str]]
    imports: tuple[Import, ...]
    memory: Limits | None
    size_bytes: int
    static_bytes: int
    entries: tuple[int, ...]
    growing: tuple[Body, ...]
    problem: str | None
    unknown_kind: bool = False

    @property
    def start_bytes(self) -> int:
        return self.memory.minimum * PAGE_BYTES if self.memory else 0

    @property
    def functions(self) -> dict[str, str]:
        return {name: type for name, (kind, type) in self.exports.items() if kind == "function"}

    def to_dict(self) -> dict[str, Any]:
        """Plain data, to be shown before anything runs. needs: what the module can ask of its host, which decides by the grant."""
        names = {item.name for item in self.imports}
        memory = {"minimum_pages": self.memory.minimum, "maximum_pages": self.memory.maximum} if self.memory else None
        return {
            "abi": self.abi,
            "runs": self.problem is None,
            "problem": self.problem,
            "size_bytes": self.size_bytes,
            "static_bytes": self.static_bytes,
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
    """Reads a module. A module that cannot run here has a `problem`. Raises ConfigError for bytes that are no WASM module."""
    if data[:8] == COMPONENT:
        raise ConfigError("it is a WASM component (WASI preview 2); what runs here is a core module: build it for wasm32-wasip1")
    contents = Contents(data)
    memory = contents.memories[0] if contents.memories else None
    abi = _find_abi(contents)
    problem = contents.problem or _find_problem(contents)
    unknown_kind = problem is None and abi == "unknown"
    return Module(
        abi,
        contents.exports,
        tuple(contents.imports),
        memory,
        len(data),
        contents.static_bytes,
        contents.entries,
        tuple(contents.growing),
        UNKNOWN_KIND if unknown_kind else problem,
        unknown_kind,
    )


def _find_abi(contents: Contents) -> Abi:
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


def _find_problem(contents: Contents) -> str | None:
    unknown = [str(item) for item in contents.imports if item.kind != "function" or item.name not in GIVEN.get(item.module, ())]
    if unknown:
        return f"it imports {', '.join(unknown[:20])}, which ToolFS does not give"
    if len(contents.memories) > 1:
        return "it has several memories, of which only one can be capped"
    if any(limits.flags & (IS_SHARED | IS_64_BIT) for limits in (*contents.memories, *contents.tables)):
        return "its memory is shared or has 64-bit addresses, which is not supported"
    return None
