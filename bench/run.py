"""`make bench` runs every benchmark of this folder, prints their tables, and writes bench/results.json and the README's chart of them;
`make bench ROW=name` does so for the file of that name and leaves what is known of the others.

A benchmark is a file with `measure(bench) -> list[Row]`. Figures depend on the machine: compare ratios within one run.
"""

import importlib
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bench import chart, results
from bench.harness import as_json, open_bench, print_table

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
CHART = HERE.parent / "docs" / "bench.svg"


def names() -> list[str]:
    """The benchmarks there are, by walking this folder."""
    files = sorted(path.stem for path in HERE.glob("*.py"))
    return [name for name in files if "\ndef measure(" in (HERE / f"{name}.py").read_text(encoding="utf-8")]


def main(wanted: list[str]) -> None:
    known = names()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"There is no benchmark {unknown[0]!r}; there are: {', '.join(known)}")
    machine = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}", "processors": os.cpu_count()}
    with open_bench() as bench:
        for name in wanted or known:
            started = time.monotonic()
            print(f"== {name}", flush=True)
            measured = importlib.import_module(f"bench.{name}").measure(bench)
            print_table(measured)
            print(f"  ({time.monotonic() - started:.0f} s)\n", flush=True)
            table = {"machine": machine, "day": f"{datetime.now(UTC):%Y-%m-%d}", "rows": as_json(measured)}
            tables = results.merge(results.load(RESULTS), {name: table}, known)
            results.save(RESULTS, tables)
            CHART.write_text(chart.draw(tables), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
