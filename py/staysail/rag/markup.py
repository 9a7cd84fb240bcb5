"""HTML as text to read, with its headings as sections and a way back to where each word stands in the source.

How it works. Blocks that are open are kept on a stack, with the few implied ends that people's pages rely on: a paragraph ends where a
block begins, an item where the next one does. What no reader sees (scripts, styles, forms, navigation, hidden elements) is left out and
counted; an element that a button or a tab opens is no hidden one.

Why no parser of others: citations need the place of every word, also of one with `&amp;` in it, which no parser's tree has; and
`split_html` works in a page without fetching anything. justhtml 3.16, the best of them, is as exact as a browser and linear too, but its
wheel has 177 kB, and with the places of its nodes it took 1.8 times as long over 60 pages as all that is done here. Both found the same
text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

from ..core.completion import Document
from ..core.value import NOTHING
from .html_tokens import SPACE, Tag, Text, read_tokens
from .notes import Notes
from .readable import Readable, Writer
from .splitters import Measure, Passage, split_sections

CODE = frozenset(["script", "style", "head", "template", "noscript", "title"])  # never text, and not worth a note
FORMS = frozenset(["select", "button", "textarea", "nav"])
EMBEDDED = frozenset(["svg", "iframe", "object", "canvas", "video", "audio"])
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"])
CLOSELY = frozenset(["li", "dd", "dt", "tr", "summary", "figcaption", "caption", "ul", "ol", "tbody", "thead", "tfoot"])
"""Blocks that take a line of their own, without an empty one above."""
APART = """address article aside blockquote body center details dialog div dl fieldset figure footer form header hgroup html main nav p pre
    search section table"""
BLOCKS = frozenset(APART.split()) | CLOSELY
IN_HEAD = frozenset(["title", "meta", "link", "base", "script", "style", "noscript", "template"])
ROWS = frozenset(["tr", "table", "thead", "tbody", "tfoot"])
CELLS = frozenset(["td", "th"])
HEADINGS = {f"h{level}": level for level in range(1, 7)}
STACKED = BLOCKS | CELLS | HEADINGS.keys() | {"head"}
ENDED_BY = {  # elements that the next one of their kind ends, unless one of the others is in between
    "li": (("li",), ("ul", "ol")),
    "dt": (("dt", "dd"), ("dl",)),
    "dd": (("dt", "dd"), ("dl",)),
    "tr": (("tr",), ("table",)),
    "td": (("td", "th"), ("tr", "table")),
    "th": (("td", "th"), ("tr", "table")),
    "tbody": (("thead", "tbody", "tfoot"), ("table",)),
    "tfoot": (("thead", "tbody", "tfoot"), ("table",)),
}
NOT_IN_SVG = BLOCKS | HEADINGS.keys() | frozenset(["b", "br", "em", "hr", "i", "img", "span", "strong", "u"])
MOST_DEPTH = 200  # of blocks; those within are read as if they stood beside one another
PIECE = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);?|[^&]+|&")
INVISIBLE = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0*\.?0*(?![\d.]))", re.IGNORECASE
)
OPENS = ("aria-controls", "aria-expanded", "data-bs-target", "data-target")


def read_html(
    html: str, id: str = "", metadata: Mapping[str, object] = NOTHING, *, notes: Notes | None = None, xml: bool = False
) -> Readable:
    """Returns the text that a reader of the page sees. notes: counts what is left out. xml: The page is XHTML."""
    reader = _Reader(html, notes or Notes())
    for token in read_tokens(html, xml=xml):
        if isinstance(token, Text):
            reader.read_text(token)
        elif token.closes:
            reader.end(token.name)
        else:
            reader.begin(token)
            if xml and token.is_empty and token.name not in VOID:
                reader.end(token.name)
    title = " ".join("".join(reader.title).split())
    return reader.writer.finish(Document(id, "", metadata), title=title, language=reader.language)


def split_html(html: str, size: int = 1000, overlap: int = 150, *, measure: Measure = len) -> list[Passage]:
    """Splits what a reader sees into passages that never cross a heading; `headings` in their metadata are those above them. start, end:
    in `html`, with its tags.

    Args:
        html: The page.
        size: Most of a passage, as `measure` counts.
        overlap: Most that a passage repeats of the one before; less than `size`.
        measure: Counts a text: its characters by default, or the tokens of a model.
    """
    return split_readable(read_html(html), size, overlap, measure=measure)


def split_readable(document: Readable, size: int = 1000, overlap: int = 150, *, measure: Measure = len) -> list[Passage]:
    """Splits as `split_html` a page that was read before."""
    passages = split_sections(document.text, document.sections, size, overlap, measure)
    return [Passage(p.text, *document.locate(p.start, p.end), p.metadata) for p in passages]


class _Reader:
    def __init__(self, html: str, notes: Notes) -> None:
        self.writer, self.title, self.language = Writer(), list[str](), ""
        self._html, self._notes = html, notes
        self._stack: list[str] = []
        self._lists: list[int | None] = []  # the number of the last item of each list that is open; None where items have none
        self._hidden = ""  # the element that hides, or ""
        self._kind = ""  # the note on it
        self._hidden_depth = 0  # of the stack, within it
        self._hidden_count = 0  # open elements of its name; 0 where the stack knows of it
        self._opened: set[str] = set()  # ids that buttons and tabs open
        self._in_title = False

    def begin(self, tag: Tag) -> None:
        name, given = tag.name, tag.attributes
        if name == "html":
            self.language = given.get("lang") or given.get("xml:lang") or ""
        if self._hidden == "title" or (self._hidden == "svg" and name in NOT_IN_SVG):
            self._show()  # its end tag is missing
        if self._hidden == "svg" and name == "foreignobject":
            self._hidden = "foreignobject"  # in which HTML stands
        if self._hidden == "head" and (name not in IN_HEAD or name in ("noscript", "template")):
            self._show()  # its end tag may be left out
        self._in_title = False  # where its end tag is missing
        if name == "title" and not self.title and self._hidden in ("", "head"):
            self._in_title = True
        self._end_implied(name)
        is_stacked = name in STACKED and len(self._stack) < MOST_DEPTH
        if is_stacked:
            self._stack.append(name)
            if name in ("ul", "ol"):
                self._lists.append(_number(given.get("start")) - 1 if name == "ol" else None)
        for attribute in OPENS:
            self._opened.update(target.lstrip("#") for target in given.get(attribute, "").split())
        if self._hidden == "button" and (name in HEADINGS or given.get("role") == "heading"):
            self._show()
        if self._hidden:
            self._hidden_count += self._hidden_count > 0 and name == self._hidden
        elif kind := self._find_hiding(tag):
            # An inline icon is no end of a word; what is left out of a column is.
            self.writer.add_space()
            if name in BLOCKS and not self.writer.in_row:
                self.writer.end_line(1 if name in CLOSELY else 2)
            self._hidden, self._kind, self._hidden_count, self._hidden_depth = name, kind, 1 - is_stacked, len(self._stack)
        else:
            self._write_begin(tag)

    def end(self, name: str) -> None:
        if name in ("title", "head"):
            self._in_title = False
        if self._hidden == "foreignobject" and name in ("foreignobject", "svg"):
            self._hidden, self._hidden_count = "svg", 1
        was_hidden = bool(self._hidden)
        if name in STACKED:
            self._end_block(name)
        if self._hidden_count and name == self._hidden:
            self._hidden_count -= 1
            if not self._hidden_count:
                self._show()
        if not was_hidden:
            self._write_end(name)

    def read_text(self, token: Text) -> None:
        if self._hidden == "head" and not self._in_title and not token.raw and self._html[token.start : token.end].strip():
            self._end_block("head")
        if self._hidden and not self._in_title:
            if self._kind.strip() and self._html[token.start : token.end].strip():
                self._notes.count(self._kind)
                self._kind = ""
            return
        if token.raw:
            self._take(self._html[token.start : token.end], token.start)
            return
        for piece in PIECE.finditer(self._html, token.start, token.end):
            text = piece[0]
            if len(text) > 1 and text[0] == "&":
                self._refer(text, piece.start())
            else:
                self._take(text, piece.start())

    # Elements that are open

    def _end_implied(self, name: str) -> None:
        if name in STACKED and self._stack and self._stack[-1] == "p" and name not in CELLS:
            self._pop(len(self._stack) - 1)
        ended, stops = ENDED_BY.get(name, ((), ()))
        if ended:
            self._pop_to(ended, stops)

    def _end_block(self, name: str) -> None:
        self._pop_to((name,), () if name in ("table", "body", "html") else CELLS - {name} if name not in ROWS else ("table",))

    def _pop_to(self, names: tuple[str, ...], stops: tuple[str, ...] | frozenset[str]) -> None:
        for depth in range(len(self._stack) - 1, -1, -1):
            if self._stack[depth] in names:
                self._pop(depth)
                return
            if self._stack[depth] in stops:
                return

    def _pop(self, depth: int) -> None:
        if self._hidden == "template" and depth < self._hidden_depth:
            return  # what is in a template ends nothing around it
        for name in self._stack[depth:]:
            if name in ("ul", "ol"):
                self._lists.pop()
        del self._stack[depth:]
        if depth < self._hidden_depth:
            self._show()

    # What is hidden

    def _find_hiding(self, tag: Tag) -> str:
        """The note on an element that is hidden; " " for one that is not worth a note, "" for one that is not hidden."""
        name, given = tag.name, tag.attributes
        if name in VOID:
            return ""
        if name in CODE:
            return "" if "shadowrootmode" in given else " "
        if name == "button" and (self.writer.in_heading or given.get("role") in ("tab", "heading") or _names_what_it_opens(given)):
            return ""
        if name in FORMS:
            return "buttons, form fields and menus left out"
        if name in EMBEDDED or (name == "math" and given.get("alttext")):
            if text := given.get("alttext") or given.get("aria-label") or "":
                self._add_alternative(text, tag)
            return " " if text else "drawings and embedded media left out"
        if name in ("annotation", "annotation-xml"):
            return " "
        is_opened = given.get("id", "") in self._opened or given.get("role") == "tabpanel"
        if given.get("aria-hidden") == "true" or (name == "dialog" and "open" not in given):
            return "hidden parts left out"
        if ("hidden" in given and given["hidden"] != "until-found") or INVISIBLE.search(given.get("style", "")):
            return "" if is_opened else "hidden parts left out"
        return ""

    def _show(self) -> None:
        self._hidden = self._kind = ""
        self._hidden_depth = self._hidden_count = 0

    # What is written

    def _write_begin(self, tag: Tag) -> None:
        name, given, writer = tag.name, tag.attributes, self.writer
        level = HEADINGS.get(name) or (_number(given.get("aria-level"), 2) if given.get("role") == "heading" else 0)
        if level:
            writer.begin_heading(min(max(level, 1), 6))
        elif name == "br":
            writer.add_space() if writer.in_heading or writer.in_row else writer.end_line(1)
        elif name == "hr":
            writer.end_line(2)
        elif name == "img":
            if given.get("alt"):
                self._add_alternative(given["alt"], tag)
            elif "alt" not in given:
                self._notes.count("pictures without a description left out")
        elif name == "input":
            if given.get("type", "").lower() != "hidden":
                self._notes.count("buttons, form fields and menus left out")
        elif name in CELLS:
            if _number(given.get("rowspan")) > 1:
                self._notes.count("cells that span rows written in their first row alone")
            writer.begin_cell()
        elif name == "button" and not writer.in_heading:
            writer.end_line(2)
        elif name in BLOCKS and not self._goes_on_its_line(name):
            if name in ROWS:
                writer.end_row()
            writer.end_line(1 if name in CLOSELY else 2)
            if name == "li":
                writer.begin_item(self._next_mark(given))
            elif name == "pre":
                writer.begin_code()

    def _write_end(self, name: str) -> None:
        writer = self.writer
        if name in HEADINGS or (name == "button" and not writer.in_heading):
            writer.end_line(2)
        elif name == "pre":
            writer.end_code()
        elif name in BLOCKS and (name in ROWS or not writer.in_empty_cell):
            if name in ROWS:
                writer.end_row()
            writer.end_line(1 if name in CLOSELY else 2)

    def _goes_on_its_line(self, name: str) -> bool:
        """Returns whether it is the first paragraph of an item or a cell, and so on the line of that."""
        if self.writer.in_empty_cell:
            return name not in ROWS
        return self.writer.is_beginning and name in ("p", "div")

    def _next_mark(self, given: Mapping[str, str]) -> str:
        last = self._lists[-1] if self._lists else None
        if last is None:
            return "- "
        self._lists[-1] = _number(given.get("value"), last + 1)
        return f"{self._lists[-1]}. "

    def _take(self, text: str, at: int) -> None:
        if self._in_title:
            self.title.append(text)
        else:
            self.writer.take_words(text, at)

    def _refer(self, reference: str, at: int) -> None:
        text = unescape(reference).replace("\xa0", " ")
        if self._in_title:
            self.title.append(text)
        elif text.strip(SPACE) or self.writer.in_code:
            self.writer.take(text, at, len(reference))
        else:
            self.writer.add_space()

    def _add_alternative(self, text: str, tag: Tag) -> None:
        """Writes what is said in place of a picture or a formula."""
        if (text := " ".join(text.split())) and not self.writer.in_code:
            self.writer.add_space()
            self.writer.take(text, tag.start, tag.end - tag.start)
            self.writer.add_space()


def _names_what_it_opens(given: Mapping[str, str]) -> bool:
    """Returns whether a button is the heading of an accordion's part, and not of a menu."""
    return given.get("aria-haspopup", "false") == "false" and any(name in given for name in OPENS)


def _number(text: str | None, default: int = 1) -> int:
    found = re.match(r"\s*[-+]?\d{1,9}", text or "")
    return int(found[0]) if found else default


def read_links(html: str, *, xml: bool = False) -> list[tuple[str, str]]:
    """Returns (href, text) of every link."""
    links: list[tuple[str, list[str]]] = []
    within = False
    for token in read_tokens(html, xml=xml):
        if isinstance(token, Text):
            if within:
                text = html[token.start : token.end]
                links[-1][1].append(text if token.raw else unescape(text))
        elif token.name == "a":
            within = not token.closes and not (xml and token.is_empty)
            if within:
                links.append((token.attributes.get("href", ""), []))
    return [(href, " ".join("".join(words).split())) for href, words in links if "".join(words).strip()]
