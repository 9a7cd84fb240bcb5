"""JupyterLite with its own kernel and Pyodide, built as people build it: the cells of an example, and what probe.py says."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from urllib.parse import quote

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.environments.conftest import HERE, PYTHON, serving_folder
from tests.environments.packing import pack
from tests.environments.runtimes import lay_out, lay_out_web
from tools.sources import ROOT

NOTEBOOK = ROOT / "examples" / "python" / "notebooks" / "ask.ipynb"
PYODIDE = "314.0.6"
PACKAGES = (
    *("ipython", "ipython-pygments-lexers", "asttokens", "executing", "jedi", "matplotlib-inline", "parso", "prompt-toolkit", "pure-eval"),
    *("pygments", "stack-data", "traitlets", "typing-extensions", "wcwidth", "comm"),
)
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
PROBE = """
from IPython.display import Javascript, display
from pyodide.http import pyfetch
display(Javascript("import('/staysail/sandbox/for-workers.js')"))
exec(await (await pyfetch("SITE/app/probe.py")).string())
print("PROBED" + await probe("BASE", "kept", "STAGE", "SITE/staysail/") + "END")
"""


def test_the_cells_of_the_example_and_the_wheel_work(driver, provider, record, tmp_path: Path):
    wheel = lay_out(tmp_path, PYODIDE)
    lay_out_web(tmp_path)
    pack(PACKAGES, tmp_path / "pyodide")
    settings = {"pyodideUrl": "/pyodide/pyodide.mjs"}
    config = {"jupyter-lite-schema-version": 0, "jupyter-config-data": {"litePluginSettings": {KERNEL: settings}}}
    work = tmp_path / "work"
    work.mkdir()
    (work / "jupyter-lite.json").write_text(json.dumps(config), "utf-8")
    build = [PYTHON.with_name("jupyter"), "lite", "build", "--apps", "repl", "--no-sourcemaps", "--output-dir", tmp_path / "lite"]
    subprocess.run(build, cwd=work, check=True, capture_output=True)
    app = tmp_path / "app"
    app.mkdir()
    (app / "probe.py").write_text((HERE / "probe.py").read_text("utf-8"), "utf-8")

    cells = ["".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    with serving_folder(tmp_path) as site:
        install = f"%pip install -q {site}pyodide/{wheel}"
        pip, define, ask, show = cells
        assert pip == "%pip install -q staysail"
        define = define.replace('api_key=lambda: input("API key")', f'api_key="k" * 9, base_url="{provider.url}"')
        text = run_cells(driver, site, [install, define, ask, show], "tokens in 1 model call", 2)
        assert text.count("Here.") == 2, text

        answers = []
        for stage in ("first", "again"):
            probing = PROBE.replace("SITE", site.rstrip("/")).replace("BASE", provider.url).replace("STAGE", stage)
            text = run_cells(driver, site, [install, probing], "END", 2)
            answers.append("PROBED".join(text.split("PROBED")[2:]).partition("END")[0])
    slow = next(seen for seen in reversed(provider.seen) if b"Slowly." in seen.body)
    assert slow.wait_closed(10) == "client"
    record.probed("JupyterLite 0.8.6", *answers)


def run_cells(driver, site: str, cells: list[str], awaited: str, times: int) -> str:
    """Runs cells in a new console until a text has come so many times. Returns the text of the page."""
    code = "&".join(f"code={quote(cell)}" for cell in cells)
    driver.get(f"{site}lite/repl/index.html?kernel=python&{code}")

    def read() -> str:
        return driver.find_element(By.TAG_NAME, "body").text

    try:
        WebDriverWait(driver, 200).until(lambda _: read().count(awaited) >= times)
    except Exception as error:
        raise AssertionError(read()[-3000:]) from error
    return read()
