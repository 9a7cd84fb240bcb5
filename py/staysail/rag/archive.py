"""Zip files and XML that strangers made: bounded before anything of them is unpacked or expanded."""

from __future__ import annotations

import io
import zipfile
import zlib
from xml.etree import ElementTree
from xml.parsers import expat

from ..core.errors import LoaderError

MOST_MEMBERS = 20_000


class Archive:
    """Raises LoaderError for what is no zip, is damaged or encrypted, or unpacks to more than max_bytes."""

    def __init__(self, data: bytes, name: str, max_bytes: int) -> None:
        self.name = name
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise LoaderError(f"{name} is damaged: it is no whole zip file ({error})", file=name) from error
        members = self._zip.infolist()
        self.names = [member.filename for member in members]
        # Reading gives no more of a member than it declares, so the declared sizes are a bound.
        if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > max_bytes:
            raise LoaderError(
                f"{name} unpacks to more than {max_bytes:,} bytes; raise max_bytes if it is meant to be", code="too_big", file=name
            )
        if any(member.flag_bits & 1 for member in members):
            raise LoaderError(f"{name} is encrypted; save it without a password", code="encrypted", file=name)

    def read(self, member: str) -> bytes:
        try:
            return self._zip.read(member)
        except KeyError as error:
            raise LoaderError(f"{self.name} is damaged: it has no {member}", file=self.name) from error
        except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError) as error:
            raise LoaderError(f"{self.name} is damaged: {member} cannot be unpacked ({error})", file=self.name) from error

    def xml(self, member: str) -> ElementTree.Element:
        """The root of a member that is XML and defines no entities."""
        data = self.read(member)
        self.check_xml(member, data)
        return ElementTree.fromstring(data)  # noqa: S314  what it could be attacked with was refused

    def check_xml(self, member: str, data: bytes | None = None) -> None:
        """Refuses XML that defines entities, which could expand without end or name other files, and what is no XML."""

        def refuse(*_: object) -> None:
            raise LoaderError(f"{self.name}: {member} defines XML entities, which no honest document does", file=self.name)

        parser = expat.ParserCreate()
        parser.EntityDeclHandler = refuse
        try:
            parser.Parse(self.read(member) if data is None else data, True)
        except expat.ExpatError as error:
            raise LoaderError(f"{self.name} is damaged: {member} is no XML ({error})", file=self.name) from error
