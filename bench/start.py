"""Start-up in a page, stage by stage: what `loadPyodide` costs, what staysail adds to it."""

from bench.harness import Bench, Row, median_row

VISITS = 5

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


def measure(bench: Bench) -> list[Row]:
    """A first visit with an empty cache, then visits with the browser's cache warm, each in a new browser."""
    with bench.profile() as profile:
        visits = []
        for _ in range(VISITS + 1):
            with bench.page(profile=profile) as page:
                visits.append(dict(page.run(STAGES)))
    rows = [Row("Start in a page, first visit", stage, ms, "ms", floor="all of it") for stage, ms in visits[0].items()]
    later = "Start in a page, later visits"
    return rows + [median_row(later, stage, [visit[stage] for visit in visits[1:]], "ms", floor="all of it") for stage in visits[0]]
