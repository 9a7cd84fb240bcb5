"""Loaders, one file for each kind of document, found by walking this folder.

A loader is a module with `EXTENSIONS`, `MEDIA_TYPES`, and `load(data, request) -> Iterator[Document]`, one Document for each page, chapter
or row; it counts in `request.notes` what it leaves out. It may have `recognises(data) -> bool`, for files whose name is missing or wrong,
and `REQUIRES`, packages that are loaded before its first use; it imports them inside `load`. A new kind is a file here and a test in
tests/unit/rag."""

from __future__ import annotations

import asyncio
import pkgutil
import re
import zlib
from collections.abc import AsyncGenerator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from ...core.completion import Document
from ...core.defaults import require_packages
from ...core.errors import LoaderError, StaysailError
from ...core.json_text import read_json, write_json
from ..encodings import REPLACEMENT
from ..request import MOST_BYTES, LoadRequest
from ..source import Source, open_source, too_big

GZIP = b"\x1f\x8b\x08"
MAGIC = (b"%PDF", b"PK", b"\xd0\xcf\x11\xe0")
SURROGATE = re.compile("[\ud800-\udfff]")
LONGEST_FIELD = 4096  # of metadata, which is stored with every passage


async def load_documents(
    source: Any,
    *,
    name: str | None = None,
    media_type: str | None = None,
    encoding: str | None = None,
    password: str | None = None,
    max_bytes: int = MOST_BYTES,
) -> list[Document]:
    """Reads a file: one Document for each page of a PDF, chapter of a book, row of a table or item of a list; else one.

        pages = await load_documents("https://example.org/paper.pdf")

    Args:
        source: Bytes, a path, an address, (name, bytes), {"name", "bytes" | "text" | "url"}, or a File or Blob of the page.
        name: By which the file is cited.
        media_type: Where neither name nor content tell it; its `charset` counts too.
        encoding: The encoding of a text file. It comes before an encoding that the file names, and after a byte order mark.
        password: Opens an encrypted PDF.
        max_bytes: Most bytes of the file, and of what it unpacks to.

    Returns:
        Documents whose metadata has `source`, and what applies of `page`, `pages`, `chapter`, `row`, `line`, `pointer`, `title`, `author`,
        `language`, `encoding`. Their `notes` say what was left out or guessed since the Document before: "pictures left out: 3".

    Raises:
        LoaderError, NetworkError, and ConfigError where a package is missing.
    """
    opened = open_source(source, name=name, media_type=media_type)
    data = await opened.read(max_bytes)
    request = LoadRequest(opened.name, encoding=encoding, charset=opened.charset, password=password, max_bytes=max_bytes)
    documents = [_with_notes(document, request.notes.take()) async for document in read_documents(opened, data, request)]
    if documents:
        documents[-1] = _with_notes(documents[-1], request.notes.take())
    return documents


def _with_notes(document: Document, lines: tuple[str, ...]) -> Document:
    if not lines:
        return document
    return document.replace(notes=(*document.notes, *lines))


async def read_documents(source: Source, data: bytes, request: LoadRequest) -> AsyncGenerator[Document]:
    """Yields one Document after another; between two of them others get their turn, and closing it stops. Raises as `load_documents`."""
    name = source.name
    if data.startswith(GZIP):
        name, data = name.removesuffix(".gz"), _unzip(data, request)
    loader = find_loader(name, data, source.media_type)
    kind = loader.__name__.rpartition(".")[2]
    if any(name.lower().endswith(f".{ending}") for other in _loaders() if other is not loader for ending in other.EXTENSIONS):
        request.notes.add(f"read as {kind.replace('_', ' ')}, by its type or its content and not by its name")
    await require_packages(getattr(loader, "REQUIRES", ()), "documents")
    try:
        for document in loader.load(data, request):
            yield _fit(document, request)
            await asyncio.sleep(0)
    except StaysailError:
        raise
    except RecursionError as error:
        raise LoaderError(f"{source.name} is nested too deeply to be read", file=source.name) from error
    except Exception as error:
        raise LoaderError(f"{source.name} cannot be read: {type(error).__name__}: {error}", file=source.name) from error


def find_loader(name: str, data: bytes = b"", media_type: str = "") -> Any:
    """Returns the loader for a media type, a name's ending, or the first bytes of the data; the loader of text where none of them decides.

    A name or type that promises a PDF, a book or a Word document is believed only where the data begin as one. Raises LoaderError for
    binary data of no known kind.
    """
    loaders = _loaders()
    ending = name.rpartition("/")[2].rpartition(".")[2].lower() if "." in name else ""
    named = next((loader for loader in loaders if ending in loader.EXTENSIONS), None)
    typed = next((loader for loader in loaders if media_type in loader.MEDIA_TYPES), None)
    seen = next((loader for loader in loaders if hasattr(loader, "recognises") and loader.recognises(data)), None)
    # Servers and systems call many things text/plain: the name knows better.
    found = typed if typed and media_type != "text/plain" else named or seen or typed
    is_text = b"\0" not in data[:4096] or data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"))
    if seen is not None and not _is_web_page(seen):
        return seen
    if found is not None and (not data or found is seen or not hasattr(found, "recognises") or _is_web_page(found)):
        return found
    if found is not None and (not is_text or data.startswith(MAGIC)):
        return found  # a damaged file of its kind, which its loader reports
    if not is_text:
        known = ", ".join(sorted(ending for loader in loaders for ending in loader.EXTENSIONS[:2]))
        raise LoaderError(f"there is no loader for {name}; there are some for {known}, and for any text", code="unknown_kind", file=name)
    return seen or import_module(f"{__name__}.text")


def _is_web_page(loader: Any) -> bool:
    return "text/html" in loader.MEDIA_TYPES


def loader_names() -> list[str]:
    """Returns the names of all loaders."""
    return [loader.__name__.rpartition(".")[2] for loader in _loaders()]


@cache
def _loaders() -> tuple[Any, ...]:
    modules = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return tuple(module for module in modules if hasattr(module, "load"))


def _unzip(data: bytes, request: LoadRequest) -> bytes:
    """The content of a gzip file, counted while it is unpacked."""
    out = bytearray()
    try:
        while data:
            unpacker = zlib.decompressobj(wbits=31)
            out += unpacker.decompress(data, request.max_bytes - len(out) + 1)
            if len(out) > request.max_bytes:
                raise too_big(request.name, request.max_bytes)
            if not unpacker.eof:
                raise LoaderError(f"{request.name} is damaged: the gzip file ends too early", file=request.name)
            data = unpacker.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise LoaderError(f"{request.name} is damaged: {error}", file=request.name) from error
    return bytes(out)


def _fit(document: Document, request: LoadRequest) -> Document:
    """The document as every store takes it: without halves of surrogate pairs, and without fields of metadata as long as texts."""
    text, changes = document.text, dict[str, Any]()
    if SURROGATE.search(text):
        request.notes.count("U+FFFD where a half of a surrogate pair stands alone", len(SURROGATE.findall(text)))
        changes["text"] = SURROGATE.sub(REPLACEMENT, text)
    metadata = {_fit_value(key, request): _fit_value(value, request) for key, value in document.metadata.items()}
    spots = {name: metadata[name] for name in ("start", "end") if isinstance(metadata.get(name), int)}
    metadata |= request.places(document).beside(**spots) if spots else {}
    if metadata != document.metadata:
        changes["metadata"] = metadata
    return document.replace(**changes) if changes else document


def _fit_value(value: Any, request: LoadRequest) -> Any:
    if isinstance(value, str):
        if len(value) > LONGEST_FIELD:
            request.notes.count(f"fields of metadata cut to {LONGEST_FIELD:,} characters")
            value = value[:LONGEST_FIELD]
        return SURROGATE.sub(REPLACEMENT, value)
    if isinstance(value, list | Mapping):
        text = write_json(value, nonfinite="null")
        if len(text) > LONGEST_FIELD:
            request.notes.count("fields of metadata left out that are too long")
            return None
        return read_json(SURROGATE.sub(REPLACEMENT, text))
    return value
