"""Output of a terminal: with rich, Markdown that is drawn again; without, and where output goes into a file, text as it comes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ...core.secrets import redact
from ...core.shown import Card, Prose, ShownPart
from .plain import draw_text, without_controls


def find() -> PlainOutput | RichOutput:
    return RichOutput() if sys.stdout.isatty() and find_spec("rich") else PlainOutput()


class PlainOutput:
    """Prints each part once it is complete, and the text of the last part as it grows."""

    def __init__(self) -> None:
        self._done = 0
        self._printed = 0

    def draw(self, parts: Sequence[ShownPart], *, is_last: bool) -> None:
        while self._done < len(parts):
            part, is_open = parts[self._done], not is_last and self._done == len(parts) - 1
            if isinstance(part, Prose):
                text = without_controls(redact(part.markdown))
                whole = is_last or not is_open
                self._write(text[self._printed :], "\n" if whole else "")
                self._printed = 0 if whole else len(text)
            elif is_open or (isinstance(part, Card) and part.state == "running" and not is_last):
                return
            else:
                self._write(draw_text([part]), "\n")
            if is_open:
                return
            self._done += 1

    def _write(self, text: str, end: str) -> None:
        sys.stdout.write(text + end)
        sys.stdout.flush()


class RichOutput:
    """Draws with rich, a part of which is the terminal's last lines."""

    def __init__(self) -> None:
        self._live: Any = import_module("rich.live").Live(auto_refresh=False, vertical_overflow="visible")
        self._live.start()

    def draw(self, parts: Sequence[ShownPart], *, is_last: bool) -> None:
        self._live.update(import_module("rich.console").Group(*map(_rich, parts)), refresh=True)
        if is_last:
            self._live.stop()


def _rich(part: ShownPart) -> Any:
    if isinstance(part, Prose):
        return import_module("rich.markdown").Markdown(without_controls(redact(part.markdown)), hyperlinks=False)
    text = import_module("rich.text").Text(draw_text([part]))
    return import_module("rich.panel").Panel(text) if isinstance(part, Card) else text
