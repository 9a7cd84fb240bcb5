"""The README's chart, drawn from the results: a panel a comparison, bars as ratios; plain SVG, readable on light and dark pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from bench.results import Table, groups

WIDTH = 860
MARGIN = 24
LABELS = 250  # pixels for the subjects' names
FIGURES = 170  # and for what stands behind a bar
BAR = 16
LINE = 24
HEAD = 46

STYLE = """
svg { --paper: #ffffff; --ink: #1f2328; --faint: #59636e; --bar: #b6bec8; --ours: #0969da; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --ink: #e6edf3; --faint: #9198a1; --bar: #3d444d; --ours: #4493f8; }
}
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--ink); }
.title { font-weight: 600; font-size: 14px; }
.faint { fill: var(--faint); font-size: 12px; }
.paper { fill: var(--paper); }
.bar { fill: var(--bar); }
.ours { fill: var(--ours); }
"""


@dataclass(frozen=True)
class Panel:
    """group: of the results. one: the subject whose bar is a length of 1."""

    title: str
    group: str
    one: str


PANELS = (
    Panel("Later visits: until a prompt can be sent", "Ready for a prompt, later visits", "loadPyodide, import staysail"),
    Panel("First visit: until a prompt can be sent", "Ready for a prompt, first visit", "loadPyodide, import staysail"),
    Panel(
        "Python in a page: what a prompt costs beyond the fetch",
        "A prompt: added to the bare fetch (Python, all in one Pyodide in the main thread)",
        "staysail",
    ),
    Panel("Python in a page: a stream of 10,000 deltas", "10,000 deltas (Python, all in one Pyodide in the main thread)", "staysail"),
    Panel("JavaScript: a prompt, fetch included", "A prompt (JavaScript; staysail's Python in a worker)", "bare fetch, by hand"),
    Panel("JavaScript: a stream of 10,000 deltas", "10,000 deltas (JavaScript; staysail's Python in a worker)", "staysail"),
    Panel(
        "JavaScript: longest hold of the page's thread by that stream",
        "Longest hold of the page's thread by 10,000 deltas (JavaScript; staysail's Python in a worker)",
        "staysail",
    ),
)


def draw(tables: Mapping[str, Table], panels: Sequence[Panel] = PANELS) -> str:
    """SVG of the panels whose figures there are."""
    found = groups(tables)
    y, parts = MARGIN, []
    for panel in panels:
        if panel.group in found:
            drawn, height = _draw_panel(panel, found[panel.group], y)
            parts += drawn
            y += height
    title = "What the benchmarks found, as bars"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{y}" rx="8"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _draw_panel(panel: Panel, rows: Sequence[Mapping[str, Any]], top: int) -> tuple[list[str], int]:
    one = next(row["value"] for row in rows if row["subject"] == panel.one)
    ratios = [max(row["value"] / one, 0) for row in rows]
    scale = (WIDTH - 2 * MARGIN - LABELS - FIGURES) / max(ratios)
    better = "longer is better" if rows[0]["more_is_better"] else "shorter is better"
    parts = [_text(MARGIN, top + 14, panel.title, "title"), _text(WIDTH - MARGIN, top + 14, better, "faint", "end")]
    for number, (row, ratio) in enumerate(zip(rows, ratios, strict=True)):
        y = top + HEAD - LINE + 8 + number * LINE
        ours = "ours" if _is_ours(row["subject"]) else "bar"
        parts += [
            _text(MARGIN, y + 13, row["subject"]),
            f'<rect class="{ours}" x="{MARGIN + LABELS}" y="{y}" width="{max(ratio * scale, 1):.1f}" height="{BAR}" rx="2"/>',
            _text(MARGIN + LABELS + ratio * scale + 8, y + 13, f"{_number(row['value'])} {row['unit']}  ·  {ratio:.2f} ×", "faint"),
        ]
    return parts, HEAD + len(rows) * LINE


def _is_ours(subject: str) -> bool:
    return subject == "staysail" or subject.startswith("boot()")


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "") -> str:
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{escape(text)}</text>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"
