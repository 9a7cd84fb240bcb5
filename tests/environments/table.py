"""The table of docs/environments.md, made of results.json: `python -m tests.environments.table` writes it into the page."""

from __future__ import annotations

import json
from pathlib import Path

from tools.sources import ROOT

PAGE = ROOT / "docs" / "environments.md"
RESULTS = Path(__file__).with_name("results.json")
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"
ROWS = (
    "CPython 3.12",
    "CPython 3.13",
    "Pyodide 314.0.7",
    "Pyodide 314.0.0",
    "Pyodide 0.29",
    "PyScript 0.7.31, main thread",
    "PyScript 0.7.31, worker",
    "JupyterLite 0.8.6",
    "marimo 0.25.2",
)
COLUMNS = {
    "installs": "installs",
    "imports": "imports in",
    "prompts": "prompts",
    "streams": "streams",
    "tools": "tools",
    "stores": "stores",
    "reloaded": "after reload",
    "interrupted": "interrupted",
    "sandbox": "`python_tool`",
    "backend": "vectors by",
}


def render() -> str:
    found = json.loads(RESULTS.read_text("utf-8"))
    lines = [["", *COLUMNS.values()], ["---"] * (len(COLUMNS) + 1)]
    lines += [[row, *(found[row].get(column, "not run") for column in COLUMNS)] if row in found else [row, "not run"] for row in ROWS]
    return "".join(f"| {' | '.join([*line, *[''] * (len(COLUMNS) + 1 - len(line))])} |\n" for line in lines)


def fill(page: str) -> str:
    """Returns the page with the table as it is now."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{render()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(fill(PAGE.read_text("utf-8")), "utf-8")
