"""Equations of WordprocessingML as a line of text.

How it works. An equation is put together from the inside out: the text of an inner element is done when it ends, and goes into the frame
of the one around it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


class Equation:
    """An equation in a line of text, such as `x^2/(y+1)`: a frame for each element that is open."""

    def __init__(self) -> None:
        self._frames: list[list[str]] = [[]]
        self._marks: list[list[str]] = [["", ""]]  # before and after what is in each frame, where the equation names them

    def begin(self, name: str, given: Mapping[str, str]) -> None:
        if name in ("begChr", "endChr", "chr") and len(self._marks) > 1:
            # In the properties of the element whose frame is the last but one.
            self._marks[-2][name == "endChr"] = given.get("val", "")
        self._frames.append([])
        self._marks.append(["(", ")"] if name == "d" else ["∫", ""] if name == "nary" else ["", ""])

    def add(self, text: str) -> None:
        self._frames[-1].append(text)

    def end(self, name: str) -> None:
        text, (before, after) = "".join(self._frames.pop()), self._marks.pop()
        if name == "den":
            text = f"/{_group(text)} "
        elif name == "num":
            text = _group(text)
        elif name in ("sup", "sub") and text:
            text = ("^" if name == "sup" else "_") + _group(text)
        elif name == "rad":
            text = "√" + _group(text)
        elif name == "deg":
            text = ""
        elif name in ("d", "nary"):
            text = before + text + after
        elif name == "mr":
            text += "; "
        elif name == "e" and text:
            is_summed = self._marks[-1][0] and not self._marks[-1][1]
            text = f" {text} " if is_summed else f"{text} "  # apart from the limits of a sum
        if not self._frames:
            self._frames, self._marks = [[]], [["", ""]]
        self._frames[-1].append(text)

    def finish(self) -> str:
        """Returns the text of the whole."""
        return re.sub(r" +(?=[)\]},;^_/]|$)", "", " ".join("".join(self._frames[0]).split()))


def _group(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 1 or text.isalnum() else f"({text})"
