"""Styles of paragraphs and numbers of lists in WordprocessingML."""

from __future__ import annotations

import re
from collections.abc import Mapping

KINDS = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing": "wp",
    "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing": "wp",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "http://purl.oclc.org/ooxml/drawingml/chart": "c",
    "http://schemas.openxmlformats.org/drawingml/2006/diagram": "dgm",
    "http://purl.oclc.org/ooxml/drawingml/diagram": "dgm",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "urn:schemas-microsoft-com:vml": "v",
}
LEVEL = re.compile(r"heading ([1-9])$", re.IGNORECASE)
MOST_PARENTS = 20  # of a style
ROMAN = {
    1000: "m", 900: "cm", 500: "d", 400: "cd", 100: "c", 90: "xc", 50: "l", 40: "xl", 10: "x", 9: "ix", 5: "v", 4: "iv", 1: "i"
}  # fmt: skip


def kind_of(name: str) -> str:
    """Returns "w:p" for "namespace p"; for a namespace of no use here, the local name alone."""
    namespace, _, local = name.rpartition(" ")
    kind = KINDS.get(namespace)
    return f"{kind}:{local}" if kind else local


class Styles:
    """The styles of paragraphs, as far as headings and lists go."""

    def __init__(self) -> None:
        self._styles: dict[str, dict[str, str]] = {}
        self._style: dict[str, str] = {}

    def begin(self, name: str, given: Mapping[str, str]) -> None:
        kind = kind_of(name)
        if kind == "w:style":
            self._style = self._styles.setdefault(given.get("styleId", ""), {})
        elif kind in ("w:name", "w:basedOn", "w:outlineLvl", "w:numId", "w:ilvl"):
            self._style.setdefault(kind[2:], given.get("val", ""))

    def end(self, name: str) -> None:
        if kind_of(name) == "w:style":
            self._style = {}

    def find(self, id: str, field: str) -> str:
        """Returns what a style or the styles that it is based on say of a field; "" for nothing."""
        for _ in range(MOST_PARENTS):
            style = self._styles.get(id, {})
            if field in style:
                return style[field]
            id = style.get("basedOn", "")
            if not id:
                break
        return ""

    def find_level(self, id: str) -> int:
        """Returns the level of a heading's style, from 1; 0 for any other."""
        for _ in range(MOST_PARENTS):
            style = self._styles.get(id, {})
            name = style.get("name", id)
            if found := LEVEL.match(name):
                return min(int(found[1]), 6)
            if name.lower() == "title":
                return 1
            if (level := style.get("outlineLvl", "")).isdecimal():
                return min(int(level) + 1, 6) if level in tuple("012345678") else 0
            id = style.get("basedOn", "")
            if not id:
                break
        return 0


class Numbering:
    """Lists and their numbers."""

    def __init__(self) -> None:
        self._levels: dict[tuple[str, str], dict[str, str]] = {}  # by abstract list and level
        self._lists: dict[str, str] = {}  # abstract lists by list
        self._list = self._number = self._level = ""
        self._counts: dict[tuple[str, int], int] = {}

    def begin(self, name: str, given: Mapping[str, str]) -> None:
        kind, value = kind_of(name), given.get("val", "")
        if kind == "w:abstractNum":
            self._list, self._number = given.get("abstractNumId", ""), ""
        elif kind == "w:num":
            self._number = given.get("numId", "")
        elif kind == "w:abstractNumId" and self._number:
            self._lists[self._number] = value
        elif kind == "w:lvl" and not self._number:
            self._level = given.get("ilvl", "0")
        elif kind in ("w:start", "w:numFmt", "w:lvlText") and not self._number:
            self._levels.setdefault((self._list, self._level), {})[kind[2:]] = value

    def end(self, name: str) -> None:
        """Nothing ends here but what the next element begins."""

    def next_mark(self, number: str, level: int) -> str:
        """Returns the mark of the next item: `- `, or its number as the list writes it; "" where the list has no marks."""
        abstract = self._lists.get(number, number)
        found = self._levels.get((abstract, str(level)), {})
        form = found.get("numFmt", "bullet")
        if form == "bullet":
            return "- "
        self._counts[abstract, level] = self._counts.get((abstract, level), self._start(abstract, level) - 1) + 1
        for deeper in range(level + 1, 9):
            self._counts.pop((abstract, deeper), None)
        if form == "none":
            return ""

        def write(place: re.Match[str]) -> str:
            at = int(place[1]) - 1
            count = self._counts.get((abstract, at), self._start(abstract, at))
            return _write_number(count, self._levels.get((abstract, str(at)), {}).get("numFmt", "decimal"))

        text = re.sub(r"%([1-9])", write, found.get("lvlText", f"%{level + 1}.")[:50])
        return f"{text} " if text.strip() else ""

    def _start(self, abstract: str, level: int) -> int:
        start = self._levels.get((abstract, str(level)), {}).get("start", "1")
        return int(start) if start.isdecimal() and len(start) < 10 else 1


def _write_number(count: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter") and count > 0:
        text = chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 5)
    elif form in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        text = ""
        for value, digits in ROMAN.items():
            text += digits * (count // value)
            count %= value
    else:
        return str(count)
    return text.upper() if form.startswith("upper") else text
