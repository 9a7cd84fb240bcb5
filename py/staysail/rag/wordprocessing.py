"""WordprocessingML as text: the elements of a document's parts, one after another, as expat reads them.

How it works. Elements are known by their namespace's kind, which strict and transitional documents spell differently. An
element that is left out is skipped to its end."""

from __future__ import annotations

from collections.abc import Mapping

from .archive import Archive
from .notes import Notes
from .readable import Writer
from .word_equations import Equation
from .word_styles import Numbering, Styles, kind_of

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


def is_on(given: Mapping[str, str]) -> bool:
    """Returns whether a switch such as `<w:vanish/>` is on."""
    return given.get("val", "true") not in ("false", "0", "off")


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
