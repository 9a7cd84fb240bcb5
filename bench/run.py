"""`make bench` runs every benchmark of this folder, prints their tables and writes bench/results.json; `make bench ROW=name` runs the file
of that name.

A benchmark is a file with `measure(bench) -> list[Row]`. Figures depend on the machine: compare ratios within one run.
"""

import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path

from bench.harness import Row, as_json, open_bench, print_table

HERE = Path(__file__).parent
NOT_BENCHMARKS = ("__init__", "harness", "run")


def names() -> list[str]:
    """The benchmarks there are, by walking this folder."""
    files = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NOT_BENCHMARKS)
    return [name for name in files if "\ndef measure(" in (HERE / f"{name}.py").read_text(encoding="utf-8")]


def main(wanted: list[str]) -> None:
    known = names()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"There is no benchmark {unknown[0]!r}; there are: {', '.join(known)}")
    rows: list[Row] = []
    with open_bench() as bench:
        for name in wanted or known:
            started = time.monotonic()
            print(f"== {name}", flush=True)
            measured = importlib.import_module(f"bench.{name}").measure(bench)
            print_table(measured)
            print(f"  ({time.monotonic() - started:.0f} s)\n", flush=True)
            rows += measured
    if not wanted:
        machine = {"python": platform.python_version(), "system": platform.platform(), "processors": os.cpu_count()}
        (HERE / "results.json").write_text(json.dumps({"machine": machine, "rows": as_json(rows)}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
