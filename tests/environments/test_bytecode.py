"""micropip and an index that has both wheels: bytecode where the interpreter fits, source elsewhere."""

from __future__ import annotations

import hashlib
import json
import statistics
from pathlib import Path

import pytest

from tests.environments.conftest import serving_folder
from tests.environments.runtimes import PINNED, lay_out
from tests.page.python_page import run_script
from tools.index_wheel import main

INSTALL = """
const { loadPyodide } = await import("/pyodide/pyodide.mjs");
const pyodide = await loadPyodide();
await pyodide.loadPackage("micropip", { messageCallback: () => {} });
return await pyodide.runPythonAsync(code);
"""
MEASURE = """
import json, sys, time
import micropip
micropip.set_index_urls(["SITE/simple/{package_name}/index.json"])
await micropip.install("staysail")
started = time.perf_counter()
import staysail
took = time.perf_counter() - started
json.dumps([staysail.__file__.rpartition(".")[2], took * 1000])
"""


@pytest.mark.parametrize(("version", "kind"), [(PINNED, "pyc"), ("314.0.0", "pyc"), ("0.29", "py")])
def test_micropip_installs_the_wheel_that_fits(version: str, kind: str, driver, record, tmp_path: Path):
    lay_out(tmp_path, version)
    folder = tmp_path / "simple" / "staysail"
    folder.mkdir(parents=True)
    main(folder)
    with serving_folder(tmp_path) as site:
        files = [
            {
                "filename": path.name,
                "url": f"{site}simple/staysail/{path.name}",
                "digests": {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
                "size": path.stat().st_size,
            }
            for path in folder.glob("*.whl")
        ]
        answer = {"info": {"name": "staysail"}, "releases": {"0.1.0": files}}
        (folder / "index.json").write_text(json.dumps(answer), "utf-8")
        times = []
        for _ in range(3):
            driver.get(f"{site}simple/staysail/index.json")
            found, took = json.loads(run_script(driver, INSTALL, MEASURE.replace("SITE", site.rstrip("/"))))
            assert found == kind
            times.append(took)
    record(f"Pyodide {version}", imports=f"{statistics.median(times):.0f} ms")
