"""A visit of the page on a slow network: the first, a later one, and one without a network. Figures as Lighthouse has them; the table in
docs/performance.md is made of them."""

import statistics
from pathlib import Path

from bench.harness import Bench, Row
from tests.page.page_load import BYTES_PER_S, ROUND_TRIP_S, Visit, serve_slowly, visit
from tools.chromium import start_chrome
from tools.sources import ROOT

VISITS = 3
KEPT_S = 300
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- loads: written by bench/loads.py -->", "<!-- end of loads -->"
KEPT = """
const [done] = arguments, note = document.getElementById("offline-note");
new MutationObserver(() => !note.hidden && done()).observe(note, { attributes: true });
if (!note.hidden) done();
"""


def measure(bench: Bench) -> list[Row]:
    """Each kind of visit VISITS times, each time in a browser of its own whose cache was empty before the first."""
    del bench  # its site is a quick one
    seen: dict[str, list[Visit]] = {"first visit": [], "later visit": [], "without a network": []}
    for _ in range(VISITS):
        driver = start_chrome("--window-size=1440,900")
        try:
            driver.set_script_timeout(KEPT_S)
            with serve_slowly() as server:
                url = server.url
                seen["first visit"].append(visit(driver, url))
                server.is_slow = False
                driver.execute_async_script(KEPT)
                server.is_slow = True
                driver.get("about:blank")
                seen["later visit"].append(visit(driver, url))
            driver.get("about:blank")
            seen["without a network"].append(visit(driver, url))
        finally:
            driver.quit()
    write(PAGE, table(seen))
    return [Row(f"Page load, {kind}", name, value, unit) for kind, visits in seen.items() for name, value, unit in figures(visits)]


def figures(visits: list[Visit]) -> list[tuple[str, float, str]]:
    """Medians, by what they are."""

    def median(values: list[float]) -> float:
        return statistics.median(values)

    return [
        ("first paint", median([v.first_paint_ms for v in visits]), "ms"),
        ("message field has the focus", median([v.usable_ms for v in visits]), "ms"),
        ("chat in its place", median([v.joined_ms for v in visits]), "ms"),
        ("layout shift", median([v.shift for v in visits]), ""),
        ("tasks over 50 ms", median([len(v.long_tasks_ms) for v in visits]), ""),
        ("the longest", median([max(v.long_tasks_ms, default=0) for v in visits]), "ms"),
        ("requests", median([v.requests for v in visits]), ""),
        ("transferred", median([v.transferred_bytes / 1000 for v in visits]), "kB"),
    ]


def table(seen: dict[str, list[Visit]]) -> str:
    columns = {kind: figures(visits) for kind, visits in seen.items()}
    network = f"a round trip of {ROUND_TRIP_S * 1000:.0f} ms and {BYTES_PER_S * 8 / 1e6:.1f} Mbit a second"
    lines = [
        f"On a network with {network}, headless Chromium, 1440 by 900 pixels; medians of {VISITS}.",
        "The server waits a round trip for each connection and for each answer, also to workers. Requests and bytes are those before the",
        "chat is in its place.",
        "",
        "| | " + " | ".join(columns) + " |",
        "| --- |" + " --- |" * len(columns),
    ]
    rows = zip(*columns.values(), strict=True)
    lines += [f"| {row[0][0]} | " + " | ".join(f"{value:,.0f} {unit}".strip() for _, value, unit in row) + " |" for row in rows]
    return "\n".join(lines)


def write(page: Path, text: str) -> None:
    """Puts the table between its markers."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")
