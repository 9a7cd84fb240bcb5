"""Diffs without line numbers, as models write them: a section's place is found by the lines that it keeps and takes out.

@@ def greet():
 def greet():
-    print("hi")
+    print("hello")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..core.errors import ToolError
from ..core.value import Value

# The context that a model writes may differ in white space; each comparison is tried when the stricter ones find nothing.
WAYS: tuple[Callable[[str], str], ...] = (lambda line: line, str.rstrip, str.strip)


class Section(Value):
    """One section of a diff. anchor: a line above the section. lines: (mark, text) pairs; the mark is " ", "-" or "+"."""

    anchor: str
    lines: tuple[tuple[str, str], ...]
    at_end: bool = False

    @property
    def old(self) -> list[str]:
        return [text for mark, text in self.lines if mark != "+"]


def new_file(diff: str) -> str:
    """Returns the content of a new file from its diff, whose lines all begin with +. Raises ToolError."""
    lines = diff.removesuffix("\n").split("\n") if diff else []
    if any(not line.startswith("+") for line in lines):
        raise ToolError("each line of a new file's diff begins with +")
    return "".join(f"{line[1:]}\n" for line in lines)


def apply_diff(text: str, diff: str, path: str) -> str:
    """Returns the changed text. Raises ToolError where a section does not match."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines, out, at = text.replace("\r\n", "\n").split("\n"), list[str](), 0
    for section in _sections(diff):
        if section.anchor:
            at += _advance(lines, at, section.anchor, out)
        old = section.old
        place = _find(lines, old, at, at_end=section.at_end)
        if place is None:
            raise ToolError(f"these lines are not in {path}, or not in this order; read the file and copy them exactly:\n" + "\n".join(old))
        out += lines[at:place]
        at = place
        for mark, line in section.lines:
            if mark == "+":
                out.append(line)
                continue
            if mark == " ":
                out.append(lines[at])
            at += 1
    return newline.join([*out, *lines[at:]])


def _sections(diff: str) -> Iterator[Section]:
    anchor, lines, at_end = "", list[tuple[str, str]](), False
    for line in diff.removesuffix("\n").replace("\r\n", "\n").split("\n"):
        if line.startswith("@@"):
            if lines:
                yield Section(anchor, tuple(lines), at_end)
            anchor, lines, at_end = line[2:].strip().removesuffix("@@").strip(), [], False
        elif line.startswith("*** End of File"):
            at_end = True
        elif line[:1] in (" ", "-", "+"):
            lines.append((line[0], line[1:]))
        elif not line:
            lines.append((" ", ""))
        elif not line.startswith(("***", "\\ No newline")):
            raise ToolError(f"a line of a diff begins with a space, -, + or @@, not {line[:40]!r}")
    if lines:
        yield Section(anchor, tuple(lines), at_end)


def _advance(lines: list[str], at: int, anchor: str, out: list[str]) -> int:
    """Appends the lines before the anchor to `out` and returns their number; 0 where the anchor does not occur."""
    place = _find(lines, [anchor], at)
    if place is None:
        return 0
    out += lines[at:place]
    return place - at


def _find(lines: list[str], wanted: list[str], at: int, *, at_end: bool = False) -> int | None:
    """Returns the position of the lines at or after `at`, or None."""
    if not wanted:
        return len(lines) - (1 if lines and not lines[-1] else 0) if at_end else at
    starts = range(at, len(lines) - len(wanted) + 1)
    for way in WAYS:
        sought = [way(line) for line in wanted]
        for start in reversed(starts) if at_end else starts:
            if [way(line) for line in lines[start : start + len(wanted)]] == sought:
                return start
    return None
