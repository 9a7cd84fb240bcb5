"""Exporters of spans: to the console, or into a list."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, TextIO

from ..core.spans import Span

# Characters of a value on the console; longer values are cut.
LONGEST = 120


class ConsoleExporter:
    """Prints one line for each span when it ends. file: standard output, if left out."""

    def __init__(self, file: TextIO | None = None) -> None:
        self._file = file

    def export(self, spans: Sequence[Span]) -> None:
        for span in spans:
            attributes = " ".join(f"{name}={_short(value)}" for name, value in span.attributes.items())
            failed = f" ERROR {span.message}" if span.status == "error" else ""
            print(f"{span.trace_id[:8]} {span.duration_s:7.3f} s  {span.name}{failed}  {attributes}", file=self._file or sys.stdout)


class MemoryExporter:
    """Keeps the newest spans in `spans`, at most `most` of them."""

    def __init__(self, most: int = 10_000) -> None:
        self.spans: list[Span] = []
        self._most = most

    def export(self, spans: Sequence[Span]) -> None:
        self.spans += spans
        del self.spans[: -self._most]

    def clear(self) -> None:
        self.spans.clear()


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
