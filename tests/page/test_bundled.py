"""The packed npm package in Chromium: bundled by Vite, by package names through an import map, and by addresses alone."""

import json
import re
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.server import TestServer
from tools.serve import open_server
from tools.site import Site
from tools.sources import ROOT

ASK = """
const [base, prompt, done] = arguments;
globalThis.ask(base, prompt).then((value) => done({ value }), ({ name, message }) => done({ error: `${name}: ${message}` }));
"""
IMPORT = """
const [addresses, done] = arguments;
Promise.all(addresses.map((address) => import(address).then((module) => [address, Object.keys(module)])))
  .then((found) => done({ value: Object.fromEntries(found) }), ({ name, message }) => done({ error: `${name}: ${message}` }));
"""


@dataclass(frozen=True, slots=True)
class Built:
    url: str
    folder: Path
    warnings: list[str]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "site"
    command = ["node", str(ROOT / "tests/web/vite/build.mjs"), str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    packed = subprocess.run(
        ["node", str(ROOT / "tests/web/vite/webpack.mjs"), str(folder)], capture_output=True, text=True, timeout=300, check=False
    )
    assert packed.returncode == 0, packed.stdout + packed.stderr
    assert json.loads(packed.stdout)["errors"] == []
    served = Site(root=folder, folders=("assets", "pages", "staysail", "webpack", "wheels"))
    with open_server(served, 0, quiet=True) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Built(server.url, folder, json.loads(ran.stdout)["warnings"])
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def provider():
    with TestServer() as server:
        yield server


def run(driver, script, *arguments):
    told = driver.execute_async_script(script, *arguments)
    assert "error" not in told, told
    return told["value"]


def complaints(driver):
    messages = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    return [message for message in messages if "favicon.ico - Failed to load resource" not in message]


def test_vite_builds_the_app_without_a_warning_and_emits_workers_and_wheel(built):
    assert built.warnings == []
    names = sorted(path.name for path in (built.folder / "assets").iterdir())
    assert [name for name in names if name.endswith(".whl")] == [name for name in names if re.match(r"staysail-cp314-[\w-]+\.whl$", name)]
    assert sum(name.endswith(".whl") for name in names) == 1
    for worker in ("python-worker", "engine-worker", "plugin-worker", "shared-worker", "snapshot-worker"):
        assert any(name.startswith(f"{worker}-") for name in names), names
    wheel = next((built.folder / "assets").glob("*.whl"))
    assert wheel.read_bytes() == (ROOT / "web/wheel/staysail-cp314.whl").read_bytes()


def test_no_module_of_node_leaks_into_the_bundle(built):
    for path in (built.folder / "assets").glob("*.js"):
        source = path.read_text()
        assert not re.search(r"""(?:\bfrom|\bimport\s*\(?)\s*["'](?:node:|fs|path|pyodide["'])""", source), path.name
        assert "__vite-browser-external" not in source, path.name


@pytest.mark.parametrize("page", ["index.html", "pages/import_map.html"])
def test_an_agent_answers_through_the_worker_and_its_tool_runs_in_the_page(driver, built, provider, page):
    box = provider.box({"tool_calls": [{"name": "add", "arguments": {"a": 2, "b": 3}}]}, {"text": "That makes 5."})
    driver.get(built.url + page)
    told = run(driver, ASK, box.url, "2 + 3?")
    assert told["text"] == "That makes 5."
    assert [json.loads(result) for result in told["results"]] == [{"sum": 5, "here": "object"}]
    assert driver.execute_script("return Boolean(document.querySelector('staysail-chat').shadowRoot)")
    loaded = driver.execute_script("return performance.getEntriesByType('resource').map(({ name }) => name)")
    assert any(re.search(r"/python-worker[\w-]*\.js$", name) for name in loaded), loaded
    assert not any("pyodide.asm" in name for name in loaded), "Python runs in the page's own thread"
    assert complaints(driver) == []


def test_an_agent_answers_in_what_webpack_made_of_the_app(driver, built, provider):
    """webpack makes classic workers of module workers, which Pyodide refuses by itself."""
    box = provider.box({"tool_calls": [{"name": "add", "arguments": {"a": 2, "b": 3}}]}, {"text": "That makes 5."})
    driver.get(f"{built.url}pages/webpack.html")
    told = run(driver, ASK, box.url, "2 + 3?")
    assert told["text"] == "That makes 5."
    assert [json.loads(result) for result in told["results"]] == [{"sum": 5, "here": "object"}]
    loaded = driver.execute_script("return performance.getEntriesByType('resource').map(({ name }) => name)")
    assert not any("pyodide.asm" in name for name in loaded), "Python runs in the page's own thread"
    assert complaints(driver) == []


def test_a_page_needs_neither_a_bundler_nor_an_import_map(driver, built, provider):
    box = provider.box({"text": "Hello."})
    driver.get(f"{built.url}pages/plain.html")
    assert run(driver, ASK, box.url, "Hello")["text"] == "Hello."
    assert complaints(driver) == []


def test_every_subpath_is_imported_by_a_page(driver, built):
    package = built.folder / "staysail"
    exports = json.loads((package / "package.json").read_text())["exports"]
    files = [entry["default"][2:] for path, entry in exports.items() if "*" not in path and isinstance(entry, dict)]
    files = [file for file in files if file not in ("react.js", "vue.js")]  # which import their frameworks by name
    files += [f"providers/{path.name}" for path in sorted((package / "providers").glob("*.js"))]
    driver.get(f"{built.url}pages/plain.html")
    found = run(driver, IMPORT, [f"/staysail/{file}" for file in files])
    assert len(found) == len(files) > 25
    assert {name for name, names in found.items() if not names} == {"/staysail/types.js", "/staysail/jsx.js"}
    assert complaints(driver) == []
