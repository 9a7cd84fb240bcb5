"""Markdown. What its front matter says becomes metadata; `start` in the metadata is where the text begins in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ...core.completion import Document
from ...core.errors import ConfigError
from ...core.front_matter import read_front_matter
from ..decoding import decode_text
from .asked import Asked

EXTENSIONS = ("md", "markdown", "mdx", "mkd")
MEDIA_TYPES = ("text/markdown", "text/x-markdown")
FRONT = re.compile(r"---[ \t]*\r?\n(.*?)(?:^)(?:---|\.\.\.)[ \t]*(?:\r?\n\s*|\Z)", re.DOTALL | re.MULTILINE)


def load(data: bytes, asked: Asked) -> Iterator[Document]:
    decoded = decode_text(data, asked.name, asked.encoding)
    fields, begin = _front(decoded.text)
    fields = {name: value for name, value in fields.items() if name not in ("start", "end")}
    metadata = fields | {"source": asked.name, "format": "markdown"} | decoded.describe()
    yield Document(asked.name, decoded.text[begin:], metadata | ({"start": begin} if begin else {}))


def _front(text: str) -> tuple[dict[str, Any], int]:
    """Its fields, and where the text behind it begins. What begins with a line and is no front matter is text."""
    found = FRONT.match(text)
    if not found:
        return {}, 0
    try:
        return read_front_matter(found[1].replace("\r\n", "\n")), found.end()
    except ConfigError:
        return {}, 0
