"""EPUB 2 and 3: a zip of XHTML with a list of its order. Format: https://www.w3.org/TR/epub-33/

Why no ebooklib: it needs lxml, which is compiled, and refuses books with flaws that reading systems get over. The lists of a book are read
here tag by tag, as people's books have them: with HTML's entities, bare `&`, missing namespaces."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from html import unescape
from urllib.parse import unquote, urlsplit

from ...core.completion import Document
from ...core.errors import LoaderError
from ..archive import Archive
from ..decoding import decode_markup
from ..html_tokens import Text, read_tokens
from ..markup import read_html, read_links
from ..request import LoadRequest

EXTENSIONS = ("epub",)
MEDIA_TYPES = ("application/epub+zip",)
CONTAINER = "META-INF/container.xml"
ENCRYPTION = "META-INF/encryption.xml"
PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document")
ABOUT = {"dc:title": "title", "dc:creator": "author", "dc:language": "language"}


def recognises(data: bytes) -> bool:
    """Returns whether the data are a zip that says it is a book, or has a book's list of files."""
    return data.startswith(b"PK\3\4") and (b"application/epub+zip" in data[:200] or CONTAINER.encode() in data)


def load(data: bytes, request: LoadRequest) -> Iterator[Document]:
    """Yields a Document for each chapter, in reading order; `href` in its metadata is its file in the book. A chapter that is missing or
    damaged is noted.

    Raises LoaderError: "encrypted" for a book under DRM; "broken" where no chapter can be read; "no_text" where all are pictures.
    """
    book = _Book(Archive(data, request.name, request.max_bytes), request)
    number, damage = 0, ""
    for href in book.spine:
        if href in book.locked:
            raise LoaderError(f"{request.name} is protected against copying (DRM), and cannot be read", code="encrypted", file=request.name)
        try:
            text = book.read(href)
        except LoaderError as error:
            if error.code == "too_big":
                raise
            damage = damage or str(error)
            request.notes.count("damaged chapters left out", example=href)
            continue
        page = read_html(text, f"{request.name}#{href}", notes=request.notes, xml=True)
        if not page.text.strip():
            request.notes.count("chapters without text left out")
            continue
        number += 1
        first = next((headings[-1] for headings, _, _ in page.sections if headings), "")
        chapter = book.contents.get(href) or first or page.title
        yield page.replace(
            metadata=book.about | {"source": request.name, "chapter": chapter or str(number), "number": number, "href": href}
        )
    if not number:
        why = damage or f"{request.name} has no text: its chapters are empty or pictures"
        raise LoaderError(why, code="broken" if damage or not book.spine else "no_text", file=request.name)


class _Book:
    """The lists of a book. about: its metadata. spine: files in reading order. contents: names of chapters by file. locked: files that are
    encrypted; fonts often are, and that does no harm."""

    def __init__(self, archive: Archive, request: LoadRequest) -> None:
        self._archive, self._request = archive, request
        self._names = {name.lower(): name for name in archive.names}
        package = self._find_package()
        self.about, items, order = self._read_package(package)
        hrefs = {id: self._resolve(package, item.get("href", "")) for id, item in items.items()}
        kinds = {id: (item.get("media-type", "").lower(), item.get("properties", "").split()) for id, item in items.items()}
        known = [id for id in order if id in items]
        if missing := len(order) - len(known):
            request.notes.count("entries of the reading order left out that name no file", missing)
        if not known:  # a book without an order is read as its files are listed
            known = list(items)
        self.spine = list(dict.fromkeys(hrefs[id] for id in known if self._is_page(hrefs[id], *kinds[id])))
        self.contents: dict[str, str] = {}
        for id, (kind, properties) in kinds.items():
            if "nav" in properties or kind == "application/x-dtbncx+xml":
                self._read_contents(hrefs[id], is_ncx="nav" not in properties)
        self.locked = self._read_locked()

    def read(self, member: str) -> str:
        """The text of a file, whose name may be written in other letters than in the zip."""
        return decode_markup(self._archive.read(self._names.get(member.lower(), member)), self._request).text

    def _find_package(self) -> str:
        """Returns where the list of the book's files is."""
        if CONTAINER in self._archive.names:
            for name, attributes, _ in self._elements(CONTAINER):
                if name == "rootfile" and attributes.get("full-path"):
                    return posixpath.normpath(unquote(attributes["full-path"]))
        found = sorted(name for name in self._archive.names if name.lower().endswith(".opf"))
        if not found:
            raise LoaderError(f"{self._archive.name} is damaged: it does not say where its list of files is", file=self._archive.name)
        return found[0]

    def _read_package(self, package: str) -> tuple[dict[str, str], dict[str, Mapping[str, str]], list[str]]:
        about: dict[str, str] = {}
        items: dict[str, Mapping[str, str]] = {}
        order: list[str] = []
        for name, attributes, text in self._elements(package):
            if name == "item":
                items.setdefault(attributes.get("id") or f"item {len(items)}", attributes)
            elif name == "itemref":
                order.append(attributes.get("idref", ""))
            elif text and (field := ABOUT.get(name if name.startswith("dc:") else f"dc:{name}")):
                about.setdefault(field, text)
        if not items:
            raise LoaderError(f"{self._archive.name} is damaged: {package} lists no files", file=self._archive.name)
        return about, items, order

    def _elements(self, member: str) -> Iterator[tuple[str, Mapping[str, str], str]]:
        """Each element of a list: its name without a prefix but `dc:`, its attributes, and the text right behind its start."""
        text = self.read(member)
        if "<!entity" in text.lower():
            raise LoaderError(
                f"{self._archive.name}: {member} defines XML entities, which no honest document does", file=self._archive.name
            )
        element: tuple[str, Mapping[str, str]] | None = None
        words: list[str] = []
        for token in read_tokens(text, xml=True):
            if isinstance(token, Text):
                words.append(text[token.start : token.end] if token.raw else unescape(text[token.start : token.end]))
                continue
            if element:
                yield *element, " ".join("".join(words).split())
            name = token.name if token.name.startswith("dc:") else token.name.rpartition(":")[2]
            element, words = None if token.closes else (name, token.attributes), []
        if element:
            yield *element, ""

    def _is_page(self, href: str, kind: str, properties: list[str]) -> bool:
        return "nav" not in properties and (kind in PAGES or href.lower().endswith((".xhtml", ".html", ".htm")))

    def _read_contents(self, member: str, is_ncx: bool) -> None:
        """Names of chapters in the table of contents; the first of each file. A book is worth reading without it."""
        try:
            if is_ncx:
                label = ""
                for name, attributes, text in self._elements(member):
                    label = "" if name == "navpoint" else text if name == "text" and text else label
                    if name == "content" and label:
                        self.contents.setdefault(self._resolve(member, attributes.get("src", "")), label)
                return
            for href, text in read_links(self.read(member), xml=True):
                self.contents.setdefault(self._resolve(member, href), text)
        except LoaderError as error:
            if error.code == "too_big":
                raise
            self._request.notes.add(f"table of contents left out ({error})")

    def _read_locked(self) -> set[str]:
        if ENCRYPTION not in self._archive.names:
            return set()
        return {unquote(attributes.get("uri", "")) for name, attributes, _ in self._elements(ENCRYPTION) if name == "cipherreference"}

    def _resolve(self, base: str, href: str) -> str:
        try:
            path = unquote(urlsplit(href.strip()).path)
        except ValueError:
            path = href
        resolved = posixpath.normpath(posixpath.join(posixpath.dirname(base), path.replace("\\", "/"))).lstrip("/")
        return self._names.get(resolved.lower(), resolved)
