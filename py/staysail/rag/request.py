"""LoadRequest: the options of loading one file."""

from __future__ import annotations

from ..core.completion import Document
from ..core.utf16 import Utf16Places
from .notes import Notes

MOST_BYTES = 256 << 20
"""Most bytes of a file, and most bytes that a zip, a gzip file or a PDF may unpack to."""


class LoadRequest:
    """The options of one file's loading, and the notes that its loader takes.

    Args:
        name: By which the file is cited.
        encoding: Chosen by the caller; it comes before any other but a byte order mark.
        charset: Given by the server or the system with the file; it comes before one in the file.
        password: Opens an encrypted PDF.
        max_bytes: Most bytes of the file and of what it unpacks to.
    """

    def __init__(
        self, name: str, *, encoding: str | None = None, charset: str = "", password: str | None = None, max_bytes: int = MOST_BYTES
    ) -> None:
        self.name, self.encoding, self.charset, self.password, self.max_bytes = name, encoding, charset, password, max_bytes
        self.notes = Notes()
        self._decoded: str | None = None
        self._places: tuple[str, Utf16Places] | None = None

    def decoded(self, text: str) -> str:
        """Keeps the text of the file, in which places of the documents count that come next. Returns it."""
        self._decoded = text
        return text

    def places(self, document: Document) -> Utf16Places:
        """Places in the text that the document's `start` and `end` are about: the decoded file's, or its own."""
        text = document.text if self._decoded is None else self._decoded
        if self._places is None or self._places[0] is not text:
            self._places = (text, Utf16Places(text))
        return self._places[1]
