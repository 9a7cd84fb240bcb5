"""`ToolFS`: a composition root, like the package's `__init__` and `vectors`: here a file system, what keeps it and what it mounts come
together. It is imported when it is first used."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from importlib import import_module
from typing import Any

from .core.errors import ConfigError
from .core.ports import Transport
from .fs import toolfs
from .fs.mounts import Mounted
from .fs.path import resolve_path, to_text
from .fs.ports import Embedder, KeyValue, PluginHost
from .host.records import open_records
from .stores.state import StoreState

IN_BROWSER_RUNTIME = sys.platform == "emscripten"
DEFAULT_NAME = "toolfs"


class ToolFS(toolfs.ToolFS):
    """A file system that an agent works through.

        toolfs = ToolFS("notes", search_index=store)
        toolfs.mount("/toolfs/data")
        session = toolfs.session("agent", {"/toolfs/data": "read write list", "/toolfs/memory": "read write list"})
        agent = Agent(..., tools=toolfs.tools(session))

    store: in a page the name it is kept under in IndexedDB, "toolfs" if left out; on CPython a directory that keeps it, and if left out it
    lasts as long as the process, as ":memory:" does everywhere; or a KeyValue. search_index: what /toolfs/rag searches, a VectorStore (its
    content is part of snapshots) or anything with `top_n(query, n)`. embedder: lets memory be searched by meaning too. transport: for
    HTTP mounts and plugins; the default one of the package. plugin_host: runs plugins that are no Python objects; on CPython the folder of
    the npm package, whose plugins run in Node (see NodePluginHost). secrets: texts that the audit never shows. now: seconds since 1970.
    Raises ConfigError.

    Paths are text such as /toolfs/data/a.txt. Every method that works on them takes a session and raises ToolFSError where it may not,
    cannot or finds nothing, and StoreError where the storage fails; every call is written into the audit before it returns."""

    def __init__(
        self,
        store: KeyValue | str | os.PathLike[str] | None = None,
        *,
        search_index: Any = None,
        embedder: Embedder | None = None,
        transport: Transport | None = None,
        plugin_host: PluginHost | str | os.PathLike[str] | None = None,
        secrets: Sequence[str] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = os.fspath(store) if isinstance(store, str | os.PathLike) else DEFAULT_NAME
        super().__init__(
            open_records(store, "toolfs"),
            search_index=search_index,
            embedder=embedder,
            transport=transport,
            plugin_host=open_plugin_host(plugin_host),
            secrets=secrets,
            now=now,
        )
        if all(hasattr(search_index, part) for part in ("export", "delete", "upsert")):
            self.add_state("rag", StoreState(search_index))

    def mount_directory(self, path: str, directory: Any, *, writable: bool = True) -> Mounted:
        """Files of a real directory: on CPython a path on the disk, in a page the FileSystemDirectoryHandle that the user picked. Snapshots
        leave it out. Raises ConfigError."""
        if not hasattr(directory, "getFileHandle"):
            return self.mount(path, import_module("staysail.host.directory_mount").DirectoryMount(directory, writable=writable))
        lock = f"staysail:directory:{directory.name}"
        return self.mount(path, import_module("staysail.host.handle_mount").HandleMount(directory, lock, writable=writable))

    async def mount_kept(self, path: str, *, writable: bool = True) -> Mounted:
        """The directory that the user picked for this path, now or on an earlier visit. Raises ConfigError where there is none."""
        name = f"{self.name}:{to_text(resolve_path(path))}"
        handle = await _in_page("a directory is picked").load_handle(name)
        if handle is None:
            raise ConfigError(f"no directory was picked for {path} yet: pick one in the page, with pickDirectory, from a click")
        return self.mount_directory(path, handle, writable=writable)

    async def mount_opfs(self, path: str, folder: str = "", *, writable: bool = True) -> Mounted:
        """Files in a folder of the origin's private file system, which is made if needed. Snapshots leave it out. Raises ConfigError."""
        host = _in_page("the private file system is")
        return self.mount(
            path, host.HandleMount(await host.open_private(folder), f"staysail:opfs:{folder}", kind="opfs", writable=writable)
        )

    async def changes(self) -> AsyncGenerator[set[str]]:
        """What was changed, by this tab or another, as often as something was: "tree" for files, memory and skills, "snapshot", "audit".
        Ends at once where the store does not tell."""
        watch = getattr(self._store, "watch", None)
        if watch is None:
            return
        queue: Any = import_module("asyncio").Queue()
        end = watch(queue.put_nowait)
        try:
            while True:
                yield await queue.get()
        finally:
            end()

    async def close(self) -> None:
        """Lets go of what keeps it and ends its plugins; nothing is lost."""
        await self.plugins.close()
        if hasattr(self._store, "close"):
            await self._store.close()


def open_plugin_host(host: PluginHost | str | os.PathLike[str] | None) -> PluginHost | None:
    """In a page there is always one; a text there is the address that staysail's web folder is served from."""
    if host is not None and not isinstance(host, str | os.PathLike):
        return host
    opened: PluginHost | None = None
    if IN_BROWSER_RUNTIME:
        opened = import_module("staysail.host.js_plugins").JsPluginHost(host)
    elif host is not None:
        opened = import_module("staysail.host.node_plugins").NodePluginHost(host)
    return opened


def _in_page(what: str) -> Any:
    if not IN_BROWSER_RUNTIME:
        raise ConfigError(f"{what} in a page; on a server, use mount_directory with a path")
    return import_module("staysail.host.handle_mount")
