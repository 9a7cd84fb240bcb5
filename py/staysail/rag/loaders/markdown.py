"""Markdown. The fields of its front matter become metadata; `start` in the metadata is where the text begins in the file."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.completion import Document
from ...core.errors import ConfigError
from ...core.front_matter import split_front_matter
from ..decoding import decode_text
from ..request import LoadRequest

EXTENSIONS = ("md", "markdown", "mdx", "mkd")
MEDIA_TYPES = ("text/markdown", "text/x-markdown")


def load(data: bytes, request: LoadRequest) -> Iterator[Document]:
    """Yields the text below the front matter as one Document. A beginning that only looks like front matter is text."""
    decoded = decode_text(data, request)
    try:
        fields, begin = split_front_matter(decoded.text)
    except ConfigError as error:
        fields, begin = {}, 0
        request.notes.add(f"front matter kept as text ({error})")
    fields = {name: value for name, value in fields.items() if name not in ("start", "end")}
    metadata = fields | {"source": request.name, "format": "markdown"} | decoded.describe()
    yield Document(request.name, decoded.text[begin:], metadata | ({"start": begin} if begin else {}))
