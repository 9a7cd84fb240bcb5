"""Zip files that strangers made, bounded while they are unpacked, and the XML in them, which may not expand."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from xml.parsers import expat

from ..core.errors import LoaderError

MOST_MEMBERS = 20_000
MOST_DEPTH = 256  # of XML elements
CHUNK = 64 << 10
UNREADABLE = (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Archive:
    """A zip file in memory.

    All that is read from it, the same member twice included, comes to at most `max_bytes`: counted while unpacking, since sizes in a zip
    may lie and members may overlap.

    Raises LoaderError for data that are no zip, are damaged or encrypted, have too many members, or declare more than `max_bytes`.
    """

    def __init__(self, data: bytes, name: str, max_bytes: int) -> None:
        self.name, self._max_bytes, self._left = name, max_bytes, max_bytes
        # Counted before the directory is parsed, which costs a kilobyte for each entry.
        if data.count(b"PK\1\2") > MOST_MEMBERS:
            raise LoaderError(f"{name} has more than {MOST_MEMBERS:,} members, which no document has", code="too_big", file=name)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (*UNREADABLE, KeyError) as error:
            raise LoaderError(f"{name} is damaged: it is no whole zip file ({error})", file=name) from error
        members = self._zip.infolist()
        self.names = {member.filename for member in members}
        if sum(member.file_size for member in members) > max_bytes:
            raise self._too_big()
        if any(member.flag_bits & 1 for member in members):
            raise LoaderError(f"{name} is encrypted; save it without a password", code="encrypted", file=name)

    def read(self, member: str) -> bytes:
        """Unpacks a member. Raises LoaderError where there is none, it is damaged, or the limit is reached."""
        out = bytearray()
        try:
            info = self._zip.getinfo(member)
            if info.compress_type not in METHODS:
                raise NotImplementedError(f"compression method {info.compress_type}; only deflate is read")
            with self._zip.open(info) as file:
                while chunk := file.read(CHUNK):
                    self._left -= len(chunk)
                    if self._left < 0:
                        raise self._too_big()
                    out += chunk
        except KeyError as error:
            raise LoaderError(f"{self.name} is damaged: it has no {member}", file=self.name) from error
        except UNREADABLE as error:
            raise LoaderError(f"{self.name} is damaged: {member} cannot be unpacked ({error})", file=self.name) from error
        return bytes(out)

    def _too_big(self) -> LoaderError:
        return LoaderError(
            f"{self.name} unpacks to more than {self._max_bytes:,} bytes; raise max_bytes if it is meant to be",
            code="too_big",
            file=self.name,
        )

    def read_xml(
        self, member: str, begin: Callable[[str, Mapping[str, str]], None], end: Callable[[str], None], text: Callable[[str], None]
    ) -> None:
        """Reads a member that is XML, and calls `begin` and `end` for each element and `text` for what is between them.

        Names are "namespace local", those of attributes only "local". Raises LoaderError for what is no XML, for entities of its own, which
        could expand without end or name other files, and for elements nested deeper than 256.
        """
        depth = 0

        def refuse(*_: object) -> None:
            raise LoaderError(f"{self.name}: {member} defines XML entities, which no honest document does", file=self.name)

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > MOST_DEPTH:
                raise LoaderError(f"{self.name}: {member} is nested deeper than {MOST_DEPTH} elements", file=self.name)
            begin(name, {key.rpartition(" ")[2]: value for key, value in attributes.items()})

        def stop(name: str) -> None:
            nonlocal depth
            depth -= 1
            end(name)

        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.EntityDeclHandler = refuse
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, stop, text
        try:
            parser.Parse(self.read(member), True)
        except expat.ExpatError as error:
            raise LoaderError(f"{self.name} is damaged: {member} is no XML ({error})", file=self.name) from error
