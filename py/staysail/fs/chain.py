"""Several operations as one request, carried out in order. An operation that fails does not stop the others.

An operation is {type, ...}, with `path` for read_file, write_file (and `content`) and list_dir; `query` and optionally `top_k` for
search_memory and search_rag; `plugin_name` and `plugin_data`, the plugin's request, for execute_plugin. A result is {type, source,
content, metadata, success, error?}: type is "file", "memory", "rag", "plugin" or "error"; source is a path, an id or a plugin's name. The
result of a search has the source and content of the best hit, and all hits in its metadata."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol

from ..core.errors import StaysailError, ToolFSError
from .entry import Entry
from .session import Session

type Result = dict[str, Any]


class Work(Protocol):
    """The port of ToolFS that a chain calls."""

    async def read(self, path: str, session: Session) -> bytes: ...
    async def write(self, path: str, content: str | bytes, session: Session) -> Entry: ...
    async def list(self, path: str, session: Session) -> list[Entry]: ...
    async def search_memory(self, text: str, session: Session, *, top_k: int = 5) -> dict[str, Any]: ...
    async def search_rag(self, text: str, session: Session, *, top_k: int = 5) -> dict[str, Any]: ...
    async def execute(self, plugin: str, request: Mapping[str, Any], session: Session) -> dict[str, Any]: ...


async def run_chain(work: Work, operations: Iterable[Mapping[str, Any]], session: Session) -> list[Result]:
    """Carries out the operations in order and returns a result for each."""
    return [await _run(work, operation, session) for operation in operations]


async def _run(work: Work, operation: Any, session: Session) -> Result:
    kind = operation.get("type") if isinstance(operation, Mapping) else None
    if not isinstance(kind, str) or kind not in OPERATIONS:
        return _failure("error", "", f"there is no operation {kind!r}; there are {', '.join(OPERATIONS)}")
    shown, source, carry_out = OPERATIONS[kind]
    try:
        return await carry_out(work, operation, session)
    except StaysailError as error:
        return _failure(shown, str(operation.get(source) or ""), str(error))


async def _read_file(work: Work, operation: Mapping[str, Any], session: Session) -> Result:
    path = _text(operation, "path")
    data = await work.read(path, session)
    try:
        return _success("file", path, data.decode(), {"size_bytes": len(data)})
    except UnicodeDecodeError:
        return _success("file", path, base64.b64encode(data).decode("ascii"), {"size_bytes": len(data), "encoding": "base64"})


async def _write_file(work: Work, operation: Mapping[str, Any], session: Session) -> Result:
    path, content = _text(operation, "path"), _text(operation, "content", empty=True)
    entry = await work.write(path, content, session)
    return _success("file", path, content, {"size_bytes": entry.size_bytes, "hash": entry.hash})


async def _list_dir(work: Work, operation: Mapping[str, Any], session: Session) -> Result:
    path = _text(operation, "path")
    entries = await work.list(path, session)
    return _success("file", path, "\n".join(entry.name for entry in entries), {"entries": [entry.to_dict() for entry in entries]})


async def _search_memory(work: Work, operation: Mapping[str, Any], session: Session) -> Result:
    return _best("memory", await work.search_memory(_text(operation, "query"), session, top_k=operation.get("top_k") or 5))


async def _search_rag(work: Work, operation: Mapping[str, Any], session: Session) -> Result:
    return _best("rag", await work.search_rag(_text(operation, "query"), session, top_k=operation.get("top_k") or 5))


async def _execute_plugin(work: Work, operation: Mapping[str, Any], session: Session) -> Result:
    name, request = _text(operation, "plugin_name"), operation.get("plugin_data")
    if not isinstance(request, Mapping):
        raise ToolFSError("execute_plugin takes plugin_data, the request {operation, path?, data?, options?}", code="bad_request")
    response = await work.execute(name, request, session)
    if not response["success"]:
        return _failure("plugin", name, response["error"], response.get("metadata"))
    result = response["result"]
    return _success(
        "plugin", name, result if isinstance(result, str) else json.dumps(result, ensure_ascii=False), response.get("metadata") or {}
    )


OPERATIONS: dict[str, tuple[str, str, Callable[[Work, Mapping[str, Any], Session], Awaitable[Result]]]] = {
    "read_file": ("file", "path", _read_file),
    "write_file": ("file", "path", _write_file),
    "list_dir": ("file", "path", _list_dir),
    "search_memory": ("memory", "", _search_memory),
    "search_rag": ("rag", "", _search_rag),
    "execute_plugin": ("plugin", "plugin_name", _execute_plugin),
}


def _text(operation: Mapping[str, Any], name: str, *, empty: bool = False) -> str:
    value = operation.get(name)
    if not isinstance(value, str) or not (value or empty):
        raise ToolFSError(f"{operation['type']} takes {name}, which is text", code="bad_request")
    return value


def _best(kind: str, answer: Mapping[str, Any]) -> Result:
    hits = answer["results"]
    return _success(kind, hits[0]["id"] if hits else "", hits[0]["content"] if hits else "", dict(answer))


def _success(kind: str, source: str, content: str, metadata: Mapping[str, Any]) -> Result:
    return {"type": kind, "source": source, "content": content, "metadata": dict(metadata), "success": True}


def _failure(kind: str, source: str, error: str, metadata: Mapping[str, Any] | None = None) -> Result:
    return {"type": kind, "source": source, "content": "", "metadata": dict(metadata or {}), "success": False, "error": error}
