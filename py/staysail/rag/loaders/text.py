"""Plain text, and source code, whose `code` in the metadata is its language."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.completion import Document
from ..decoding import decode_text
from ..request import LoadRequest

CODE = {
    "py": "python",
    "js": "javascript",
    "mjs": "javascript",
    "jsx": "javascript",
    "ts": "javascript",
    "tsx": "javascript",
    "go": "go",
    "rs": "rust",
    "java": "java",
    "kt": "java",
    "c": "c",
    "h": "c",
    "cpp": "c",
    "cc": "c",
    "hpp": "c",
}
EXTENSIONS = ("txt", "text", "log", "rst", "srt", "vtt", "tex", "yaml", "yml", "toml", "ini", "sql", "css", "sh", *CODE)
MEDIA_TYPES = ("text/plain",)


def load(data: bytes, request: LoadRequest) -> Iterator[Document]:
    """Yields the whole text as one Document."""
    decoded = decode_text(data, request)
    language = CODE.get(request.name.rpartition(".")[2].lower())
    metadata = {"source": request.name} | ({"code": language} if language else {}) | decoded.describe()
    yield Document(request.name, decoded.text, metadata)
