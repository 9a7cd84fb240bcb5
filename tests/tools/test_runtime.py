"""What `make build` left in wheels/: the list, the lock and the two wheels agree with each other."""

import _imp
import hashlib
import json
import re
import shutil
import struct
import subprocess
import sys
import zipfile

import pytest

from tools.assemble import RUNTIME, UPSTREAM_LOCK
from tools.site import Site
from tools.sources import ROOT, load_sources
from tools.wheel import build_source_wheel, build_wheels

SOURCES = load_sources()
LOCK = json.loads((RUNTIME / "pyodide-lock.json").read_text("utf-8"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.path.name)
def test_every_fetched_file_is_the_one_that_is_listed(source):
    assert source.matches(ROOT / source.path)
    assert source.licence
    assert source.places


def test_the_lock_lists_exactly_the_wheels_that_are_served():
    listed = {package["file_name"] for package in LOCK["packages"].values()}
    served = {path.name for path in RUNTIME.glob("*.whl")}
    assert served - listed == {name for name in served if re.fullmatch(r"staysail-.*-py3-none-any\.whl", name)}
    assert listed <= served


@pytest.mark.parametrize("name", sorted(LOCK["packages"]))
def test_a_package_of_the_lock_has_its_hash_and_its_dependencies(name):
    package = LOCK["packages"][name]
    assert hashlib.sha256((RUNTIME / package["file_name"]).read_bytes()).hexdigest() == package["sha256"]
    assert set(package["depends"]) <= set(LOCK["packages"])
    assert package["imports"]


def test_in_a_page_staysail_depends_on_the_carrier_of_synchronous_requests_alone():
    assert LOCK["packages"]["staysail"]["depends"] == ["pyodide-http"]


def test_the_lock_is_for_the_interpreter_that_is_served():
    assert LOCK["info"] == json.loads(UPSTREAM_LOCK.read_text("utf-8"))["info"]


def test_the_bytecode_wheel_holds_every_module_of_the_source_wheel_and_no_source():
    [source] = RUNTIME.glob("staysail-*-py3-none-any.whl")
    [bytecode] = RUNTIME.glob("staysail-*-cp314-none-any.whl")
    modules = {name for name in zipfile.ZipFile(source).namelist() if name.endswith(".py")}
    compiled = set(zipfile.ZipFile(bytecode).namelist())
    assert {f"{name}c" for name in modules} <= compiled
    assert not {name for name in compiled if name.endswith(".py")}
    assert "staysail/py.typed" in compiled


def test_the_same_sources_give_the_same_source_wheel_and_bytecode_holds_their_hashes_and_no_date(tmp_path):
    [source] = RUNTIME.glob("staysail-*-py3-none-any.whl")
    [bytecode] = RUNTIME.glob("staysail-*-cp314-none-any.whl")
    assert build_source_wheel(tmp_path).read_bytes() == source.read_bytes()
    with zipfile.ZipFile(source) as sources, zipfile.ZipFile(bytecode) as compiled:
        assert len({entry.date_time for entry in compiled.infolist()}) == 1
        for name in (name for name in sources.namelist() if name.endswith(".py")):
            magic, flags, told = struct.unpack("<II8s", compiled.read(f"{name}c")[:16])
            assert flags == 3, "checked by the hash of its source, not by a date"
            assert told == _imp.source_hash(magic, sources.read(name))


@pytest.mark.thorough
def test_the_same_sources_give_the_same_wheels(tmp_path):
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for source in SOURCES:
        if source.name == "pyodide" and source.path.parent.name == "wheels":
            shutil.copy(ROOT / source.path, runtime)
    wheels = build_wheels(runtime, UPSTREAM_LOCK, tmp_path)
    assert build_wheels(runtime, UPSTREAM_LOCK, tmp_path) == wheels
    for wheel in (wheels.source, wheels.bytecode):
        assert wheel.read_bytes() == (RUNTIME / wheel.name).read_bytes()


def test_a_second_build_changes_no_file():
    def times():
        return {path: path.stat().st_mtime_ns for path in RUNTIME.rglob("*")}

    command = [sys.executable, "-m", "tools.assemble"]
    subprocess.run(command, cwd=ROOT, check=True)
    before = times()
    subprocess.run(command, cwd=ROOT, check=True)
    assert times() == before


def test_no_registry_is_named_in_the_lock_of_the_javascript_tools():
    assert "://" not in re.sub(r'"(url|funding)": "[^"]*"', "", (ROOT / "web" / "package-lock.json").read_text("utf-8"))


def test_the_list_for_visits_without_a_network_names_what_is_served_and_leaves_the_models_out():
    listed = json.loads((RUNTIME / "offline.json").read_text("utf-8"))
    first, later = listed["first"], listed["later"]
    assert {
        "",
        "index.html",
        "page/tools/tools.py",
        "web/dist/page.js",
        "web/dist/page-later.js",
        "web/dist/python-worker.js",
        "web/wheel/staysail-cp314.whl",
        "wheels/pyodide.asm.wasm",
    } <= {*first}
    assert [name for name in first if name.endswith(".snapshot")]
    assert "page/page.js" in later, "the sources are served where one was edited since"
    assert not {*first} & {*later}
    site = Site()
    assert not [name for name in (*first, *later) if site.find(f"/{name}") is None]
    assert not [name for name in (*first, *later) if name.endswith((".gguf", ".onnx", ".gz"))]
