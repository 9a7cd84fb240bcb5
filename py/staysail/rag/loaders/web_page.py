"""HTML, as `read_html` reads it: by the standard library's parser, which never gives up and resolves nothing from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...core.completion import Document
from ...core.errors import ConfigError
from ..decoding import Decoded, decode_text
from ..markup import read_html
from .asked import Asked

EXTENSIONS = ("html", "htm", "xhtml")
MEDIA_TYPES = ("text/html", "application/xhtml+xml")
CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w:.-]+)""", re.IGNORECASE)
BEGINS = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)


def recognises(data: bytes) -> bool:
    return bool(BEGINS.match(data[:2048]))


def load(data: bytes, asked: Asked) -> Iterator[Document]:
    decoded = decode_html(data, asked)
    page = read_html(decoded.text, asked.name)
    told = {"title": page.title, "language": page.language}
    metadata = {"source": asked.name} | {name: value for name, value in told.items() if value} | decoded.describe()
    yield page.replace(metadata=metadata)


def decode_html(data: bytes, asked: Asked) -> Decoded:
    """By what was asked for, its byte order mark, or what it says itself, where that can be."""
    declared = CHARSET.search(data[:2048])
    if asked.encoding or not declared or data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return decode_text(data, asked.name, asked.encoding)
    name = declared[1].decode("ascii").lower()
    # Browsers read what calls itself Latin 1 as windows-1252, and UTF-16 cannot have been read this far.
    name = "windows-1252" if name in ("iso-8859-1", "latin1", "latin-1", "ascii", "us-ascii") else name
    if not name.startswith("utf-"):
        try:
            return Decoded(data.decode(name, "replace"), name)
        except (LookupError, ConfigError):
            pass
    return decode_text(data, asked.name)
