"""Where a document comes from: bytes, a path, an address, a File of the page."""

from __future__ import annotations

import inspect
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from ..core.defaults import default_transport
from ..core.errors import ConfigError, LoaderError
from ..core.messages import Media
from ..core.ports import HttpRequest, without_secrets

ADDRESSES = ("http://", "https://", "blob:", "data:")
MOST_BYTES = 256 << 20
"""Of one file, and of what a zip or a PDF unpacks to."""


class Source:
    """A file before it is read. name: by which it is cited, and known when it comes again. media_type: '' where nobody said."""

    def __init__(self, name: str, read: Callable[[int], Awaitable[bytes]], media_type: str = "", size_bytes: int | None = None) -> None:
        self.name, self.media_type, self.size_bytes = name, media_type.partition(";")[0].strip().lower(), size_bytes
        self._read = read

    async def read(self, max_bytes: int = MOST_BYTES) -> bytes:
        """Raises LoaderError, and NetworkError for an address that does not answer."""
        if self.size_bytes is not None and self.size_bytes > max_bytes:
            raise too_big(self.name, max_bytes)
        data = await self._read(max_bytes)
        if len(data) > max_bytes:
            raise too_big(self.name, max_bytes)
        return data


def too_big(name: str, max_bytes: int) -> LoaderError:
    return LoaderError(f"{name} is larger than {max_bytes:,} bytes; raise max_bytes if it is meant to be", code="too_big", file=name)


def open_source(item: Any, *, name: str | None = None, media_type: str | None = None) -> Source:
    """item: bytes, a path, an address, (name, bytes), {"name", "bytes" | "text" | "url", "media_type"}, a File part, a File or Blob of the
    page, or an open file. Raises ConfigError."""
    if isinstance(item, Source):
        return item
    if isinstance(item, tuple) and len(item) == 2:
        return open_source(item[1] if not isinstance(item[1], str) else item[1].encode(), name=str(item[0]), media_type=media_type)
    if isinstance(item, Mapping):
        return _open_mapping(item, name, media_type)
    if isinstance(item, Media):
        return open_source(
            item.data if item.data is not None else item.url, name=name or item.name, media_type=media_type or item.media_type
        )
    kind = media_type or ""
    if isinstance(item, bytes | bytearray | memoryview):
        data = bytes(item)
        return Source(name or "document", lambda _: _now(data), kind, len(data))
    if isinstance(item, str) and item.startswith(ADDRESSES):
        return _open_address(item, name, kind)
    if isinstance(item, str | os.PathLike):
        return _open_path(Path(item), name, kind)
    if hasattr(item, "arrayBuffer"):  # a File or Blob, seen from Pyodide
        return Source(
            name or str(getattr(item, "name", None) or "document"), lambda _: _buffer(item), kind or str(item.type or ""), int(item.size)
        )
    if hasattr(item, "read"):
        return Source(name or Path(str(getattr(item, "name", "document"))).name, lambda _: _stream(item), kind)
    raise ConfigError(f"a document is bytes, a path, an address, (name, bytes), or a File; not {type(item).__name__}")


def _open_mapping(item: Mapping[str, Any], name: str | None, media_type: str | None) -> Source:
    name = name or item.get("name")
    media_type = media_type or item.get("media_type") or item.get("type")
    for key in ("bytes", "data", "text", "url", "path", "file"):
        value = item.get(key)
        if value is not None:
            return open_source(value.encode() if key == "text" else value, name=name, media_type=media_type)
    raise ConfigError('a document as a mapping has "name", and "bytes", "text", "url" or "path"')


def _open_path(path: Path, name: str | None, media_type: str) -> Source:
    name = name or path.as_posix()

    async def read(_: int) -> bytes:
        try:
            return path.read_bytes()  # noqa: ASYNC240  a page has no threads, and its files are in memory
        except OSError as error:
            raise LoaderError(f"{name} cannot be read: {error.strerror or error}", code="not_found", file=name) from error

    return Source(name, read, media_type, path.stat().st_size if path.is_file() else None)


def _open_address(url: str, name: str | None, media_type: str) -> Source:
    name = name or (without_secrets(url) if url.startswith("http") else "document")

    async def read(max_bytes: int) -> bytes:
        async with default_transport().send(HttpRequest("GET", url)) as response:
            if response.status >= 400:
                code = "not_found" if response.status in (404, 410) else "broken"
                raise LoaderError(f"{name} cannot be read: its server answered {response.status}", code=code, file=name)
            source.media_type = source.media_type or response.headers.get("content-type", "").partition(";")[0].strip().lower()
            data = bytearray()
            async for chunk in response.chunks():
                data += chunk
                if len(data) > max_bytes:
                    raise too_big(name, max_bytes)
            return bytes(data)

    source = Source(name, read, media_type)
    return source


async def _now(data: bytes) -> bytes:
    return data


async def _buffer(file: Any) -> bytes:
    data: bytes = (await file.arrayBuffer()).to_bytes()
    return data


async def _stream(file: Any) -> bytes:
    data = file.read()
    data = await data if inspect.isawaitable(data) else data
    return data.encode() if isinstance(data, str) else bytes(data)
