"""DOCX, read from WordprocessingML as a stream: ISO/IEC 29500, transitional and strict.

Why no library: python-docx needs lxml, which is compiled; mammoth builds a DOM of every part and leaves out equations, text boxes of strict
documents and numbers of lists without a word.

What is read: paragraphs with their headings (by style or outline level) and numbers, tables, text boxes, footnotes and endnotes, equations
in a line, content controls, inserted text, descriptions of pictures. What is left out is counted: deleted and hidden text, comments,
headers and footers, pictures without a description, charts, drawings and embedded objects."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from ...core.completion import Document
from ...core.errors import LoaderError
from ..archive import Archive
from ..readable import Writer
from ..request import LoadRequest
from ..word_styles import Numbering, Styles
from ..wordprocessing import WordReader, read_notes

EXTENSIONS = ("docx", "docm", "dotx")
MEDIA_TYPES = (
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.ms-word.document.macroenabled.12",
)
OLD = b"\xd0\xcf\x11\xe0"


def recognises(data: bytes) -> bool:
    """Returns whether the data are a zip with a part of a Word document."""
    return data.startswith(b"PK\3\4") and b"word/document" in data


def load(data: bytes, request: LoadRequest) -> Iterator[Document]:
    """Yields the document as one Readable. Raises LoaderError: "encrypted" also for Word's old format, "broken"."""
    name, notes = request.name, request.notes
    if data.startswith(OLD):
        raise LoaderError(f"{name} is encrypted, or in Word's old format: save it as .docx without a password", code="encrypted", file=name)
    archive = Archive(data, name, request.max_bytes)
    main = _find_main(archive)
    parts = _read_relations(archive, main)
    styles, numbering = Styles(), Numbering()
    if (part := parts.get("styles")) in archive.names:
        archive.read_xml(part, styles.begin, styles.end, _ignore)
    if (part := parts.get("numbering")) in archive.names:
        archive.read_xml(part, numbering.begin, numbering.end, _ignore)
    writer = Writer()
    reader = WordReader(writer, styles, numbering, notes)
    archive.read_xml(main, reader.begin, reader.end, reader.read_text)
    for kind in ("footnotes", "endnotes"):
        if reader.references[kind] and (part := parts.get(kind)) in archive.names:
            read_notes(archive, part, reader, kind)
    headings = [member for member in archive.names if posixpath.basename(member).startswith(("header", "footer")) and "/" in member]
    if texts := sum(b":t>" in archive.read(member) or b":t " in archive.read(member) for member in headings):
        notes.count("headers and footers left out", texts)
    yield writer.finish(Document(name, "", {"source": name} | _read_properties(archive)))


def _find_main(archive: Archive) -> str:
    """The part that is the document, which some programs do not call word/document.xml."""
    found = _read_relations(archive, "").get("officeDocument", "word/document.xml")
    if found in archive.names:
        return found
    raise LoaderError(f"{archive.name} is damaged, or no Word document: it has no {found}", file=archive.name)


def _read_relations(archive: Archive, part: str) -> dict[str, str]:
    """Parts that belong to a part, by the last word of their relation's type; the first of each."""
    folder, name = posixpath.split(part)
    member = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, str] = {}

    def begin(_: str, given: Mapping[str, str]) -> None:
        if given.get("TargetMode") != "External" and "Target" in given:
            target = posixpath.normpath(posixpath.join("/", folder, given["Target"])).lstrip("/")
            found.setdefault(given.get("Type", "").rpartition("/")[2], target)

    if member in archive.names:
        archive.read_xml(member, begin, _ignore, _ignore)
    return found


def _read_properties(archive: Archive) -> dict[str, str]:
    """Title and author, where the document names them."""
    words: dict[str, list[str]] = {"title": [], "creator": []}
    open_elements: list[str] = []

    def read_text(text: str) -> None:
        if open_elements and open_elements[-1] in words:
            words[open_elements[-1]].append(text)

    def end(_: str) -> None:
        open_elements.pop()

    if "docProps/core.xml" in archive.names:
        archive.read_xml("docProps/core.xml", lambda name, _: open_elements.append(name.rpartition(" ")[2]), end, read_text)
    found = {"title": "".join(words["title"]).strip(), "author": "".join(words["creator"]).strip()}
    return {name: value for name, value in found.items() if value}


def _ignore(_: str) -> None:
    """Takes what is of no use."""
