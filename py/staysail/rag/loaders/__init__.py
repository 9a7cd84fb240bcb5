"""Loaders, one file for each kind of document, found by walking this folder.

A loader is a module with `EXTENSIONS`, `MEDIA_TYPES`, and `load(data, asked) -> Iterator[Document]`, one Document for each page, chapter or
row. It may have `recognises(data) -> bool`, for files whose name tells nothing, and `REQUIRES`, packages that are loaded before its first
use; it imports them inside `load`."""

from __future__ import annotations

import asyncio
import pkgutil
from collections.abc import AsyncGenerator
from functools import cache
from importlib import import_module
from typing import Any

from ...core.completion import Document
from ...core.defaults import require_packages
from ...core.errors import LoaderError
from ..source import MOST_BYTES, Source, open_source
from .asked import Asked


async def load_documents(
    source: Any,
    *,
    name: str | None = None,
    media_type: str | None = None,
    encoding: str | None = None,
    password: str | None = None,
    max_bytes: int = MOST_BYTES,
) -> list[Document]:
    """What a file holds: one Document for each page of a PDF, chapter of a book, row of a table or item of a list; else one.

        pages = await load_documents("https://example.org/paper.pdf")

    source: bytes, a path, an address, (name, bytes), {"name", "bytes" | "text" | "url"}, or a File or Blob of the page. name: how it is
    cited. media_type: where neither name nor content tell it. encoding: of text that says nothing of it. password: of a PDF. max_bytes: of
    the file, and of what it unpacks to. Each Document's metadata has `source`, and what applies of `page`, `pages`, `chapter`, `row`,
    `line`, `pointer`, `title`, `author`, `language`, `encoding`. Raises LoaderError, NetworkError, and ConfigError where a package is
    missing."""
    opened = open_source(source, name=name, media_type=media_type)
    data = await opened.read(max_bytes)
    asked = Asked(opened.name, encoding, password, max_bytes)
    return [document async for document in read_documents(opened, data, asked)]


async def read_documents(source: Source, data: bytes, asked: Asked) -> AsyncGenerator[Document]:
    """One after another; between two of them others get their turn, and closing it stops. Raises as `load_documents`."""
    loader = find_loader(source.name, data, source.media_type)
    await require_packages(getattr(loader, "REQUIRES", ()), "documents")
    try:
        for document in loader.load(data, asked):
            yield document
            await asyncio.sleep(0)
    except RecursionError as error:
        raise LoaderError(f"{source.name} is nested too deeply to be read", file=source.name) from error


def find_loader(name: str, data: bytes = b"", media_type: str = "") -> Any:
    """By media type, the name's ending, or what the data begin with; text where nothing tells. Raises LoaderError for binary data."""
    loaders = _loaders()
    ending = name.rpartition("/")[2].rpartition(".")[2].lower() if "." in name else ""
    named = next((loader for loader in loaders if ending in loader.EXTENSIONS), None)
    typed = next((loader for loader in loaders if media_type in loader.MEDIA_TYPES), None)
    seen = next((loader for loader in loaders if hasattr(loader, "recognises") and loader.recognises(data)), None)
    # Servers and systems call many things text/plain: the name knows better.
    if typed and media_type != "text/plain":
        return typed
    found = named or seen or typed
    if found:
        return found
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        known = ", ".join(sorted(ending for loader in loaders for ending in loader.EXTENSIONS[:2]))
        raise LoaderError(f"there is no loader for {name}; there are some for {known}, and for any text", code="unknown_kind", file=name)
    return import_module(f"{__name__}.text")


def loader_names() -> list[str]:
    return [loader.__name__.rpartition(".")[2] for loader in _loaders()]


@cache
def _loaders() -> tuple[Any, ...]:
    modules = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return tuple(module for module in modules if hasattr(module, "load"))
