"""Files that an interpreter works on: copied in before a run, and what it changed written back, each under the session's capabilities."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from ..core.errors import ToolError, ToolFSError

# Limits of all files below /toolfs, before a run and after it.
MOST_BYTES = 32 << 20
MOST_FILES = 5_000
MOST = {"files": MOST_FILES, "bytes": MOST_BYTES}
AT_ONCE = 64
# Made when they are read, and not files to work on.
APART = ("/toolfs/audit", "/toolfs/memory", "/toolfs/plugins", "/toolfs/rag", "/toolfs/snapshots")


class FileEntry(Protocol):
    path: str
    kind: Any
    size_bytes: int | None
    modified_at: str | None
    hash: str | None


class TreeSession(Protocol):
    name: str


class FileTree(Protocol):
    """A ToolFS. Every method raises ToolFSError for what the session may not."""

    async def read(self, path: str, session: Any) -> bytes: ...
    async def write(self, path: str, content: str | bytes, session: Any) -> Any: ...
    async def list(self, path: str, session: Any) -> Sequence[Any]: ...
    async def delete(self, path: str, session: Any) -> None: ...


class SharedFiles:
    """Files that a ToolFS and an interpreter have in common. Knows which ones the interpreter has, so that only others are copied."""

    def __init__(self, tree: FileTree, session: TreeSession) -> None:
        self._tree, self._session = tree, session
        self._known: dict[str, object] = {}

    def forget(self) -> None:
        """The interpreter is gone."""
        self._known.clear()

    async def load(self) -> dict[str, Any]:
        """Reads the files that the interpreter does not have yet, and lists those that were deleted, as `Sandbox.run` takes them. Raises
        ToolError where more than MOST_FILES or MOST_BYTES are below /toolfs."""
        folders, entries, size_bytes = [], {}, 0
        async for entry in self._walk("/toolfs"):
            if entry.kind == "directory":
                folders.append(entry.path)
            else:
                entries[entry.path] = entry
                size_bytes += entry.size_bytes or 0
            _check(len(entries) + len(folders), size_bytes)
        changed = [entry for path, entry in entries.items() if path not in self._known or self._known[path] != _version(entry)]
        files = [file for file in await _side_by_side(self._read, changed) if file]
        _check(len(files), sum(len(file["data"]) for file in files) * 3 // 4)
        deleted = [path for path in self._known if path not in entries]
        for path in deleted:
            del self._known[path]
        return {"folders": folders, "files": files, "deleted": deleted, "most": MOST}

    async def _read(self, entry: FileEntry) -> dict[str, str] | None:
        try:
            data = await self._tree.read(entry.path, self._session)
        except ToolFSError as error:
            if error.code == "limit":
                raise ToolError(str(error)) from error
            return None  # it may be listed, and not read
        self._known[entry.path] = _version(entry)
        return {"path": entry.path, "data": base64.b64encode(data).decode()}

    async def save(self, files: Sequence[Mapping[str, str]], deleted: Sequence[str]) -> list[str]:
        """Writes back what was changed. Returns a note for each file that could not be kept or deleted."""
        notes = [*await _side_by_side(self._write, files), *await _side_by_side(self._delete, deleted)]
        return [note for note in notes if note]

    async def _write(self, file: Mapping[str, str]) -> str | None:
        path = file["path"]
        try:
            entry = await self._tree.write(path, base64.b64decode(file["data"]), self._session)
        except ToolFSError as error:
            self._known[path] = None  # comes in again as it is kept
            return f"[{path} was not kept: {error}]"
        self._known[path] = _version(entry)
        return None

    async def _delete(self, path: str) -> str | None:
        self._known.pop(path, None)
        try:
            await self._tree.delete(path, self._session)
        except ToolFSError as error:
            return f"[{path} was not deleted: {error}]"
        return None

    async def _walk(self, path: str) -> AsyncGenerator[FileEntry]:
        try:
            entries = await self._tree.list(path, self._session)
        except ToolFSError as error:
            if error.code == "limit":
                raise ToolError(str(error)) from error
            return
        for entry in entries:
            if entry.path in APART:
                continue
            yield entry
            if entry.kind == "directory":
                async for below in self._walk(entry.path):
                    yield below


def _check(count: int, size_bytes: int) -> None:
    if count > MOST_FILES or size_bytes > MOST_BYTES:
        raise ToolError(
            f"there are more than {MOST_FILES} files and folders, or {MOST_BYTES} bytes, below /toolfs; give this tool a session that "
            "sees fewer"
        )


async def _side_by_side[T, R](work: Callable[[T], Awaitable[R]], items: Sequence[T]) -> list[R]:
    """Results in order, AT_ONCE at a time: each file costs a store and an audit a moment."""
    done: list[R] = []
    for start in range(0, len(items), AT_ONCE):
        done += await asyncio.gather(*(work(item) for item in items[start : start + AT_ONCE]))
    return done


def _version(entry: FileEntry) -> object:
    return entry.hash or (entry.modified_at, entry.size_bytes)
