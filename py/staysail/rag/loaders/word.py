"""DOCX, by mammoth: pure Python, so it runs in a page too, where python-docx would need lxml. It gives HTML by the document's styles, and
that is read as any other: headings, lists and tables stay what they are. Pictures are left out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from importlib import import_module
from xml.etree.ElementTree import Element, tostring

from ...core.completion import Document
from ...core.errors import LoaderError
from ..archive import Archive
from ..markup import read_html
from .asked import Asked

EXTENSIONS = ("docx", "docm")
MEDIA_TYPES = ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",)
REQUIRES = ("mammoth",)
STYLES = "word/styles.xml"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PROPERTIES = {"title": "{http://purl.org/dc/elements/1.1/}title", "author": "{http://purl.org/dc/elements/1.1/}creator"}


def recognises(data: bytes) -> bool:
    return data.startswith(b"PK\3\4") and b"word/document.xml" in data


def load(data: bytes, asked: Asked) -> Iterator[Document]:
    name = asked.name
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise LoaderError(f"{name} is encrypted, or in Word's old format: save it as .docx without a password", code="encrypted", file=name)
    archive = Archive(data, name, asked.max_bytes)
    for member in archive.names:
        if member.endswith((".xml", ".rels")):
            archive.check_xml(member)
    try:
        html = import_module("mammoth").convert_to_html(io.BytesIO(_slim(archive)), convert_image=lambda _: []).value
    except Exception as error:
        raise LoaderError(f"{name} is damaged, or no Word document: {type(error).__name__}: {error}", file=name) from error
    # Places in mammoth's HTML are places in nothing that anybody has.
    yield read_html(html, name, {"source": name} | _about(archive)).replace(runs=())


def _slim(archive: Archive) -> bytes:
    """Without media, and without what mammoth does not read of styles: it makes a DOM of every part, and Word's styles are larger than most
    documents."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as slim:
        for member in archive.names:
            if member == STYLES:
                slim.writestr(member, _slim_styles(archive.xml(member)))
            elif member.endswith((".xml", ".rels")):
                slim.writestr(member, archive.read(member))
    return out.getvalue()


def _slim_styles(root: Element) -> bytes:
    for child in list(root):
        if child.tag != f"{W}style":
            root.remove(child)
        for part in list(child):
            if part.tag not in (f"{W}name", f"{W}pPr"):
                child.remove(part)
    return tostring(root)


def _about(archive: Archive) -> dict[str, str]:
    if "docProps/core.xml" not in archive.names:
        return {}
    root = archive.xml("docProps/core.xml")
    told = {name: (root.findtext(tag) or "").strip() for name, tag in PROPERTIES.items()}
    return {name: value for name, value in told.items() if value}
