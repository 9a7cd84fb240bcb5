"""CSV and its kin: a Document for each row, as lines of `column: value`. The first row names the columns. start, end: where the row stands
in the file.

How it works. Rows are read as people's programs write them, not as RFC 4180 has them: a quote ends a cell only where a delimiter or a line
end follows, so quotes in the middle are text; a quote that never closes is text; a row may have more or fewer cells than the first one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ...core.completion import Document
from ..decoding import decode_text
from ..notes import Notes
from ..request import LoadRequest

EXTENSIONS = ("csv", "tsv", "tab", "psv")
MEDIA_TYPES = ("text/csv", "text/tab-separated-values", "application/csv")
SAMPLE = 64 << 10
SAMPLE_ROWS = 20
LONGEST_NAME = 200
MOST_STRAY_QUOTES = 50  # after which a file's quotes within a line are not looked for: each costs a pass over its line
SEPARATOR = re.compile(r'"?sep=([^\r\n])"?[ \t]*(?:\r\n|\n|\r|\Z)', re.IGNORECASE)


def load(data: bytes, request: LoadRequest) -> Iterator[Document]:
    """Yields a Document for each row below the first that has text."""
    decoded = decode_text(data, request)
    text, at = decoded.text, 0
    declared = SEPARATOR.match(text)
    if declared:  # a line for Excel
        at, delimiter = declared.end(), declared[1]
    else:
        delimiter = "\t" if request.name.lower().endswith((".tsv", ".tab")) else _find_delimiter(text)
    columns: list[str] = []
    number, line = 0, 1 + at_line_ends(text, 0, at)
    for cells, start, end in read_rows(text, delimiter, at, request.notes):
        first, line = line, line + at_line_ends(text, start, end)
        if not any(map(str.strip, cells)):
            continue
        if not columns:
            columns = _name_columns(cells, request.notes)
            continue
        number += 1
        lines = []
        for column, cell in enumerate(cells):
            if value := cell.strip():
                lines.append(f"{columns[column] if column < len(columns) else f'column {column + 1}'}: {value}")
        metadata = {"source": request.name, "row": number, "line": first, "start": start, "end": end}
        yield Document(f"{request.name}#row={number}", "\n".join(lines), metadata | decoded.describe())


def read_rows(text: str, delimiter: str, at: int = 0, notes: Notes | None = None) -> Iterator[tuple[list[str], int, int]]:
    """Yields the cells of each row, where it begins and where the next one does. delimiter: "" where a row is one cell."""
    end = re.escape(delimiter) if delimiter else "(?!)"
    close = rf"\"[ ]*(?={end}|[\r\n]|\Z)"
    plain = rf"(?P<plain>[^{end}\r\n]*+)" if delimiter else r"(?P<plain>[^\r\n]*+)"
    strict = rf"[ ]*\"(?P<quoted>(?:[^\"]++|\"\")*+){close}"
    # Within a line, a quote in the middle of a cell is text.
    within = rf"[ ]*\"(?P<within>(?:[^\"\r\n]++|\"\"|(?!{close})\")*+){close}"
    cell, ends = re.compile(f"{strict}|{within}|{plain}"), re.compile(r"\r\n|\n|\r|\Z")
    cells, start, stray = list[str](), at, 0
    while start < len(text):
        found = cell.match(text, at)
        assert found  # the last form matches anything
        quoted = found["quoted"] if stray > MOST_STRAY_QUOTES else found["quoted"] or found["within"]
        if quoted is None and (found["plain"] or "").lstrip(" ").startswith('"'):
            stray += 1
            if notes:
                notes.count("quotes that never close read as text")
            if stray > MOST_STRAY_QUOTES:
                cell = re.compile(f"{strict}|{plain}")
        cells.append(found["plain"] if found["plain"] is not None else (quoted or "").replace('""', '"'))
        at = found.end()
        if delimiter and text.startswith(delimiter, at):
            at += 1
            continue
        line_end = ends.match(text, at)
        at = line_end.end() if line_end else len(text)
        yield cells, start, at
        cells, start = [], at


def at_line_ends(text: str, start: int, end: int) -> int:
    """Returns how many line ends of any kind a part of a text has."""
    return text.count("\n", start, end) + text.count("\r", start, end) - text.count("\r\n", start, end)


def _name_columns(cells: list[str], notes: Notes) -> list[str]:
    """Returns a name for each column: an empty one gets its number, and so does one that stands twice."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for at, cell in enumerate(cells, 1):
        name = " ".join(cell.split()) or f"column {at}"
        if len(name) > LONGEST_NAME:
            notes.count(f"names of columns cut to {LONGEST_NAME} characters")
            name = name[:LONGEST_NAME] + "…"
        seen[name] = count = seen.get(name, 0) + 1
        names.append(name if count == 1 else f"{name} {count}")
    return names


def _find_delimiter(text: str) -> str:
    """The delimiter that parts the first rows into the same number of cells as the very first, and into most; "" where none parts that."""
    best = (0.0, 0, "")
    sample = text[:SAMPLE]
    for delimiter in ",;\t|":
        rows = (cells for cells, _, _ in read_rows(sample, delimiter) if any(map(str.strip, cells)))
        counts = [len(cells) for cells in islice(rows, SAMPLE_ROWS)]
        if counts and counts[0] > 1:
            alike = sum(count == counts[0] for count in counts) / len(counts)
            best = max(best, (alike, counts[0], delimiter), key=lambda item: item[:2])
    return best[2]
