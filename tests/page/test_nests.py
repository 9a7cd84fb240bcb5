"""JSON that nests without end, at every door, in Chromium; tests/web/nests.test.mjs tries more nests in Node."""

import json
import subprocess

import pytest

from tests.page.python_page import run_script
from tools.sources import ROOT

TRY = """
const modules = await Promise.all(["index", "toolfs", "vector-store", "qdrant"].map((name) => import(`/web/${name}.js`)));
const { findFaults, tryDoors } = await import("/tests/web/nests.mjs");
const staysail = Object.assign({}, ...modules);
await staysail.boot({ runtimeURL: new URL("/wheels/", location.href) });
const ends = await tryDoors(staysail, code, { nests: ["open"], levels: [8000] });
return { doors: Object.keys(ends).length, faults: findFaults(ends) };
"""


@pytest.fixture
def nests():
    with subprocess.Popen(["node", str(ROOT / "tests/web/nest_server.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout
        yield json.loads(server.stdout.readline())["url"]
        server.kill()


def test_no_nest_at_any_door_ends_python(driver, site, nests):
    driver.get(f"{site}tests/page/empty.html")
    told = run_script(driver, TRY, nests)
    assert told["faults"] == []
    assert told["doors"] > 130
