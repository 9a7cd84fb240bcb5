"""Text that was read out of a document of another form, with its headings as sections and a way back to its place in the source."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..core.completion import Document

type Section = tuple[tuple[str, ...], int, int]  # the headings above it, start, end

SEGMENT = re.compile(r"[^ \t\n\r\f]+(?: [^ \t\n\r\f]+)*")
LONGEST_HEADING = 300  # in the metadata of every passage below it


class Run(NamedTuple):
    """Characters that were taken over: `length` at `text` in the text, `source_length` at `source` in the source. They are the same
    characters where the lengths are equal."""

    text: int
    length: int
    source: int
    source_length: int


class Readable(Document):
    """A document that was read out of markup. sections: of its text. runs: in order; none where the source is not at hand."""

    title: str = ""
    language: str = ""
    sections: tuple[Section, ...] = ()
    runs: tuple[Run, ...] = ()

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Returns where text[start:end] stands in the source."""
        if not self.runs:
            return start, end
        first = self.runs[max(bisect_right(self.runs, start, key=_start) - 1, 0)]
        if start >= first.text + first.length:
            first = self.runs[min(bisect_right(self.runs, start, key=_start), len(self.runs) - 1)]
        last = self.runs[max(bisect_right(self.runs, end - 1, key=_start) - 1, 0)]
        inside = first.length == first.source_length and start > first.text
        began = first.source + (start - first.text if inside else 0)
        whole = last.length != last.source_length or end >= last.text + last.length
        return began, max(began, last.source + (last.source_length if whole else end - last.text))


def _start(run: Run) -> int:
    return run.text


class Writer:
    """Writes the text of a Readable: headings as lines with `#`, items with `-` or a number, cells parted by `|`, code between fences.

    What parts two pieces of text is owed until the second one comes, so that no blank line is left by what has no text. For all that is
    taken over from the source, a Run is kept; a place between two of them belongs to the second.
    """

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.runs: list[Run] = []
        self.headings: list[tuple[int, int]] = []
        self.in_heading = self.in_row = False
        self._length = 0
        self._fences = 0
        self._break = 0  # newlines owed before the next text
        self._space = False
        self._mark = ""
        self._at_cell_start = False

    # Structure

    def end_line(self, newlines: int) -> None:
        """Ends a line, or a paragraph if `newlines` is 2."""
        self._break = max(self._break, newlines)
        self.in_heading, self._mark = False, ""

    def begin_heading(self, level: int) -> None:
        self.end_line(2)
        self.in_heading, self._mark = True, "#" * level + " "

    def begin_item(self, mark: str) -> None:
        """Begins an item of a list. mark: `- ` or `1. `."""
        self._mark = mark

    def begin_cell(self) -> None:
        if self._mark == " | " or (self.in_row and self._at_cell_start):
            self._flush()  # the cell before is empty
        if self.in_row:
            self._break, self._mark = 0, " | "
        self.in_row = self._at_cell_start = True

    def end_row(self) -> None:
        """Ends a row, and forgets the line ends that its last cell owes."""
        if self.in_row:
            self._break = 0
        self.in_row = self._at_cell_start = False

    def begin_code(self) -> None:
        self._fences += 1
        self._flush()
        self._add("```\n")

    def end_code(self) -> None:
        if self._fences:
            self._fences -= 1
            self._add(("" if self._at_line_start() else "\n") + "```")
            self.end_line(2)

    @property
    def in_code(self) -> bool:
        return self._fences > 0

    @property
    def is_beginning(self) -> bool:
        """Returns whether a cell or an item has begun and has no text yet: its first paragraph goes on its line."""
        return self._at_cell_start or (self._mark.endswith((". ", "- ")) and not self._mark.startswith("#"))

    @property
    def in_empty_cell(self) -> bool:
        return self._at_cell_start

    # Text

    def add_space(self) -> None:
        self._space = True

    def take(self, text: str, source: int = -1, source_length: int = 0) -> None:
        """Writes characters as they are. source, source_length: where they stand in the source; a negative one is nowhere."""
        if not text:
            return
        self._flush()
        self._at_cell_start = False
        if source >= 0:
            self.runs.append(Run(self._length, len(text), source, source_length))
        self._add(text)

    def take_words(self, text: str, source: int = -1) -> None:
        """Writes text whose white space is one space; between fences it stays as it is."""
        if self._fences:
            self.take(text, source, len(text))
            return
        done = 0
        for segment in SEGMENT.finditer(text):
            self._space |= segment.start() > done
            self.take(segment[0], source + segment.start() if source >= 0 else -1, len(segment[0]))
            done = segment.end()
        self._space |= done < len(text)

    def _flush(self) -> None:
        """Writes what is owed: newlines, else a space; then the mark of a heading, an item or a cell."""
        if self._length and self._break:
            self._add("\n" * self._break)
        elif self._space and not self._mark and self._length and not self._at_line_start() and not self.pieces[-1].endswith(" "):
            self._add(" ")
        self._break, self._space = 0, False
        if self._mark:
            if self._mark.startswith("#"):
                self.headings.append((self._length, self._mark.count("#")))
            self._add("| " if self._mark == " | " and self._at_line_start() else self._mark)
            self._mark = ""

    def _add(self, text: str) -> None:
        if text:
            self.pieces.append(text)
            self._length += len(text)

    def _at_line_start(self) -> bool:
        return not self.pieces or self.pieces[-1].endswith("\n")

    # What was written

    def finish(self, document: Document, *, title: str = "", language: str = "") -> Readable:
        """Returns the document with the text that was written."""
        text = "".join(self.pieces).rstrip()
        sections = tuple(_sections(text, self.headings))
        return Readable(document.id, text, document.metadata, title=title, language=language, sections=sections, runs=tuple(self.runs))


def _sections(text: str, headings: Sequence[tuple[int, int]]) -> Iterator[Section]:
    above: list[tuple[int, str]] = []
    begin = 0
    for at, level in headings:
        if text[begin:at].strip():
            yield tuple(name for _, name in above), begin, at
        line_end = text.find("\n", at)
        name = text[at : line_end if line_end >= 0 else len(text)].lstrip("#").strip()[:LONGEST_HEADING]
        above = [*(item for item in above if item[0] < level), (level, name)] if name else above
        begin = at
    if text[begin:].strip():
        yield tuple(name for _, name in above), begin, len(text)
