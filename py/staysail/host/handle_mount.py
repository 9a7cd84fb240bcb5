from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import js
from pyodide.ffi import JsException, to_js

from ..core.errors import ConfigError, QuotaError, StoreError, ToolFSError
from ..fs.entry import Entry, already_there, directory, hash_of, is_directory, not_a_directory, not_found, to_iso
from ..fs.path import Path, check_name, is_under, to_text
from .idb_database import Database, open_database
from .web_lock import hold

HANDLES = "staysail:handles"
TEMPORARY = ".crswap"  # ending of the file that Chromium writes until it is complete


class HandleMount:
    """Files behind a FileSystemDirectoryHandle: of the origin's private file system (OPFS), or of a directory that the user picked. A
    write takes effect as a whole, when it is complete. name: the name of the lock that tabs share."""

    def __init__(self, handle: Any, name: str, *, kind: str = "directory", writable: bool = True) -> None:
        self.kind, self.writable = kind, writable
        self._root, self._name = handle, name
        self._alone = asyncio.Lock()

    async def stat(self, path: Path) -> Entry | None:
        if not path:
            return directory(())
        with _translating(path):
            found = await self._find(path)
            return await _entry(found, path) if found else None

    async def list(self, path: Path) -> list[Entry]:
        with _translating(path):
            folder = await self._need(path, "directory")
            handles = [handle async for handle in folder.values() if _is_name(handle.name)]
            return sorted([await _entry(handle, (*path, handle.name)) for handle in handles], key=lambda entry: entry.name)

    async def read(self, path: Path) -> bytes:
        with _translating(path):
            file = await (await self._need(path, "file")).getFile()
            data: bytes = (await file.arrayBuffer()).to_bytes()
            return data

    async def write(self, path: Path, data: bytes, *, if_hash: str | None = None) -> None:
        async with self._changing(path):
            found = await self._find(path) if path else None
            if not path or (found and found.kind == "directory"):
                raise is_directory(path)
            if if_hash is not None and if_hash != (hash_of(await self.read(path)) if found else ""):
                raise ToolFSError("this was changed meanwhile; read it again and repeat the change", code="changed", path=to_text(path))
            await _fill(await (await self._make(path[:-1])).getFileHandle(path[-1], _options(create=True)), data)

    async def append(self, path: Path, data: bytes) -> None:
        async with self._changing(path):
            found = await self._find(path) if path else None
            if not path or (found and found.kind == "directory"):
                raise is_directory(path)
            handle = found or await (await self._make(path[:-1])).getFileHandle(path[-1], _options(create=True))
            await _fill(handle, data, at=(await handle.getFile()).size)

    async def mkdir(self, path: Path) -> None:
        async with self._changing(path):
            found = await self._find(path) if path else None
            if found and found.kind == "file":
                raise already_there(path)
            await self._make(path)

    async def delete(self, path: Path, *, recursive: bool = False) -> None:
        async with self._changing(path):
            if not path:
                raise ToolFSError("a mount itself cannot be deleted; delete what is in it", code="refused", path="/")
            if await self._find(path) is None:
                raise not_found(path)
            folder = await self._need(path[:-1], "directory")
            await folder.removeEntry(path[-1], _options(recursive=recursive))

    async def rename(self, old: Path, new: Path) -> None:
        """Copies the file and deletes the old one. A page that ends in between leaves both."""
        async with self._changing(old):
            source = await self._find(old) if old else None
            if source is None:
                raise not_found(old)
            if old == new:
                return
            if is_under(new, old):
                raise ToolFSError("a directory cannot be moved into itself", code="bad_path", path=to_text(new))
            if not new or await self._find(new):
                raise already_there(new)
            await self._copy(source, await self._make(new[:-1]), new[-1])
            await (await self._need(old[:-1], "directory")).removeEntry(old[-1], _options(recursive=True))

    async def permission(self) -> str:
        """Returns "granted", "prompt" or "denied"."""
        if not hasattr(self._root, "queryPermission"):
            return "granted"
        return str(await self._root.queryPermission(_options(mode="readwrite" if self.writable else "read")))

    async def _copy(self, source: Any, folder: Any, name: str) -> None:
        if source.kind == "file":
            data = (await (await source.getFile()).arrayBuffer()).to_bytes()
            await _fill(await folder.getFileHandle(name, _options(create=True)), data)
            return
        made = await folder.getDirectoryHandle(name, _options(create=True))
        async for handle in source.values():
            await self._copy(handle, made, handle.name)

    @asynccontextmanager
    async def _changing(self, path: Path) -> AsyncGenerator[None]:
        if not self.writable:
            raise ToolFSError("this cannot be changed: the directory is mounted to be read", code="read_only", path=to_text(path))
        async with self._alone, hold(self._name):
            with _translating(path):
                yield

    async def _find(self, path: Path) -> Any:
        """Returns the handle, or None where it is missing. Raises ToolFSError where a directory above it is a file."""
        folder = self._root
        for depth, name in enumerate(path[:-1], 1):
            folder = await _child(folder, name)
            if folder is None:
                return None
            if folder.kind == "file":
                raise not_a_directory(path[:depth])
        return await _child(folder, path[-1]) if path else folder

    async def _need(self, path: Path, kind: str) -> Any:
        found = await self._find(path)
        if found is None:
            raise not_found(path)
        if found.kind != kind:
            raise is_directory(path) if kind == "file" else not_a_directory(path)
        return found

    async def _make(self, path: Path) -> Any:
        folder = self._root
        for name in path:
            folder = await folder.getDirectoryHandle(name, _options(create=True))
        return folder


async def open_private(folder: str = "") -> Any:
    """Opens a directory of the origin's private file system, which is created if it is missing. Raises ConfigError where the browser has
    none."""
    storage = getattr(getattr(js, "navigator", None), "storage", None)
    if storage is None or not hasattr(storage, "getDirectory"):
        raise ConfigError("this browser has no private file system (OPFS) for this page")
    try:
        handle = await storage.getDirectory()
        for name in filter(None, folder.split("/")):
            handle = await handle.getDirectoryHandle(check_name(name), _options(create=True))
    except JsException as error:
        raise ConfigError(f"the browser does not let this page use its private file system: {error.message}") from error
    return handle


async def load_handle(name: str) -> Any:
    """Returns the handle that the page stored under this name, or None. Stored handles reach workers and later visits."""
    database = Database(await open_database(HANDLES, ["handles"], "a directory is picked in a page"), HANDLES)
    try:
        transaction = database.begin(["handles"], "readonly")
        request = transaction.objectStore("handles").get(name)
        await database.done(transaction)
        return request.result
    finally:
        await database.close()


async def _child(folder: Any, name: str) -> Any:
    try:
        return await folder.getFileHandle(name)
    except JsException as error:
        if error.name == "NotFoundError":
            return None
        if error.name != "TypeMismatchError":
            raise
    return await folder.getDirectoryHandle(name)


async def _fill(handle: Any, data: bytes, *, at: int = 0) -> None:
    stream = await handle.createWritable(_options(keepExistingData=at > 0))
    try:
        if at:
            await stream.seek(at)
        await stream.write(to_js(data))
        await stream.close()
    except BaseException:
        await stream.abort()
        raise


async def _entry(handle: Any, path: Path) -> Entry:
    if handle.kind == "directory":
        return Entry(to_text(path), "directory", None)
    file = await handle.getFile()
    return Entry(to_text(path), "file", file.size, None, to_iso(file.lastModified / 1000))


def _options(**options: Any) -> Any:
    return to_js(options, dict_converter=js.Object.fromEntries)


def _is_name(name: str) -> bool:
    try:
        return check_name(name) == name and not name.endswith(TEMPORARY)
    except ToolFSError:
        return False


@contextmanager
def _translating(path: Path) -> Iterator[None]:
    """Translates the browser's errors into those of mounts."""
    try:
        yield
    except JsException as error:
        raise _translated(error, path) from error


def _translated(error: JsException, path: Path) -> Exception:
    text = to_text(path)
    match error.name:
        case "NotFoundError":
            return not_found(path)
        case "TypeMismatchError":
            return not_a_directory(path)
        case "NotAllowedError" | "SecurityError":
            return ToolFSError(
                "the browser no longer lets this page use the directory: ask the user again, with requestPermission from a click",
                code="no_permission",
                path=text,
            )
        case "InvalidModificationError":
            return ToolFSError(
                "this directory is not empty; delete what is in it first, or delete with recursive", code="not_empty", path=text
            )
        case "NoModificationAllowedError":
            return ToolFSError("another program or tab has this open; try again when it is done", code="unavailable", path=text)
        case "QuotaExceededError":
            return QuotaError("the browser has no room left for this page: delete something. Nothing was changed")
        case "TypeError":
            return ToolFSError(f"the browser does not take this name: {error.message}", code="bad_path", path=text)
    return StoreError(f"{text}: {error.name} {error.message}")
