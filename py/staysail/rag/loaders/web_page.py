"""HTML and XHTML, as `read_html` reads it; nothing that a page names is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...core.completion import Document
from ..decoding import decode_markup
from ..markup import read_html
from ..request import LoadRequest

EXTENSIONS = ("html", "htm", "xhtml")
MEDIA_TYPES = ("text/html", "application/xhtml+xml")
BEGINS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml[^>]*+>\s*+)?(?:<!--(?:[^-]|-(?!->))*+-->\s*+)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE
)


def recognises(data: bytes) -> bool:
    """Returns whether the data begin as a page does."""
    return bool(BEGINS.match(data[:2048]))


def load(data: bytes, request: LoadRequest) -> Iterator[Document]:
    """Yields the page as one Document."""
    decoded = decode_markup(data, request)
    is_xml = request.name.lower().endswith((".xhtml", ".xht")) or decoded.text[:200].lstrip().startswith("<?xml")
    page = read_html(decoded.text, request.name, notes=request.notes, xml=is_xml)
    found = {"title": page.title, "language": page.language}
    metadata = {"source": request.name} | {name: value for name, value in found.items() if value} | decoded.describe()
    yield page.replace(metadata=metadata)
