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
from .asked import Asked

EXTENSIONS = ("pdf",)
MEDIA_TYPES = ("application/pdf",)
REQUIRES = ("pypdf",)


def recognises(data: bytes) -> bool:
    return b"%PDF-" in data[:1024]


def load(data: bytes, asked: Asked) -> Iterator[Document]:
    """A Document a page. Raises LoaderError: "encrypted", "broken", or "no_text" where its pages are pictures."""
    name, pypdf = asked.name, import_module("pypdf")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of every flaw that it gets over
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        _unlock(reader, asked)
        about, count = _about(reader), len(reader.pages)
    except LoaderError:
        raise
    except Exception as error:
        raise LoaderError(f"{name} is damaged, or no PDF: {error}", file=name) from error
    found = False
    for number in range(1, count + 1):
        try:
            text = reader.pages[number - 1].extract_text().strip()
        except Exception as error:
            raise LoaderError(f"page {number} of {name} is damaged: {type(error).__name__}: {error}", file=name) from error
        found |= bool(text)
        if text:
            # Half of a surrogate pair, from a broken font table, could not be stored; a letter its font has no picture of is NUL.
            text = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
            yield Document(f"{name}#page={number}", text, about | {"source": name, "page": number, "pages": count})
    if not found:
        raise LoaderError(
            f"{name} has no text: its pages are pictures. Run text recognition (OCR) over it first", code="no_text", file=name
        )


def _unlock(reader: Any, asked: Asked) -> None:
    if not reader.is_encrypted:
        return
    errors = import_module("pypdf.errors")
    try:
        if reader.decrypt(asked.password or ""):
            return
    except errors.DependencyError as error:
        raise LoaderError(
            f"{asked.name} is encrypted with AES, which needs the package cryptography", code="encrypted", file=asked.name
        ) from error
    why = "the password does not open it" if asked.password else "give its password"
    raise LoaderError(f"{asked.name} is encrypted: {why}", code="encrypted", file=asked.name)


def _about(reader: Any) -> dict[str, str]:
    told: dict[str, str] = {}
    with contextlib.suppress(Exception):  # a page is worth reading without its title
        for name in ("title", "author"):
            value = getattr(reader.metadata, name, None)
            if isinstance(value, str) and value.strip():
                told[name] = value.strip()
    return told
