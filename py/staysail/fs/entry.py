"""Entries: the description of a file or directory in a listing."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Literal

from ..core.errors import ToolFSError
from ..core.value import Value
from .path import Path, to_text

type Kind = Literal["file", "directory"]


class Entry(Value):
    """A file or directory.

    Attributes:
        path: The path from /toolfs; within a mount, the path from the mount's root.
        size_bytes: The size; None where it is known only by reading.
        created_at, modified_at: Times as 2026-01-31T12:00:00.000Z, or None where they are unknown.
        hash: SHA-256 of the content; None for directories and for content that is made when it is read.
    """

    path: str
    kind: Kind = "file"
    size_bytes: int | None = 0
    created_at: str | None = None
    modified_at: str | None = None
    hash: str | None = None

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name} | {field: getattr(self, field) for field in Entry.__match_args__}


def directory(path: Path) -> Entry:
    return Entry(to_text(path), "directory")


def hash_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def to_iso(seconds: float) -> str:
    """Returns seconds since 1970 as text that sorts by time."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def not_found(path: Path) -> ToolFSError:
    """Returns the error of a missing path. Like the following errors, it is raised by mounts with the mount's own path; ToolFS adds the
    whole path to its message."""
    return ToolFSError("there is nothing here; list the directory above to see what is there", code="not_found", path=to_text(path))


def is_directory(path: Path) -> ToolFSError:
    return ToolFSError("this is a directory; list it, or name a file in it", code="is_directory", path=to_text(path))


def not_a_directory(path: Path) -> ToolFSError:
    return ToolFSError("this is a file, not a directory", code="not_a_directory", path=to_text(path))


def already_there(path: Path) -> ToolFSError:
    return ToolFSError("there is something here already; delete it first, or take another name", code="exists", path=to_text(path))


def read_only(path: Path, why: str = "it can only be read") -> ToolFSError:
    return ToolFSError(f"this cannot be changed: {why}", code="read_only", path=to_text(path))
