"""Start-up in a page, stage by stage: what `loadPyodide` costs, what staysail adds to it."""

import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from bench.harness import Bench, Page, Row, median_row

VISITS = 10
STAGED_VISITS = 5
STAY_S = 4

STAGES = """
const mark = {};
let last = performance.now();
const begun = last;
const lap = (name) => { const now = performance.now(); mark[name] = now - last; last = now; };
const { loadPyodide } = await import(new URL("../../wheels/pyodide.mjs", location.href).href);
const pyodide = await loadPyodide();
lap("loadPyodide");
await pyodide.loadPackage("staysail", { messageCallback: () => {} });
lap("fetch and unpack staysail");
pyodide.runPython("import staysail");
lap("import staysail");
mark["all of it"] = performance.now() - begun;
return Object.entries(mark);
"""


BOOT = """
const begun = performance.now();
const { boot } = await import(new URL(entry, location.href).href);
await boot({ mode, runtimeURL: new URL("../../wheels/", location.href).href, ...(snapshot ? {} : { snapshot: false }) });
return performance.now() - begun;
"""

PLAIN = "loadPyodide, import staysail"
MODULES = "../../web/index.js"
BUNDLE = "../../bench/built/app/app.js"
BOOTS = {
    "boot() without the snapshot, worker": {"entry": MODULES, "mode": "worker", "snapshot": False},
    "boot(), worker": {"entry": MODULES, "mode": "worker", "snapshot": True},
    "boot(), worker, bundled by Vite": {"entry": BUNDLE, "mode": "worker", "snapshot": True},
    "boot(), main thread": {"entry": MODULES, "mode": "main", "snapshot": True},
}


def measure(bench: Bench) -> list[Row]:
    return _measure_stages(bench) + _measure_boots(bench)


def _measure_boots(bench: Bench) -> list[Row]:
    """Until a prompt can be sent. Each way has a cache of its own, and the ways take turns, so that what else the machine does
    weighs on all of them. The first visit lasts until the page has kept what it keeps."""
    subprocess.run(["node", Path(__file__).parent / "page/app/build.mjs"], check=True)
    times: dict[str, list[float]] = {way: [] for way in (PLAIN, *BOOTS)}
    with ExitStack() as caches:
        profiles = {way: caches.enter_context(bench.profile()) for way in times}
        for visit in range(VISITS + 1):
            for way, visits in times.items():
                with bench.page(profile=profiles[way]) as page:
                    visits.append(_ready_ms(page, way))
                    time.sleep(STAY_S if visit == 0 else 0)
    first = [Row("Ready for a prompt, first visit", way, visits[0], "ms", floor=PLAIN) for way, visits in times.items()]
    later = [median_row("Ready for a prompt, later visits", way, visits[1:], "ms", floor=PLAIN) for way, visits in times.items()]
    return first + later


def _ready_ms(page: Page, way: str) -> float:
    ready_ms: float = dict(page.run(STAGES))["all of it"] if way == PLAIN else page.run(BOOT, **BOOTS[way])
    return ready_ms


def _measure_stages(bench: Bench) -> list[Row]:
    """A first visit with an empty cache, then visits with the browser's cache warm, each in a new browser."""
    with bench.profile() as profile:
        visits = []
        for _ in range(STAGED_VISITS + 1):
            with bench.page(profile=profile) as page:
                visits.append(dict(page.run(STAGES)))
    rows = [Row("Start in a page, first visit", stage, ms, "ms", floor="all of it") for stage, ms in visits[0].items()]
    later = "Start in a page, later visits"
    return rows + [median_row(later, stage, [visit[stage] for visit in visits[1:]], "ms", floor="all of it") for stage in visits[0]]
