"""Parts as HTML with inline styles, which every notebook keeps. Only this module and `prose` write HTML, and both escape every text."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from ...core.secrets import redact
from ...core.shown import MOST_ROWS, PICTURES, Card, Code, Note, Picture, Prose, ShownPart, Table
from .prose import prose_html, quiet_tex

BOX = "border:1px solid rgba(128,128,128,.4);border-radius:6px;padding:.3em .7em;margin:.4em 0"
NOTES = {"": "opacity:.75;font-size:90%", "error": "color:#c5221f"}


def draw_html(parts: Sequence[ShownPart]) -> str:
    """Returns the parts in one element."""
    return f'<div class="staysail">{"".join(map(_draw, parts))}</div>'


def _draw(part: ShownPart) -> str:
    match part:
        case Prose(markdown):
            return prose_html(redact(markdown))
        case Note(text, kind):
            return f'<p style="{NOTES.get(kind, NOTES[""])}">{_text(text)}</p>'
        case Code(text):
            return f'<pre style="white-space:pre-wrap"><code>{escape(redact(text))}</code></pre>'
        case Picture(data, media_type):
            if media_type not in PICTURES:
                return f"<p>[{_text(media_type)}, {len(data)} bytes]</p>"
            return f'<img style="max-width:100%" alt="" src="data:{media_type};base64,{b64encode(data).decode()}">'
        case Table(columns, rows):
            head = "".join(f"<th>{_text(column)}</th>" for column in columns)
            body = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows[:MOST_ROWS])
            more = f"<p>and {len(rows) - MOST_ROWS} more</p>" if len(rows) > MOST_ROWS else ""
            return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
        case Card(title, state, inner, is_open):
            head = f"<b>{_text(title)}</b>{f' <span>{_text(state)}</span>' if state else ''}"
            if not inner:
                return f'<div style="{BOX}">{head}</div>'
            opened = " open" if is_open else ""
            return f'<details{opened} style="{BOX}"><summary>{head}</summary>{"".join(map(_draw, inner))}</details>'


def _text(text: str) -> str:
    return escape(quiet_tex(redact(text)))
