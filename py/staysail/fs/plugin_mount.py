from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..core.errors import ToolFSError
from ..core.json_text import json_bytes
from ..core.whole_text import whole_text
from .entry import Entry, directory
from .mounts import ReadOnlyMount
from .path import Path, check_name, to_text
from .search import read_query
from .session import Session

type Execute = Callable[[str, Mapping[str, Any], Session], Awaitable[dict[str, Any]]]


class PluginMount(ReadOnlyMount):
    """A plugin as a directory. Reading a path calls its `read_file`, listing calls `list_dir` and, where it is writable, writing calls
    `write_file`; a query is passed as options {text, top_k}. A result of text is the file's content, {content, encoding: "base64"} its
    bytes; any other result is read as JSON. A listing is a list of names, or of {name, kind, size_bytes}."""

    kind = "plugin"
    why = "the plugin is mounted to be read"

    def __init__(
        self, execute: Execute, name: str, *, writable: bool = False, session: Session | None = None, query: str | None = None
    ) -> None:
        self._execute, self._name, self._session, self._query = execute, name, session, query
        self.writable = writable

    def under(self, session: Session, query: str | None) -> PluginMount:
        return PluginMount(self._execute, self._name, writable=self.writable, session=session, query=query)

    async def read(self, path: Path) -> bytes:
        options = {}
        if self._query is not None:
            query = read_query(self._query)
            options = {"options": {"text": query.text, "top_k": query.top_k}}
        result = await self._ask({"operation": "read_file", "path": to_text(path)} | options, path)
        if isinstance(result, str):
            return whole_text(result).encode()
        if isinstance(result, Mapping) and result.keys() == {"content", "encoding"} and result["encoding"] == "base64":
            try:
                return base64.b64decode(result["content"], validate=True)
            except (ValueError, TypeError) as error:
                raise ToolFSError("the plugin gave base64 that is none", code="unavailable", path=to_text(path)) from error
        return json_bytes(result, compact=False)

    async def list(self, path: Path) -> list[Entry]:
        result = await self._ask({"operation": "list_dir", "path": to_text(path)}, path)
        if not isinstance(result, list):
            raise ToolFSError("the plugin gave no list for list_dir", code="unavailable", path=to_text(path))
        entries = {entry.path: entry for item in result if (entry := _entry(item, path))}
        return [entries[at] for at in sorted(entries)]

    async def stat(self, path: Path) -> Entry | None:
        if not path:
            return directory(path)
        return next((entry for entry in await self.list(path[:-1]) if entry.path == to_text(path)), None)

    async def write(self, path: Path, data: bytes, *, if_hash: str | None = None) -> None:
        if not self.writable:
            raise self._refusal(path)
        try:
            content: Any = data.decode()
        except UnicodeDecodeError:
            content = {"content": base64.b64encode(data).decode("ascii"), "encoding": "base64"}
        await self._ask({"operation": "write_file", "path": to_text(path), "data": content}, path)

    async def _ask(self, request: Mapping[str, Any], path: Path) -> Any:
        if self._session is None:
            raise ToolFSError("a plugin is called for a session only", code="refused", path=to_text(path))
        response = await self._execute(self._name, request, self._session)
        if not response["success"]:
            raise ToolFSError(f"the plugin {self._name} says: {response['error']}", code="unavailable", path=to_text(path))
        return response["result"]


def _entry(item: Any, folder: Path) -> Entry | None:
    """None for what is no entry of this folder: a plugin's word is not trusted."""
    name, kind, size = (item.get("name"), item.get("kind"), item.get("size_bytes")) if isinstance(item, Mapping) else (item, "file", None)
    try:
        path = (*folder, check_name(name or ""))
    except ToolFSError:
        return None
    if kind == "directory":
        return directory(path)
    return Entry(to_text(path), "file", size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None)
