"""The composition root: the only module that chooses implementations, according to the runtime.

It fills the ports of `core.defaults`. Each implementation is imported when it is first used, so a page loads only what it needs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from .agent.run_log import RunLog, memory_log
from .core.conversations import ConversationStore
from .core.defaults import Defaults
from .core.errors import ConfigError
from .core.memory_records import MemoryRecords
from .core.ports import KeyValue, Transport
from .core.shown import Drawing
from .providers import load_model

IN_BROWSER_RUNTIME = sys.platform == "emscripten"
NEED_WEB_FILES = 'say where the files of the npm package staysail are: staysail.use_web_files("https://…/staysail/")'
BACKENDS = ("kernel", "numkong", "numpy")


def load(module: str, name: str) -> Any:
    """Imports a module of this package and returns one of its names."""
    return getattr(import_module(f"staysail.{module}"), name)


def later(module: str, name: str) -> Callable[..., Any]:
    """Returns a function that imports its module when it is first called."""
    return lambda *args: load(module, name)(*args)


# Requests and waiting


@cache
def transport() -> Transport:
    chosen = ("host.fetch_transport", "FetchTransport") if IN_BROWSER_RUNTIME else ("host.httpx_transport", "HttpxTransport")
    made: Transport = load(*chosen)()
    return made


@cache
def blocking_transport() -> Transport:
    made: Transport = load("host.page_waiting", "blocking_transport")()
    return made


# Records and runs


def open_records(where: KeyValue | str | os.PathLike[str] | None, kind: str) -> KeyValue:
    """Opens a KeyValue.

    where: a name in a page, a directory on CPython; ":memory:"; a KeyValue, which is returned; None for `kind` as the name, and for memory
        where there is no IndexedDB.
    kind: of the records, so that equal names of other kinds do not meet.
    Raises ConfigError."""
    if where is not None and not isinstance(where, str | os.PathLike):
        return where
    if where == ":memory:" or (where is None and not _has_indexed_db()):
        return MemoryRecords()
    opened: KeyValue
    if IN_BROWSER_RUNTIME:
        opened = load("host.idb_records", "IdbRecords")(f"staysail:{kind}:{os.fspath(where or kind)}")
    else:
        opened = load("host.sqlite_records", "SqliteRecords")(where)
    return opened


def _has_indexed_db() -> bool:
    return IN_BROWSER_RUNTIME and bool(load("host.idb_database", "find_factory")())


@cache
def conversations() -> ConversationStore:
    made: ConversationStore = load("stores.conversations", "Conversations")()
    return made


def run_log(name: str | None) -> RunLog:
    """Returns the log of durable runs with this name: a database in a page, a directory on CPython, or ":memory:". Raises ConfigError."""
    if IN_BROWSER_RUNTIME or name == ":memory:":
        return _open_run_log(name)
    if name is None:
        raise ConfigError("say where runs are kept: durable='a directory', or ':memory:' for as long as the process lives")
    return _open_run_log(os.path.abspath(name))  # noqa: PTH100  a directory of this process, whatever becomes of its own


@cache
def _open_run_log(name: str | None) -> RunLog:
    if name == ":memory:":
        return memory_log()
    if IN_BROWSER_RUNTIME:
        database = f"staysail-runs-{name}" if name else "staysail-runs"
        records = load("host.idb_records", "IdbRecords")(database, durability="strict")
        return RunLog(records, load("host.web_run_locks", "WebRunLocks")(database))
    return RunLog(load("host.sqlite_records", "SqliteRecords")(name), load("host.file_run_locks", "FileRunLocks")(f"{name}/owners"))


# Vectors


async def open_blocks(name: str) -> Any:
    """Opens the blocks of the vector store of this name: in a page the browser's storage, on CPython the directory of this path, for
    ":memory:" the memory of the process. Raises ConfigError, StoreError."""
    if name == ":memory:":
        return load("stores.memory_blocks", "MemoryBlocks")()
    if IN_BROWSER_RUNTIME:
        return await load("host.opfs", "open_blocks")(f"staysail:vectors:{name}")
    return load("host.sqlite_blocks", "SqliteBlocks")(name)


async def load_backend(choice: Any = None) -> Any:
    """Loads the vector backend of this name; the fastest that runs here, if None. A backend object is returned. Raises ConfigError."""
    if choice is not None and not isinstance(choice, str):
        return choice
    load("indexes.ports", "check_choice")("backend", choice or "numpy", BACKENDS)
    if not IN_BROWSER_RUNTIME:
        return _make_backend(choice, "chosen") if choice else _fastest_backend()
    why = "chosen"
    if choice in (None, "kernel"):
        try:
            return await load("host.kernel", "load_kernel")()
        except ConfigError as error:
            if choice:
                raise
            why = f"the kernel does not run: {error}"
    load_packages = load("host.packages", "load_packages")
    if choice in (None, "numkong"):
        try:
            await load_packages(["numpy", "numkong"])
            return _make_backend("numkong", why)
        except ConfigError as error:
            if choice:
                raise
            why += f"; numkong neither: {error}"
    try:
        await load_packages(["numpy"])
    except ConfigError as error:
        raise error if choice else ConfigError(f"no vector backend runs here: {why}; numpy neither: {error}") from error
    return _make_backend("numpy", why)


def _fastest_backend() -> Any:
    try:
        return _make_backend("numkong", "the fastest outside a browser")
    except ConfigError:
        return _make_backend("numpy", "outside a browser, without numkong")


def _make_backend(name: str, reason: str) -> Any:
    match name:
        case "numkong":
            return load("indexes.numkong_backend", "NumkongBackend")(reason)
        case "kernel":
            raise ConfigError("the kernel runs in a browser's WebAssembly alone; here there are numkong and numpy")
        case _:
            return load("indexes.numpy_backend", "NumpyBackend")(reason)


async def load_numpy() -> Any:
    """Loads numpy, which a page fetches now. Raises ConfigError where there is none."""
    if IN_BROWSER_RUNTIME:
        await load("host.packages", "load_packages")(["numpy"])
    try:
        return import_module("numpy")
    except ImportError as error:
        raise ConfigError("this needs numpy: pip install 'staysail[vectors]'") from error


# JavaScript's side: local models, ToolFS's plugins, sandboxes

_web_files: list[str] = []


def use_web_files(address: str | os.PathLike[str], *, local_url: str | None = None) -> None:
    """Says where the files of the npm package `staysail` are, for Python that staysail's own JavaScript did not start: plain Pyodide,
    PyScript, JupyterLite, marimo.

        staysail.use_web_files("https://cdn.jsdelivr.net/npm/staysail@0.1.0/")

    `Agent("local")`, ToolFS's WASM and JavaScript plugins and `python_tool` then work. Nothing is loaded before the first use. In a worker,
    `python_tool` also needs its page to load `sandbox/for-workers.js` of that folder, because only a page can hold the sandbox.

    Args:
        address: The address of the folder. On CPython its path, such as "node_modules/staysail": plugins then run in Node.
        local_url: The address of the weights of local models; `wheels/local/` beside the folder, if left out.

    Raises:
        ConfigError: The address cannot be an address here, as a relative one in a worker without an address of its own.
    """
    where = os.fspath(address)
    if IN_BROWSER_RUNTIME:
        where = load("host.web_files", "resolve")(where)
        load("host.local_engine", "offer_local")(where, local_url)
    _web_files[:] = [where]


def web_files() -> str | None:
    """Returns the address given to `use_web_files`, or None."""
    return _web_files[0] if _web_files else None


def open_plugin_host(host: Any) -> Any:
    """Opens the host of WASM and JavaScript plugins.

    host: a PluginHost, which is returned; in a page the address that staysail's web folder is served from, or None; on CPython the folder
        of the npm package, whose plugins run in Node, or None for no host."""
    if host is not None and not isinstance(host, str | os.PathLike):
        return host
    if IN_BROWSER_RUNTIME:
        return load("host.js_plugins", "JsPluginHost")(host or web_files)
    host = host or web_files()
    return None if host is None else load("host.node_plugins", "NodePluginHost")(host)


def open_directory(directory: Any, writable: bool) -> Any:
    """Mounts a path of the disk, or in a page the FileSystemDirectoryHandle that the user picked. Raises ConfigError."""
    if not hasattr(directory, "getFileHandle"):
        return load("host.directory_mount", "DirectoryMount")(directory, writable=writable)
    return load("host.handle_mount", "HandleMount")(directory, f"staysail:directory:{directory.name}", writable=writable)


async def open_picked_directory(name: str, writable: bool) -> Any:
    """Mounts the directory that the user picked under this name; None where none was picked. Raises ConfigError outside a page."""
    _need_page("a directory is picked")
    handle = await load("host.handle_mount", "load_handle")(name)
    return None if handle is None else open_directory(handle, writable)


async def open_private_directory(folder: str, writable: bool) -> Any:
    """Mounts a folder of the origin's private file system. Raises ConfigError outside a page."""
    _need_page("the private file system is")
    root = await load("host.handle_mount", "open_private")(folder)
    return load("host.handle_mount", "HandleMount")(root, f"staysail:opfs:{folder}", kind="opfs", writable=writable)


def _need_page(what: str) -> None:
    if not IN_BROWSER_RUNTIME:
        raise ConfigError(f"{what} in a page; on a server, use mount_directory with a path")


def open_sandbox(options: Any, web: str | None) -> Any:
    """Opens an interpreter in the page. Raises ConfigError outside a page, and where nobody said where the web files are."""
    if not IN_BROWSER_RUNTIME:
        raise ConfigError("python_tool runs code in a page, which can hold it; on a server, run it in a container of your own")
    where = web or web_files()
    if where is None:
        raise ConfigError(NEED_WEB_FILES)
    return load("host.js_sandbox", "JsSandbox")(where, options)


Defaults.load_model = load_model
Defaults.transport = transport
Defaults.blocking_transport = blocking_transport
Defaults.open_records = open_records
Defaults.open_blocks = open_blocks
Defaults.load_backend = load_backend
Defaults.load_numpy = load_numpy
Defaults.conversations = conversations
Defaults.run_log = run_log
WAITING = "host.page_waiting" if IN_BROWSER_RUNTIME else "host.loop_waiting"
Defaults.run_sync = later(WAITING, "run_sync")
Defaults.iterate_sync = later(WAITING, "iterate_sync")
Drawing.html = later("host.outputs.html", "draw_html")
Drawing.markdown = later("host.outputs.markdown", "draw_markdown")
Drawing.text = later("host.outputs.plain", "draw_text")
Defaults.index_tools = later("indexes.tool_index", "ToolIndex")
Defaults.file_records = later("fs.file_records", "FileRecords")
Defaults.export_state = later("stores.state", "StoreState")
Defaults.open_plugin_host = open_plugin_host
Defaults.open_directory = open_directory
Defaults.open_picked_directory = open_picked_directory
Defaults.open_private_directory = open_private_directory
Defaults.open_sandbox = open_sandbox
if IN_BROWSER_RUNTIME:
    Defaults.install = later("host.packages", "install_missing")
