"""Parts as text for a terminal, without the control characters by which text of a model could move its cursor or write its clipboard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import indent

from ...core.secrets import redact
from ...core.shown import MOST_ROWS, Card, Code, Note, Picture, Prose, ShownPart, Table

CONTROL = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"


def draw_text(parts: Sequence[ShownPart]) -> str:
    return "\n".join(filter(None, map(_draw, parts)))


def without_controls(text: str) -> str:
    return re.sub(CONTROL, "", text)


def _draw(part: ShownPart) -> str:
    match part:
        case Prose(text) | Code(text):
            return without_controls(redact(text))
        case Note(text):
            return without_controls(redact(text))
        case Picture(data, media_type):
            return f"[{without_controls(media_type)}, {len(data)} bytes]"
        case Table(columns, rows):
            lines = [columns, *rows[:MOST_ROWS]]
            return "\n".join("  ".join(_cell(cell) for cell in line) for line in lines)
        case Card(title, state, inner, _):
            return "\n".join(filter(None, (_cell(f"{title}: {state}" if state else title), indent(draw_text(inner), "  "))))


def _cell(text: str) -> str:
    return " ".join(without_controls(redact(text)).split())
