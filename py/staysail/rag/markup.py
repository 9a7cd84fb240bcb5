"""HTML as text to read, with its headings as sections and a way back to where each word stands in the source.

How it works. Headings become lines with `#`, items lines with `-`, cells are parted by `|`, preformatted text is fenced as it is; what no
reader sees (scripts, styles, forms, navigation, hidden elements) is left out. For every run of characters that was taken over, a Run says
where it stands in the text and in the source; a place between two runs, such as the mark of a heading, belongs to the run behind it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from html.parser import HTMLParser
from typing import NamedTuple

from ..core.completion import Document
from ..core.value import NOTHING
from .splitters import Measure, Passage, split_sections

type Section = tuple[tuple[str, ...], int, int]  # the headings above it, start, end

UNSEEN = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "math",
        "head",
        "nav",
        "select",
        "button",
        "textarea",
        "iframe",
        "object",
        "canvas",
        "video",
        "audio",
        "dialog",
    ]
)
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"])
BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "details",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hgroup",
        "html",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
CLOSELY = frozenset(
    ["li", "dd", "dt", "tr", "summary", "figcaption", "caption", "ul", "ol", "tbody", "thead", "tfoot"]
)  # a line of their own, and no empty one above
IN_HEAD = frozenset(["title", "meta", "link", "base", "script", "style", "noscript", "template"])
ROWS = frozenset(["tr", "table", "thead", "tbody", "tfoot"])
HEADINGS = {f"h{level}": level for level in range(1, 7)}
REFERENCE = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);?")
SEGMENT = re.compile(r"[^ \t\n\r\f]+(?: [^ \t\n\r\f]+)*")
SPACE = " \t\n\r\f"


class Run(NamedTuple):
    """length characters at `text` of the text are source_length ones at `source`; the same ones, where the lengths are equal."""

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
        """Where text[start:end] stands in the source."""
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


def read_html(html: str, id: str = "", metadata: Mapping[str, object] = NOTHING) -> Readable:
    """What a reader would see of it."""
    parser = _Parser(html)
    parser.feed(html)
    parser.close()
    text = "".join(parser.pieces).rstrip()
    title = " ".join("".join(parser.title).split())
    return Readable(id, text, metadata, title, parser.language, tuple(_sections(text, parser.headings)), tuple(parser.runs))


def split_html(html: str, size: int = 1000, overlap: int = 150, *, measure: Measure = len) -> list[Passage]:
    """Passages of what a reader sees, which never cross a heading; `headings` in their metadata are those above them. start, end: in
    `html`, tags and all."""
    return split_readable(read_html(html), size, overlap, measure=measure)


def split_readable(document: Readable, size: int = 1000, overlap: int = 150, *, measure: Measure = len) -> list[Passage]:
    """`split_html` of what was read already."""
    passages = split_sections(document.text, document.sections, size, overlap, measure)
    return [Passage(p.text, *document.locate(p.start, p.end), p.metadata) for p in passages]


def _sections(text: str, headings: Sequence[tuple[int, int]]) -> Iterator[Section]:
    above: list[tuple[int, str]] = []
    begin = 0
    for at, level in headings:
        if text[begin:at].strip():
            yield tuple(name for _, name in above), begin, at
        name = text[at:].partition("\n")[0].lstrip("#").strip()
        above = [*(item for item in above if item[0] < level), (level, name)] if name else above
        begin = at
    if text[begin:].strip():
        yield tuple(name for _, name in above), begin, len(text)


class _Parser(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces: list[str] = []
        self.runs: list[Run] = []
        self.headings: list[tuple[int, int]] = []
        self.title: list[str] = []
        self.language = ""
        self._html = html
        self._lines = [0, *(match.end() for match in re.finditer("\n", html))]
        self._length = 0
        self._unseen: list[str] = []  # the element that hides, and those of its name within it
        self._in_title = self._in_heading = False
        self._fences = 0
        self._break = 0  # newlines owed before the next text
        self._space = False
        self._mark = ""
        self._in_row = self._at_cell_start = False

    # What comes

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.language = given.get("lang") or ""
        if self._unseen == ["head"] and tag not in IN_HEAD:
            self._unseen = []  # its end tag may be left out
        if tag == "title" and not self.title and self._unseen in ([], ["head"]):
            self._in_title = True
        if self._unseen:
            if tag == self._unseen[0]:
                self._unseen.append(tag)
        elif tag in UNSEEN or (tag not in VOID and ("hidden" in given or given.get("aria-hidden") == "true")):
            # An inline icon is no end of a word; what is left out of a column is.
            self._space = True
            self._unseen = [tag]
        elif tag in HEADINGS:
            self._owe(2)
            self._in_heading, self._mark = True, "#" * HEADINGS[tag] + " "
        elif tag == "br":
            self._owe(0 if self._in_heading else 1)
        elif tag == "hr":
            self._owe(2)
        elif tag == "img":
            self._alternative(given.get("alt") or "")
        elif tag in ("td", "th"):
            if self._mark == " | ":
                self._flush()  # the cell before is empty
            if self._in_row:
                self._break, self._mark = 0, " | "
            self._in_row = self._at_cell_start = True
        elif tag in BLOCKS and not self._is_first(tag):
            if tag in ROWS:
                self._end_row()
            self._owe(1 if tag in CLOSELY else 2)
            if tag == "li":
                self._mark = "- "
            elif tag == "pre":
                self._fences += 1
                self._flush()
                self._add("```\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("title", "head"):
            self._in_title = False
        if self._unseen:
            if tag == self._unseen[0]:
                self._unseen.pop()
            return
        if tag in HEADINGS:
            self._in_heading = False
            self._owe(2)
        elif tag == "pre" and self._fences:
            self._fences -= 1
            self._add(("" if self._at_line_start() else "\n") + "```")
            self._owe(2)
        elif tag in BLOCKS and (tag in ROWS or not self._at_cell_start):
            if tag in ROWS:
                self._end_row()
            self._owe(1 if tag in CLOSELY else 2)

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        if self._unseen or self._in_title:
            return
        at = self._offset()
        if self._fences:
            self._take(data, at, len(data))
            return
        done = 0
        for segment in SEGMENT.finditer(data):
            self._space |= segment.start() > done
            self._take(segment[0], at + segment.start(), len(segment[0]))
            done = segment.end()
        self._space |= done < len(data)

    def handle_entityref(self, name: str) -> None:
        self._refer(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._refer(f"&#{name};")

    def _refer(self, reference: str) -> None:
        text = unescape(reference).replace("\xa0", " ")
        if self._in_title:
            self.title.append(text)
        if self._unseen or self._in_title:
            return
        if text.strip(SPACE) or self._fences:
            at = self._offset()
            found = REFERENCE.match(self._html, at)
            self._take(text, at, found.end() - at if found else len(reference))
        else:
            self._space = True

    def _alternative(self, text: str) -> None:
        """What is said in place of a picture."""
        text = " ".join(text.split())
        if text and not self._fences:
            at, self._space = self._offset(), True
            self._take(text, at, len(self.get_starttag_text() or ""))
            self._space = True

    # What is written

    def _owe(self, newlines: int) -> None:
        if newlines == 0:
            self._space = True
        self._break = max(self._break, newlines)
        if newlines:
            self._in_heading = False
            self._mark = ""

    def _is_first(self, tag: str) -> bool:
        """Whether it is the first paragraph of an item or a cell, and so on the line of that."""
        return (self._at_cell_start and tag not in ROWS) or (self._mark == "- " and tag in ("p", "div"))

    def _end_row(self) -> None:
        """What the paragraphs of its cells owe is not owed between rows."""
        if self._in_row:
            self._break = 0
        self._in_row = self._at_cell_start = False

    def _flush(self) -> None:
        """Writes what was owed: newlines, else a space; and the mark of an item or a cell."""
        if self._length and self._break:
            self._add("\n" * self._break)
        elif self._space and not self._mark and self._length and not self._at_line_start() and not self.pieces[-1].endswith(" "):
            self._add(" ")
        self._break, self._space = 0, False
        if self._mark:
            if self._mark.startswith("#"):
                self.headings.append((self._length, self._mark.count("#")))
            self._add(self._mark)
            self._mark = ""

    def _take(self, text: str, source: int, source_length: int) -> None:
        if not text:
            return
        self._flush()
        self._at_cell_start = False
        self.runs.append(Run(self._length, len(text), source, source_length))
        self._add(text)

    def _add(self, text: str) -> None:
        if text:
            self.pieces.append(text)
            self._length += len(text)

    def _at_line_start(self) -> bool:
        return not self.pieces or self.pieces[-1].endswith("\n")

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column


def read_links(html: str) -> list[tuple[str, str]]:
    """(href, text) of every link."""
    parser = _Links()
    parser.feed(html)
    parser.close()
    return [(href, " ".join(text.split())) for href, text in parser.links if text.strip()]


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self._within = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links.append((dict(attrs).get("href") or "", ""))
            self._within = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._within = False

    def handle_data(self, data: str) -> None:
        if self._within:
            href, text = self.links[-1]
            self.links[-1] = href, text + data
