"""EPUB 2 and 3. An EPUB is a zip of XHTML with a list of its order, so the standard library reads it, where ebooklib would need lxml,
which is compiled. Format: https://www.w3.org/TR/epub-33/"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from ...core.completion import Document
from ...core.errors import LoaderError
from ..archive import Archive
from ..markup import read_html, read_links
from .asked import Asked
from .web_page import decode_html

EXTENSIONS = ("epub",)
MEDIA_TYPES = ("application/epub+zip",)
OPF, DC = "{http://www.idpf.org/2007/opf}", "{http://purl.org/dc/elements/1.1/}"
NCX = "{http://www.daisy.org/z3986/2005/ncx/}"
CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
ENCRYPTION = "{http://www.w3.org/2001/04/xmlenc#}CipherReference"
PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def recognises(data: bytes) -> bool:
    return data.startswith(b"PK\3\4") and b"application/epub+zip" in data[:128]


def load(data: bytes, asked: Asked) -> Iterator[Document]:
    """A Document a chapter, in reading order; `href` in its metadata is its file in the book."""
    archive = Archive(data, asked.name, asked.max_bytes)
    package = _package(archive)
    root = archive.xml(package)
    items = {item.get("id", ""): item for item in root.iter(f"{OPF}item")}
    hrefs = {id: _resolve(package, item.get("href", "")) for id, item in items.items()}
    names, locked = _contents(archive, root, items, hrefs), _locked(archive)
    about = _about(root) | {"source": asked.name}
    number = 0
    for reference in root.iter(f"{OPF}itemref"):
        id = reference.get("idref", "")
        href = hrefs.get(id, "")
        if id not in items or items[id].get("media-type") not in PAGES or "nav" in (items[id].get("properties") or "").split():
            continue
        if href in locked:
            raise LoaderError(f"{asked.name} is protected against copying (DRM), and cannot be read", code="encrypted", file=asked.name)
        page = read_html(decode_html(archive.read(href), asked).text, f"{asked.name}#{href}")
        if page.text.strip():
            number += 1
            first = next((headings[-1] for headings, _, _ in page.sections if headings), "")
            chapter = names.get(href) or first or page.title
            yield page.replace(metadata=about | {"chapter": chapter or str(number), "number": number, "href": href})


def _package(archive: Archive) -> str:
    """Where the list of the book's files is."""
    for file in archive.xml("META-INF/container.xml").iter(f"{CONTAINER}rootfile"):
        if path := file.get("full-path"):
            return path
    raise LoaderError(f"{archive.name} is damaged: it does not say where its list of files is", file=archive.name)


def _resolve(base: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(urlsplit(href).path)))


def _about(root: Element) -> dict[str, str]:
    told = {"title": "title", "author": "creator", "language": "language"}
    found = {name: (root.findtext(f".//{DC}{tag}") or "").strip() for name, tag in told.items()}
    return {name: value for name, value in found.items() if value}


def _contents(archive: Archive, root: Element, items: dict[str, Element], hrefs: dict[str, str]) -> dict[str, str]:
    """The names of chapters in the table of contents, by file; the first of each."""
    found: dict[str, str] = {}
    for id, item in items.items():
        if hrefs[id] not in archive.names:
            continue
        if "nav" in (item.get("properties") or "").split():
            for href, text in read_links(archive.read(hrefs[id]).decode("utf-8", "replace")):
                found.setdefault(_resolve(hrefs[id], href), text)
        elif item.get("media-type") == "application/x-dtbncx+xml":
            for point in archive.xml(hrefs[id]).iter(f"{NCX}navPoint"):
                content, text = point.find(f"{NCX}content"), (point.findtext(f"{NCX}navLabel/{NCX}text") or "").strip()
                if content is not None and text:
                    found.setdefault(_resolve(hrefs[id], content.get("src", "")), text)
    return found


def _locked(archive: Archive) -> set[str]:
    """Files that are encrypted; fonts often are, and nobody minds."""
    if "META-INF/encryption.xml" not in archive.names:
        return set()
    return {unquote(item.get("URI", "")) for item in archive.xml("META-INF/encryption.xml").iter(ENCRYPTION)}
