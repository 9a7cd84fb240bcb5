"""Output of a marimo cell, which is replaced."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from ...core.shown import Drawing, ShownPart


def find() -> MarimoOutput | None:
    """Returns the output of the cell that runs, in a marimo notebook."""
    if "marimo" not in sys.modules:
        return None
    marimo: Any = import_module("marimo")
    return MarimoOutput(marimo) if marimo.running_in_notebook() else None


class MarimoOutput:
    def __init__(self, marimo: Any) -> None:
        self._marimo = marimo

    def draw(self, parts: Sequence[ShownPart], *, is_last: bool) -> None:
        self._marimo.output.replace(self._marimo.Html(Drawing.html(parts)))
