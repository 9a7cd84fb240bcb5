"""What the tests saw of each engine, kept in .cache/engines.json; `python -m tests.engines.table` writes it into docs/engines.md."""

from __future__ import annotations

import json
from typing import Any

from tools.sources import ROOT

SEEN = ROOT / ".cache" / "engines.json"
PAGE = ROOT / "docs" / "engines.md"
NAMES = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKitGTK"}
BEGIN, END = "<!-- made by tests/engines -->", "<!-- end -->"


class Table:
    """A column. engine: which; version: of the browser."""

    def __init__(self, engine: str, version: str) -> None:
        self._engine = engine
        self.note("version", version)

    def note(self, row: str, value: Any) -> None:
        """Notes a cell; later runs replace it."""
        seen = load()
        seen.setdefault(self._engine, {})[row] = value
        SEEN.parent.mkdir(exist_ok=True)
        SEEN.write_text(json.dumps(seen, indent=1))


def load() -> dict[str, dict[str, Any]]:
    return json.loads(SEEN.read_text()) if SEEN.exists() else {}


def render(seen: dict[str, dict[str, Any]]) -> str:
    """The table in Markdown: a row for each thing that was noted."""
    engines = [engine for engine in NAMES if engine in seen]
    rows = list(dict.fromkeys(row for engine in engines for row in seen[engine] if row != "version"))
    lines = [
        "| | " + " | ".join(f"{NAMES[engine]} {seen[engine]['version']}" for engine in engines) + " |",
        "| --- |" + " --- |" * len(engines),
    ]
    lines += [f"| {row} | " + " | ".join(str(seen[engine].get(row, "")) for engine in engines) + " |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n\n{render(load())}\n\n{END}{rest.partition(END)[2]}", "utf-8")
