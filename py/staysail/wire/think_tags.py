"""Separates thinking from text where a model wrote both into its text, the thinking between `<think>` and `</think>`."""

from __future__ import annotations

from typing import Literal

TAGS = (("<think>", "</think>"), ("[THINK]", "[/THINK]"))

type Piece = tuple[Literal["text", "reasoning"], str]


class ThinkTags:
    """Splits the text of one answer, piece by piece. Only a tag that opens the text counts; a tag that stands alone is text."""

    def __init__(self) -> None:
        self._state: Literal["begin", "thinking", "after", "text"] = "begin"
        self._held = ""
        self._closing = ""
        self._thought = False

    def feed(self, text: str) -> list[Piece]:
        """Returns the pieces that are certain by now. White space around the tags is left out."""
        out: list[Piece] = []
        text, self._held = self._held + text, ""
        if self._state == "begin":
            bare = text.lstrip()
            opening, closing = next(((first, last) for first, last in TAGS if bare.startswith(first)), ("", ""))
            if opening:
                self._state, self._closing, text = "thinking", closing, bare.removeprefix(opening)
            elif not bare or any(first.startswith(bare) for first, _ in TAGS):
                self._held = text
                return out
            else:
                self._state = "text"
        if self._state == "thinking":
            thought, closed, text = text.partition(self._closing)
            thought = thought if self._thought else thought.lstrip()
            shown = thought.rstrip() if closed else thought[: _settled(thought, self._closing)]
            if shown:
                self._thought = True
                out.append(("reasoning", shown))
            if not closed:
                self._held = thought[len(shown) :]
                return out
            self._state = "after"
        if self._state == "after":
            text = text.lstrip()
            self._state = "text" if text else "after"
        if text:
            out.append(("text", text))
        return out

    def close(self) -> list[Piece]:
        """Returns the pieces that were held back, at the end of the answer."""
        held, self._held = self._held, ""
        if self._state == "begin":
            return [("text", held)] if held else []
        if self._state != "thinking":
            return []
        if not self._thought and not held.strip():
            return [("text", TAGS[[last for _, last in TAGS].index(self._closing)][0])]
        return [("reasoning", held.rstrip())] if held.rstrip() else []


def _settled(thought: str, closing: str) -> int:
    """Returns the length of the text that is certainly thinking: without the beginning of a closing tag at its end, and the space before
    it."""
    cut = next((size for size in range(len(closing) - 1, 0, -1) if thought.endswith(closing[:size])), 0)
    return len(thought[: len(thought) - cut].rstrip())
