"""PDF, by pypdf: pure Python, so it runs in a page too, kept up since 2005, and bounded in what it unpacks."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from ...core.completion import Document
from ...core.errors import LoaderError
from ..request import LoadRequest

EXTENSIONS = ("pdf",)
MEDIA_TYPES = ("application/pdf",)
REQUIRES = ("pypdf",)


def recognises(data: bytes) -> bool:
    """Returns whether a PDF begins within the first kilobyte, as readers allow."""
    return b"%PDF-" in data[:1024]


def load(data: bytes, request: LoadRequest) -> Iterator[Document]:
    """Yields a Document for each page that has text. A page that is damaged or has none is noted.

    Raises LoaderError: "encrypted"; "broken" where no page can be read; "no_text" where its pages are pictures.
    """
    name = request.name
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs every flaw that it gets over
    try:
        reader = _open(data, request)
        _unlock(reader, request)
        about, count = _about(reader), len(reader.pages)
    except LoaderError:
        raise
    except Exception as error:
        raise LoaderError(f"{name} is damaged, or no PDF: {error}", file=name) from error
    found, damage = False, ""
    for number in range(1, count + 1):
        try:
            page = reader.pages[number - 1]
            text = page.extract_text().strip()
            _note_left_out(page, number, bool(text), request)
        except Exception as error:  # noqa: BLE001  of any kind, from a library, and about one page
            damage = damage or f"page {number} of {name} is damaged: {type(error).__name__}: {error}"
            request.notes.count("damaged pages left out", example=f"page {number}: {type(error).__name__}")
            continue
        if text:
            found = True
            # Half of a surrogate pair, from a broken font table, could not be stored; a letter its font has no picture of is NUL.
            text = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
            yield Document(f"{name}#page={number}", text, about | {"source": name, "page": number, "pages": count})
    if damage and not found:
        raise LoaderError(damage, file=name)
    if not found:
        raise LoaderError(
            f"{name} has no text: its pages are pictures. Run text recognition (OCR) over it first", code="no_text", file=name
        )


def _open(data: bytes, request: LoadRequest) -> Any:
    if recognises(data) and b"startxref" not in data[-4096:]:
        # A download that broke does not say where its objects are: pypdf searches for them then.
        request.notes.add("read without its end, which is missing")
        data += b"\nstartxref\n0\n%%EOF\n"
    return import_module("pypdf").PdfReader(io.BytesIO(data))


def _note_left_out(page: Any, number: int, has_text: bool, request: LoadRequest) -> None:
    if not has_text:
        request.notes.count("pages without text left out", example=f"page {number}")
    with contextlib.suppress(Exception):  # counted where the page's dictionaries are whole
        resources = page.get("/Resources", {}).get_object()
        pictures = [item for item in resources.get("/XObject", {}).values() if item.get_object().get("/Subtype") == "/Image"]
        if pictures:
            request.notes.count("pictures left out", len(pictures))
    with contextlib.suppress(Exception):
        fields = [
            note for note in page.get("/Annots", []) if note.get_object().get("/Subtype") == "/Widget" and note.get_object().get("/V")
        ]
        if fields:
            request.notes.count("form fields left out", len(fields))


def _unlock(reader: Any, request: LoadRequest) -> None:
    if not reader.is_encrypted:
        return
    errors = import_module("pypdf.errors")
    try:
        if reader.decrypt(request.password or ""):
            return
    except errors.DependencyError as error:
        raise LoaderError(
            f"{request.name} is encrypted with AES, which needs the package cryptography", code="encrypted", file=request.name
        ) from error
    why = "the password does not open it" if request.password else "give its password"
    raise LoaderError(f"{request.name} is encrypted: {why}", code="encrypted", file=request.name)


def _about(reader: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    with contextlib.suppress(Exception):  # a page is worth reading without its title
        for name in ("title", "author"):
            value = getattr(reader.metadata, name, None)
            if isinstance(value, str) and value.strip():
                found[name] = value.strip()
    return found
