"""Files that an interpreter works on: copied in before a run, and what it changed written back, each under the session's capabilities."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Protocol

from ..core.errors import ToolError, ToolFSError

MOST_BYTES = 32 << 20
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


class Changed:
    """Knows which files the interpreter has, so that only others are copied."""

    def __init__(self, tree: FileTree, session: TreeSession) -> None:
        self._tree, self._session = tree, session
        self._known: dict[str, object] = {}

    def forget(self) -> None:
        """The interpreter is gone."""
        self._known.clear()

    async def load(self) -> dict[str, Any]:
        """What it does not have yet, and what is there no more. Raises ToolError where that is too much."""
        folders, files, seen, size_bytes = [], [], set(), 0
        async for entry in self._walk("/toolfs"):
            if entry.kind == "directory":
                folders.append(entry.path)
                continue
            seen.add(entry.path)
            version = _version(entry)
            if entry.path in self._known and self._known[entry.path] == version:
                continue
            try:
                data = await self._tree.read(entry.path, self._session)
            except ToolFSError as error:
                if error.code == "limit":
                    raise ToolError(str(error)) from error
                continue  # it may be listed, and not read
            size_bytes += len(data)
            if size_bytes > MOST_BYTES:
                raise ToolError(f"the files below /toolfs are more than {MOST_BYTES} bytes; give this tool a session that sees fewer")
            self._known[entry.path] = version
            files.append({"path": entry.path, "data": base64.b64encode(data).decode()})
        deleted = [path for path in self._known if path not in seen]
        for path in deleted:
            del self._known[path]
        return {"folders": folders, "files": files, "deleted": deleted}

    async def save(self, files: Sequence[Mapping[str, str]], deleted: Sequence[str]) -> list[str]:
        """Writes back what was changed. What of it was not possible, in words."""
        refused = []
        for file in files:
            try:
                entry = await self._tree.write(file["path"], base64.b64decode(file["data"]), self._session)
                self._known[file["path"]] = _version(entry)
            except ToolFSError as error:
                self._known[file["path"]] = None  # comes in again as it is kept
                refused.append(f"[{file['path']} was not kept: {error}]")
        for path in deleted:
            try:
                await self._tree.delete(path, self._session)
            except ToolFSError as error:
                refused.append(f"[{path} was not deleted: {error}]")
            self._known.pop(path, None)
        return refused

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


def _version(entry: FileEntry) -> object:
    return entry.hash or (entry.modified_at, entry.size_bytes)
