"""Paths: the only place where text becomes a path, for mounts, sessions, plugins and the audit.

How it works: the text is normalised (Unicode NFC) first and split into segments after, so that normalisation cannot produce a separator or
a `..` later. From then on a path is a tuple of segments, and "lies under" compares whole segments: /data never covers /database.

- `/toolfs/data/a.txt`, `/data/a.txt` and `data/a.txt` are one path. `/` holds `toolfs` and nothing else.
- `.` and doubled slashes are removed. `..` goes up, and is refused where it would leave /toolfs.
- Percent signs are ordinary characters. Backslashes, control characters, NUL and characters that reorder text are refused.
- `?` begins a query, which a few directories accept; no name contains it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ..core.errors import ToolFSError
from ..core.value import Value

type Path = tuple[str, ...]

ROOT: Path = ("toolfs",)
LONGEST_NAME_BYTES = 255
LONGEST_PATH_BYTES = 4096
DEEPEST = 64
# Control characters, line and paragraph separators, marks that change the direction of the text around them, halves of characters.
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


class Place(Value):
    """A path with the query behind it, if there is one."""

    path: Path
    query: str | None = None


def resolve(text: str) -> Place:
    """Returns the path and query of a text. Raises ToolFSError ("bad_path")."""
    if not isinstance(text, str):
        raise ToolFSError(f"a path is text such as /toolfs/data/a.txt, not {type(text).__name__}", code="bad_path")
    before, mark, query = text.partition("?")
    return Place(_resolve(before, text), query if mark else None)


def resolve_path(text: str) -> Path:
    """A path that takes no query. Raises ToolFSError ("bad_path")."""
    place = resolve(text)
    if place.query is not None:
        raise bad_path(text, "a name cannot hold '?'; only /toolfs/rag/query and /toolfs/memory take a query")
    return place.path


@lru_cache(2048)
def _resolve(before: str, text: str) -> Path:
    if not before.strip():
        raise bad_path(text, "it is empty; give a path such as /toolfs/data/a.txt")
    _check_characters(before, text)
    steps = [step for step in unicodedata.normalize("NFC", before).split("/") if step not in ("", ".")]
    if not steps and before.startswith("/"):
        return ()
    if steps and steps[0] == ROOT[0]:
        steps = steps[1:]
    path = list(ROOT)
    for step in steps:
        if step != "..":
            path.append(_checked(step, text))
        elif len(path) > len(ROOT):
            path.pop()
        else:
            raise bad_path(text, "'..' leaves /toolfs; nothing outside it can be reached")
    if len(path) > DEEPEST or len("/".join(path).encode()) > LONGEST_PATH_BYTES:
        raise bad_path(text, f"it is too long; at most {DEEPEST} segments and {LONGEST_PATH_BYTES} bytes")
    return tuple(path)


def check_name(name: str) -> str:
    """Returns a name as one normalised segment; for names from plugins, indexes and archives. Raises ToolFSError ("bad_path")."""
    if not isinstance(name, str) or not name or "/" in name or "?" in name or name in (".", ".."):
        raise bad_path(str(name), "a name is one segment, without '/' and '?', and not '.' or '..'")
    _check_characters(name, name)
    return _checked(unicodedata.normalize("NFC", name), name)


def _check_characters(part: str, text: str) -> None:
    if "\\" in part:
        raise bad_path(text, "it holds a backslash; segments are separated by '/'")
    found = FORBIDDEN.search(part)
    if found:
        raise bad_path(text, f"it holds the character U+{ord(found[0]):04X}, which no name may hold")


def _checked(name: str, text: str) -> str:
    if not name.strip():
        raise bad_path(text, "it holds a blank name")
    if len(name.encode()) > LONGEST_NAME_BYTES:
        raise bad_path(text, f"the name {name[:20]}… is longer than {LONGEST_NAME_BYTES} bytes")
    return name


def bad_path(text: str, why: str) -> ToolFSError:
    shown = text if len(text) <= 120 else f"{text[:117]}..."
    return ToolFSError(f"{shown!r} is no path here: {why}", code="bad_path", path=text)


def to_text(path: Path) -> str:
    return "/" + "/".join(path)


def is_under(path: Path, folder: Path) -> bool:
    """Returns whether `path` is `folder` or lies in it."""
    return path[: len(folder)] == folder
