"""Start-up in a page, stage by stage: what `loadPyodide` costs, what staysail adds to it."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.harness import Bench, Page, Row, median_row
from tools.runtime import TARGET, make_runtime
from tools.serve import open_server
from tools.site import SHARED, Site
from tools.sources import ROOT

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
await boot({ mode, runtimeURL: runtime, ...(snapshot ? {} : { snapshot: false }) });
return performance.now() - begun;
"""

PLAIN = "loadPyodide, import staysail"
MODULES = "../../web/index.js"
BUNDLE = "../../bench/built/app/app.js"
DIST = "../../web/dist/staysail.js"
OTHER = "the package staysail-runtime on another origin"
BOOTS = {
    "boot() without the snapshot, worker": {"entry": MODULES, "mode": "worker", "snapshot": False},
    "boot(), worker": {"entry": MODULES, "mode": "worker", "snapshot": True},
    "boot(), worker, bundled by Vite": {"entry": BUNDLE, "mode": "worker", "snapshot": True},
    "boot(), worker, dist/staysail.js": {"entry": DIST, "mode": "worker", "snapshot": True},
    f"boot(), worker, dist/staysail.js, {OTHER}": {"entry": DIST, "mode": "worker", "snapshot": True},
    f"the same, no isolation, {OTHER}": {"entry": DIST, "mode": "worker", "snapshot": True},
    "boot(), main thread": {"entry": MODULES, "mode": "main", "snapshot": True},
}


def measure(bench: Bench) -> list[Row]:
    return _measure_stages(bench) + _measure_boots(bench)


def _measure_boots(bench: Bench) -> list[Row]:
    """Until a prompt can be sent. Each way has a cache of its own, and the ways take turns, so that what else the machine does
    weighs on all of them. The first visit lasts until the page has kept what it keeps."""
    subprocess.run(["node", Path(__file__).parent / "page/app/build.mjs"], check=True)
    times: dict[str, list[float]] = {way: [] for way in (PLAIN, *BOOTS)}
    with ExitStack() as caches, _serve_runtime() as runtime, _serve_plainly() as plain:
        profiles = {way: caches.enter_context(bench.profile()) for way in times}
        here = Bench(plain, bench.server)
        for visit in range(VISITS + 1):
            for way, visits in times.items():
                with (here if "no isolation" in way else bench).page(profile=profiles[way]) as page:
                    visits.append(_ready_ms(page, way, runtime if OTHER in way else f"{bench.site}wheels/"))
                    time.sleep(STAY_S if visit == 0 else 0)
    first = [Row("Ready for a prompt, first visit", way, visits[0], "ms", floor=PLAIN) for way, visits in times.items()]
    later = [median_row("Ready for a prompt, later visits", way, visits[1:], "ms", floor=PLAIN) for way, visits in times.items()]
    return first + later


def _ready_ms(page: Page, way: str, runtime: str) -> float:
    ready_ms: float = dict(page.run(STAGES))["all of it"] if way == PLAIN else page.run(BOOT, runtime=runtime, **BOOTS[way])
    return ready_ms


@contextmanager
def _serve_runtime() -> Iterator[str]:
    """The address of the package's folder as a CDN serves it: for every origin, to be kept, WebAssembly and scripts compressed."""
    folder = make_runtime()
    for name in ("pyodide.asm.wasm", "pyodide.asm.mjs", "pyodide.mjs"):
        os.link(ROOT / f"wheels/{name}.gz", folder / f"{name}.gz")
        os.utime(folder / f"{name}.gz")
    with _serve(Site(TARGET.parent, (TARGET.name,), keep_s=31_536_000, headers=SHARED)) as url:
        yield f"{url}{TARGET.name}/"


@contextmanager
def _serve_plainly() -> Iterator[str]:
    """The same site without the headers that isolate its pages."""
    with _serve(Site(folders=("bench", "tests", "web"), headers={})) as url:
        yield url


@contextmanager
def _serve(site: Site) -> Iterator[str]:
    with open_server(site, 0, quiet=True) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.url
        server.shutdown()
        thread.join()


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
