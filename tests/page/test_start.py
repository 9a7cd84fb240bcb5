"""Starts from the snapshot that the build made, and starts where it does not fit."""

import json
import shutil
import threading

import pytest

from tools.serve import open_server
from tools.site import Site
from tools.sources import ROOT

SETUP = """
const done = arguments[arguments.length - 1];
const [options, shape] = arguments;
const run = async () => {
  const { boot, shutdown, pythonTools } = await import("/web/index.js");
  const manifest = await fetch("/wheels/staysail-snapshot.json").then((response) => (response.ok ? response.json() : {}));
  const store = (content) => URL.createObjectURL(new Blob([content]));
  // What stands in the snapshot's place: its manifest with other memory.
  const broken = async () => {
    const memory = new Uint8Array(1 << 16);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", memory));
    const sha256 = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return store(JSON.stringify({ ...manifest, file: store(memory), sha256 }));
  };
  if (shape === "damaged") {
    const { href } = new URL(manifest.file, new URL("/wheels/", location.href));
    for (const name of await caches.keys()) await caches.delete(name); // a service worker of a page before may have kept a whole one
    await (await caches.open("staysail-snapshots")).put(href, new Response(new Uint8Array(1 << 16)));
  }
  const progress = [];
  await boot({
    runtimeURL: "/wheels/", ...options, onProgress: (now) => progress.push(now),
    ...(shape === "broken" && { snapshot: await broken() }),
  });
  const [look] = await pythonTools(`
import random, sys
def look() -> list:
    import staysail.stores.vector_store
    return ["staysail.bridge.restoring" in sys.modules, random.random()]
`);
  const [restored, drawn] = await look.execute({});
  const numbers = async () => {
    const source = "import numpy\\ndef add() -> float:\\n    return float(numpy.arange(4).sum())";
    const [add] = await pythonTools(source, { requirements: ["numpy"] });
    return add.execute({});
  };
  const sum = shape === "numpy" ? await numbers() : null;
  if (shape === "kept") {
    const kept = async () => (await (await caches.open("staysail-snapshots")).keys()).length;
    while ((await kept()) < 2) await new Promise((resolve) => setTimeout(resolve, 200));
  }
  shutdown();
  const stages = progress.map(({ stage }) => stage).filter((stage, index, all) => stage !== all[index - 1]);
  return { restored, drawn, sum, stages, totalBytes: Math.max(...progress.map(({ totalBytes }) => totalBytes)), bytes: manifest.bytes };
};
run().then(done, (error) => done({ error: String(error.stack) }));
"""


@pytest.fixture
def start(driver, site):
    """Starts Python in a new page and tells what it found there."""

    def start(shape="", site=site, **options):
        driver.get(f"{site}tests/page/empty.html")
        told = driver.execute_async_script(SETUP, options, shape)
        assert "error" not in told, told["error"]
        return told

    return start


def test_restored_interpreters_import_load_numpy_and_draw_different_numbers(start):
    first = start("numpy", mode="worker")
    second, third = start(mode="worker"), start(mode="main")
    assert [first["restored"], second["restored"], third["restored"]] == [True] * 3
    assert first["sum"] == 6
    assert len({first["drawn"], second["drawn"], third["drawn"]}) == 3
    assert second["stages"] == ["runtime", "starting", "staysail", "ready"]
    assert second["totalBytes"] > second["bytes"] > 0


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        pytest.param("broken", {}, id="broken"),
        pytest.param("", {"snapshot": "/wheels/missing.json"}, id="missing", marks=pytest.mark.thorough),
    ],
)
def test_where_the_snapshot_does_not_fit_python_starts_without_it_and_says_so_once(driver, start, shape, options):
    told = start(shape, mode="worker", **options)
    assert told["restored"] is False
    assert told["stages"][-2:] == ["staysail", "ready"]
    said = [entry for entry in driver.get_log("browser") if "starts without the snapshot" in json.dumps(entry)]
    assert [entry["level"] for entry in said] == ["DEBUG"]


def test_what_was_damaged_in_the_browsers_keeping_is_fetched_anew_at_the_next_visit(start):
    assert [start(shape, mode="worker")["restored"] for shape in ("damaged", "")] == [False, True]


@pytest.fixture
def bare_site(tmp_path):
    """A site whose runtime folder holds what Pyodide's own has: no snapshot."""
    shutil.copytree(ROOT / "web", tmp_path / "web", ignore=shutil.ignore_patterns("node_modules", "types"))
    for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"):
        (tmp_path / "wheels").mkdir(exist_ok=True)
        shutil.copy(ROOT / "wheels" / name, tmp_path / "wheels")
    (tmp_path / "tests" / "page").mkdir(parents=True)
    shutil.copy(ROOT / "tests/page/empty.html", tmp_path / "tests/page")
    with open_server(Site(tmp_path, ("web", "wheels", "tests")), 0, quiet=True) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.url
        server.shutdown()


def test_where_the_runtime_has_no_snapshot_the_page_keeps_its_own_for_later_visits(start, bare_site):
    first = start("kept", bare_site, mode="worker")
    later = start("", bare_site, mode="worker")
    assert [first["restored"], later["restored"]] == [False, True]
    assert first["drawn"] != later["drawn"]
