"""CSV and its kin: a Document a row, as lines of `column: value`. The first row names the columns. start, end: where it stands in the
file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from ...core.completion import Document
from ...core.errors import LoaderError
from ..decoding import decode_text
from .asked import Asked

EXTENSIONS = ("csv", "tsv", "tab")
MEDIA_TYPES = ("text/csv", "text/tab-separated-values", "application/csv")
SAMPLE = 64 << 10


class _Counted:
    """Lines, and how far they have been read."""

    def __init__(self, text: str) -> None:
        self._lines, self.read = io.StringIO(text, newline=""), 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.read += len(line)
            yield line


def load(data: bytes, asked: Asked) -> Iterator[Document]:
    decoded = decode_text(data, asked.name, asked.encoding)
    lines = _Counted(decoded.text)
    rows = csv.reader(lines, delimiter=_delimiter(decoded.text, asked.name), strict=True)
    columns: list[str] = []
    number = start = line = 0
    try:
        for cells in rows:
            begin, first, start, line = start, line + 1, lines.read, rows.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = [cell.strip() or f"column {at}" for at, cell in enumerate(cells, 1)]
                continue
            number += 1
            names = [*columns, *(f"column {at}" for at in range(len(columns) + 1, len(cells) + 1))]
            text = "\n".join(f"{name}: {cell.strip()}" for name, cell in zip(names, cells, strict=False) if cell.strip())
            metadata = {"source": asked.name, "row": number, "line": first, "start": begin, "end": start}
            yield Document(f"{asked.name}#row={number}", text, metadata | decoded.describe())
    except csv.Error as error:
        raise LoaderError(f"{asked.name} is damaged at line {rows.line_num}: {error}", file=asked.name) from error


def _delimiter(text: str, name: str) -> str:
    """The one that parts the first lines into the same number of cells, and into most."""
    if name.lower().endswith((".tsv", ".tab")):
        return "\t"
    best = (0.0, ",")
    for delimiter in ",;\t|":
        try:
            counts = [
                len(row) for row, _ in zip(csv.reader(io.StringIO(text[:SAMPLE], newline=""), delimiter=delimiter), range(20), strict=False)
            ]
        except csv.Error:
            continue
        counts = [count for count in counts if count]
        if counts and counts[0] > 1:
            alike = sum(count == counts[0] for count in counts) / len(counts)
            best = max(best, (alike, delimiter), key=lambda item: item[0])
    return best[1]
