"""WordprocessingML as text: the elements of a document's parts, one after another, as expat reads them.

How it works. Elements are known by their namespace's kind, which strict and transitional documents spell differently. An
element that is left out is skipped to its end. An equation is put together from the inside out: the text of an inner element is done when
it ends, and goes into the frame of the one around it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .archive import Archive
from .notes import Notes
from .readable import Writer

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
SKIPPED = {  # with their notes; "" for what no reader sees
    "w:del": "deletions of tracked changes left out",
    "w:moveFrom": "deletions of tracked changes left out",
    "w:instrText": "",
    "w:delText": "",
    "w:sdtPr": "",
    "w:rt": "readings of ruby text left out",
    "mc:Fallback": "",
    "w:pPrChange": "",
    "w:rPrChange": "",
}
DRAWN = "charts, drawings and embedded objects left out"
COUNTED = {
    "w:commentReference": "comments left out",
    "w:altChunk": "embedded documents left out",
    "c:chart": DRAWN,
    "dgm:relIds": DRAWN,
    "w:object": DRAWN,
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


def is_on(given: Mapping[str, str]) -> bool:
    """Returns whether a switch such as `<w:vanish/>` is on."""
    return given.get("val", "true") not in ("false", "0", "off")


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


class Equation:
    """An equation in a line of text, such as `x^2/(y+1)`: a frame for each element that is open."""

    def __init__(self) -> None:
        self._frames: list[list[str]] = [[]]
        self._marks: list[list[str]] = [["", ""]]  # before and after what is in each frame, where the equation names them

    def begin(self, name: str, given: Mapping[str, str]) -> None:
        if name in ("begChr", "endChr", "chr") and len(self._marks) > 1:
            # In the properties of the element whose frame is the last but one.
            self._marks[-2][name == "endChr"] = given.get("val", "")
        self._frames.append([])
        self._marks.append(["(", ")"] if name == "d" else ["∫", ""] if name == "nary" else ["", ""])

    def add(self, text: str) -> None:
        self._frames[-1].append(text)

    def end(self, name: str) -> None:
        text, (before, after) = "".join(self._frames.pop()), self._marks.pop()
        if name == "den":
            text = f"/{_group(text)} "
        elif name == "num":
            text = _group(text)
        elif name in ("sup", "sub") and text:
            text = ("^" if name == "sup" else "_") + _group(text)
        elif name == "rad":
            text = "√" + _group(text)
        elif name == "deg":
            text = ""
        elif name in ("d", "nary"):
            text = before + text + after
        elif name == "mr":
            text += "; "
        elif name == "e" and text:
            is_summed = self._marks[-1][0] and not self._marks[-1][1]
            text = f" {text} " if is_summed else f"{text} "  # apart from the limits of a sum
        if not self._frames:
            self._frames, self._marks = [[]], [["", ""]]
        self._frames[-1].append(text)

    def finish(self) -> str:
        """Returns the text of the whole."""
        return re.sub(r" +(?=[)\]},;^_/]|$)", "", " ".join("".join(self._frames[0]).split()))


def _group(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 1 or text.isalnum() else f"({text})"


class WordReader:
    """Writes a part's text. references: the ids of footnotes and endnotes, in the order in which the text refers to them."""

    def __init__(self, writer: Writer, styles: Styles, numbering: Numbering, notes: Notes) -> None:
        self.references: dict[str, list[str]] = {"footnotes": [], "endnotes": []}
        self._writer, self._styles, self._numbering, self._notes = writer, styles, numbering, notes
        self._skipped = 0  # elements that are open within what is skipped
        self._paragraphs: list[dict[str, str]] = []
        self._equation: Equation | None = None
        self._is_hidden = self._in_text = self._in_run = self._described = False
        self._last_item = ""  # the list of the paragraph before
        self._note_mark = ""  # of a footnote whose text has not begun

    def begin(self, name: str, given: Mapping[str, str]) -> None:
        kind = kind_of(name)
        if self._skipped or kind in SKIPPED:
            if not self._skipped and SKIPPED[kind]:
                self._notes.count(SKIPPED[kind])
            self._skipped += 1
        elif self._equation:
            if kind.startswith("m:"):
                self._equation.begin(kind[2:], given)
            self._in_text = kind in ("m:t", "w:t")
        elif kind == "w:t":
            self._in_text = True
        elif kind == "m:oMath":
            self._equation = Equation()
        else:
            if kind in COUNTED:
                self._notes.count(COUNTED[kind])
            self._begin_other(kind, given)

    def end(self, name: str) -> None:
        kind, writer = kind_of(name), self._writer
        if self._skipped:
            self._skipped -= 1
        elif kind in ("w:t", "m:t"):
            self._in_text = False
            if self._equation and kind == "m:t":
                self._equation.end("t")
        elif kind == "m:oMath" and self._equation:
            text, self._equation = self._equation.finish(), None
            self._write(text)
        elif self._equation:
            if kind.startswith("m:"):
                self._equation.end(kind[2:])
        elif kind == "w:r":
            self._is_hidden = False
        elif kind == "w:p" and self._paragraphs:
            paragraph = self._paragraphs.pop()
            if not writer.in_row:
                writer.end_line(1 if paragraph.get("is_item") else 2)
            else:
                writer.add_space()
        elif kind == "w:tr":
            writer.end_row()
            writer.end_line(1)
        elif kind == "w:tbl":
            writer.end_row()
            writer.end_line(2)
        elif kind == "w:txbxContent":
            writer.end_line(2)

    def read_text(self, text: str) -> None:
        if self._skipped or not self._in_text:
            return
        if self._equation:
            self._equation.add(text)
        elif self._is_hidden:
            self._notes.count("hidden parts left out")
        else:
            self._write(text)

    def begin_note(self, number: int) -> None:
        """Begins the text of a footnote or an endnote."""
        self._writer.end_line(1 if number > 1 else 2)
        self._note_mark = f"[{number}] "

    def _begin_other(self, kind: str, given: Mapping[str, str]) -> None:
        writer = self._writer
        value = given.get("val", "")
        if kind == "w:p":
            self._paragraphs.append({})
        elif kind in ("w:pStyle", "w:numId", "w:ilvl", "w:outlineLvl") and self._paragraphs:
            self._paragraphs[-1].setdefault(kind[2:], value)
        elif kind == "w:vanish":
            self._is_hidden = is_on(given)
        elif kind == "w:tab":
            writer.add_space()
        elif kind in ("w:br", "w:cr"):
            writer.add_space() if writer.in_row or writer.in_heading else writer.end_line(1)
        elif kind == "w:noBreakHyphen":
            self._write("-")
        elif kind == "w:sym":
            self._notes.count("symbols of picture fonts left out")
        elif kind == "w:tr":
            writer.end_row()
            writer.end_line(1)
        elif kind == "w:tc":
            writer.begin_cell()
        elif kind in ("w:tbl", "w:txbxContent"):
            writer.end_row()
            writer.end_line(2)
        elif kind in ("w:footnoteReference", "w:endnoteReference"):
            self.references[kind[2:-9] + "s"].append(given.get("id", ""))
            self._write(f"[{sum(map(len, self.references.values()))}]")
        elif kind == "wp:docPr":
            self._described = bool(given.get("descr", "").strip())
            if self._described:
                writer.add_space()
                self._write(given["descr"])
                writer.add_space()
        elif kind == "a:blip" or kind == "v:imagedata":
            if not self._described:
                self._notes.count("pictures without a description left out")
            self._described = False

    def _write(self, text: str) -> None:
        if self._paragraphs and not self._paragraphs[-1].get("begun") and text.strip():
            self._begin_paragraph(self._paragraphs[-1])
        self._writer.take_words(text)

    def _begin_paragraph(self, paragraph: dict[str, str]) -> None:
        paragraph["begun"] = "yes"
        if self._note_mark:
            self._writer.begin_item(self._note_mark)
            self._note_mark = ""
            return
        style = paragraph.get("pStyle", "")
        direct = paragraph.get("outlineLvl", "")
        level = min(int(direct) + 1, 6) if direct in tuple("012345678") else self._styles.find_level(style)
        number = paragraph.get("numId") or self._styles.find(style, "numId")
        depth = paragraph.get("ilvl") or self._styles.find(style, "ilvl") or "0"
        mark = self._numbering.next_mark(number, int(depth) if depth in tuple("012345678") else 0) if number not in ("", "0") else ""
        if level and not self._writer.in_row:
            self._writer.begin_heading(level)
            self._writer.take(mark if mark != "- " else "")
            self._last_item = ""
            return
        is_item = bool(mark) and not self._writer.in_row
        if not self._writer.in_row and not (is_item and self._last_item):
            self._writer.end_line(2)
        if is_item:
            paragraph["is_item"] = "yes"
        self._last_item = number if is_item else ""
        if mark:
            self._writer.begin_item(mark) if is_item else self._writer.take(mark)


def read_notes(archive: Archive, part: str, reader: WordReader, kind: str) -> None:
    """Writes the footnotes or the endnotes that the text refers to."""
    first = len(reader.references["footnotes"]) if kind == "endnotes" else 0
    numbers = {id: first + at for at, id in reversed(list(enumerate(reader.references[kind], 1)))}
    depth = wanted = 0

    def begin(name: str, given: Mapping[str, str]) -> None:
        nonlocal depth, wanted
        depth += 1
        if kind_of(name) in ("w:footnote", "w:endnote"):
            wanted = depth if given.get("id") in numbers else 0
            if wanted:
                reader.begin_note(numbers[given["id"]])
        elif wanted:
            reader.begin(name, given)

    def end(name: str) -> None:
        nonlocal depth, wanted
        if wanted and depth == wanted:
            wanted = 0
        elif wanted:
            reader.end(name)
        depth -= 1

    archive.read_xml(part, begin, end, lambda text: reader.read_text(text) if wanted else None)
