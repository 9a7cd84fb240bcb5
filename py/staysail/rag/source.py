"""Sources of documents: bytes, paths, addresses, Files of the page."""

from __future__ import annotations

import base64
import inspect
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from ..core.defaults import default_transport
from ..core.errors import ConfigError, LoaderError
from ..core.messages import Media
from ..core.ports import HttpRequest, without_secrets
from ..core.whole_text import whole_text
from .request import MOST_BYTES

ADDRESSES = ("http://", "https://", "blob:", "data:")
CHARSET = re.compile(r"""\bcharset\s*=\s*["']?\s*([^\s"';,]+)""", re.IGNORECASE)


class Source:
    """A file before it is read.

    Args:
        name: By which the file is cited, and known when it comes again.
        read: Reads its bytes; receives the most bytes that are wanted.
        media_type: The media type with its parameters, of which `charset` is read; "" where it is not known.
        size_bytes: The size, where it is known before reading.
    """

    def __init__(self, name: str, read: Callable[[int], Awaitable[bytes]], media_type: str = "", size_bytes: int | None = None) -> None:
        self.name, self.size_bytes, self._read = name, size_bytes, read
        self.media_type = self.charset = ""
        self.declare(media_type)

    def declare(self, content_type: str) -> None:
        """Takes media type and charset from the value of a Content-Type header, where nothing said them before."""
        kind, _, parameters = content_type.partition(";")
        charset = CHARSET.search(parameters)
        self.media_type = self.media_type or kind.strip().lower()
        self.charset = self.charset or (charset[1] if charset else "")

    async def read(self, max_bytes: int = MOST_BYTES) -> bytes:
        """Reads the file. Raises LoaderError, and NetworkError for an address that does not answer."""
        if self.size_bytes is not None and self.size_bytes > max_bytes:
            raise too_big(self.name, max_bytes)
        data = await self._read(max_bytes)
        if len(data) > max_bytes:
            raise too_big(self.name, max_bytes)
        return data


def too_big(name: str, max_bytes: int) -> LoaderError:
    """Returns the error for a file that is larger than `max_bytes`."""
    return LoaderError(f"{name} is larger than {max_bytes:,} bytes; raise max_bytes if it is meant to be", code="too_big", file=name)


def open_source(item: Any, *, name: str | None = None, media_type: str | None = None) -> Source:
    """Returns the Source of a document, which is read later. Raises ConfigError.

    Args:
        item: Bytes, a path, an address, (name, bytes), {"name", "bytes" | "text" | "url", "media_type"}, a File part, a File or Blob of
            the page, or an open file.
        name: By which it is cited, if not by its own.
        media_type: Its kind, where neither name nor content tell.
    """
    if isinstance(item, Source):
        return item
    if isinstance(item, tuple) and len(item) == 2:
        return open_source(whole_text(item[1]).encode() if isinstance(item[1], str) else item[1], name=str(item[0]), media_type=media_type)
    if isinstance(item, Mapping):
        return _open_mapping(item, name, media_type)
    if isinstance(item, Media):
        data = item.url if item.data is None else item.data
        return open_source(data, name=name or item.name, media_type=media_type or item.media_type)
    kind = media_type or ""
    if isinstance(item, bytes | bytearray | memoryview):
        return _open_bytes(bytes(item), name, kind)
    if isinstance(item, str) and item[:8].lower().startswith(ADDRESSES):
        return _open_data(item, name, kind) if item[:5].lower() == "data:" else _open_address(item, name, kind)
    if isinstance(item, str | os.PathLike):
        return _open_path(Path(item), name, kind)
    if hasattr(item, "arrayBuffer"):  # a File or Blob, seen from Pyodide
        name = name or str(getattr(item, "name", None) or "document")
        return Source(name, _reader(name, lambda: _buffer(item)), kind or str(item.type or ""), int(item.size))
    if hasattr(item, "read"):
        name = name or Path(str(getattr(item, "name", "document"))).name
        return Source(name, _reader(name, lambda: _stream(item)), kind)
    raise ConfigError(f"a document is bytes, a path, an address, (name, bytes), or a File; not {type(item).__name__}")


def _open_mapping(item: Mapping[str, Any], name: str | None, media_type: str | None) -> Source:
    name = name or item.get("name")
    media_type = media_type or item.get("media_type") or item.get("type")
    for key in ("bytes", "data", "text", "url", "path", "file"):
        value = item.get(key)
        if value is not None:
            is_text = isinstance(value, str) and key in ("bytes", "data", "text")
            return open_source(value.encode("utf-8", "replace") if is_text else value, name=name, media_type=media_type)
    raise ConfigError('a document as a mapping has "name", and "bytes", "text", "url" or "path"')


def _open_bytes(data: bytes, name: str | None, media_type: str) -> Source:
    async def read(_: int) -> bytes:
        return data

    return Source(name or "document", read, media_type, len(data))


def _open_path(path: Path, name: str | None, media_type: str) -> Source:
    name = name or path.as_posix()

    async def read(_: int) -> bytes:
        try:
            return path.read_bytes()  # noqa: ASYNC240  a page has no threads, and its files are in memory
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise LoaderError(f"{name} cannot be read: {why}", code="not_found", file=name) from error

    return Source(name, read, media_type, path.stat().st_size if path.is_file() else None)


def _open_data(url: str, name: str | None, media_type: str) -> Source:
    """A `data:` address, which holds the document itself."""
    header, comma, body = url[5:].partition(",")
    kind, is_base64 = (header[:-7], True) if header.lower().endswith(";base64") else (header, False)
    name = name or "document"

    async def read(_: int) -> bytes:
        data = unquote_to_bytes(body.encode("utf-8", "replace"))
        try:
            return base64.b64decode(b"".join(data.split()), validate=True) if is_base64 else data
        except ValueError as error:
            raise LoaderError(f"{name} cannot be read: its data: address is no base64 ({error})", file=name) from error

    if not comma:
        raise ConfigError(f"the data: address of {name} has no comma, behind which its data begin")
    return Source(name, read, media_type or kind)


def _open_address(url: str, name: str | None, media_type: str) -> Source:
    name = name or (without_secrets(url) if url.lower().startswith("http") else "document")

    async def read(max_bytes: int) -> bytes:
        async with default_transport().send(HttpRequest("GET", url, streamed=True)) as response:
            if response.status >= 300:
                code = "not_found" if response.status in (404, 410) else "broken"
                raise LoaderError(f"{name} cannot be read: its server answered {response.status}", code=code, file=name)
            source.declare(response.headers.get("content-type", ""))
            data = bytearray()
            async for chunk in response.chunks():
                data += chunk
                if len(data) > max_bytes:
                    raise too_big(name, max_bytes)
            return bytes(data)

    source = Source(name, read, media_type)
    return source


def _reader(name: str, read: Callable[[], Awaitable[bytes]]) -> Callable[[int], Awaitable[bytes]]:
    """Reads an object of the caller's, whose errors are of any kind."""

    async def guarded(_: int) -> bytes:
        try:
            return await read()
        except Exception as error:
            raise LoaderError(f"{name} cannot be read: {error}", code="not_found", file=name) from error

    return guarded


async def _buffer(file: Any) -> bytes:
    data: bytes = (await file.arrayBuffer()).to_bytes()
    return data


async def _stream(file: Any) -> bytes:
    data = file.read()
    data = await data if inspect.isawaitable(data) else data
    return data.encode("utf-8", "replace") if isinstance(data, str) else bytes(data)
