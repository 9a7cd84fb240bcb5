"""The archives of `make release`: checked by the tools of the indexes, installed in clean places, and the README's first programs run."""

import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.server import TestServer
from tools.release import BILL, SUMS, TARGET
from tools.sources import ROOT

TOOLS = ROOT / "tests/release/node_modules/.bin"
VERSION = json.loads((ROOT / "web/package.json").read_text("utf-8"))["version"]
NAMES = {
    f"staysail-{VERSION}-py3-none-any.whl",
    f"staysail-{VERSION}.tar.gz",
    f"staysail-{VERSION}.tgz",
    f"staysail-runtime-{VERSION}.tgz",
}
# Runs a file with await at its top level, as notebooks do.
PROGRAM = """
import ast, asyncio, pathlib, sys
code = compile(pathlib.Path(sys.argv[1]).read_text(), sys.argv[1], "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
asyncio.run(eval(code, {"__name__": "example"}))
"""
pytestmark = pytest.mark.skipif(not (TARGET / SUMS).is_file(), reason="`make release` has built nothing yet")


def run(*command, folder: Path = ROOT, **environment: str) -> str:
    names = ("PATH", "HOME", "PIP_CONFIG_FILE", "PIP_INDEX_URL", "NPM_CONFIG_USERCONFIG", "npm_config_registry")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    done = subprocess.run(
        [*map(str, command)], cwd=folder, env={**kept, **environment}, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def provider():
    with TestServer() as server:
        yield server


def test_the_checksums_are_those_of_the_archives():
    lines = dict(reversed(line.split("  ")) for line in (TARGET / SUMS).read_text().splitlines())
    assert set(lines) == {*NAMES, BILL}
    assert lines == {name: hashlib.sha256((TARGET / name).read_bytes()).hexdigest() for name in lines}


def test_the_bill_of_materials_names_each_part_with_its_licence():
    bill = json.loads((TARGET / BILL).read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert {"pyodide", "numpy", "numkong", "marked", "dompurify"} <= {component["name"] for component in bill["components"]}
    assert all(component["licenses"][0]["expression"] for component in bill["components"])


def test_twine_finds_nothing():
    files = [TARGET / name for name in NAMES if name.endswith((".whl", ".tar.gz"))]
    run(sys.executable, "-m", "twine", "check", "--strict", *files)


@pytest.mark.parametrize("name", [f"staysail-{VERSION}.tgz", f"staysail-runtime-{VERSION}.tgz"])
def test_publint_finds_nothing(name):
    said = run(TOOLS / "publint", "run", TARGET / name, "--strict")
    assert "All good!" in said, said


def test_attw_finds_nothing():
    """The package is ES modules alone: what old resolution and require() make of it is not asked."""
    run(TOOLS / "attw", TARGET / f"staysail-{VERSION}.tgz", "--profile", "esm-only", "--no-color", "--no-emoji")


@pytest.mark.parametrize("suffix", ["-py3-none-any.whl", ".tar.gz"])
def test_python_installs_either_archive_in_a_clean_place_and_the_first_example_answers(tmp_path, provider, suffix):
    box = provider.box({"tool_calls": [{"name": "weather", "arguments": {"city": "Oslo"}}]}, {"text": "Clear, 7 degrees."})
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    run(python, "-m", "pip", "install", "--quiet", TARGET / f"staysail-{VERSION}{suffix}")
    example = ROOT / "examples/python/basic.py"
    said = run(python, "-c", PROGRAM, example, folder=tmp_path, OPENAI_API_KEY="sk-x", STAYSAIL_OPENAI_BASE_URL=box.url)
    assert said.strip() == "Clear, 7 degrees."


@pytest.mark.parametrize("runtime", ["pyodide", "staysail-runtime"])
def test_npm_installs_the_packages_in_a_clean_place_and_the_first_example_answers(tmp_path, provider, runtime):
    box = provider.box({"text": "Air scatters blue light."})
    (tmp_path / "package.json").write_text(json.dumps({"private": True, "type": "module"}))
    own = [TARGET / f"staysail-runtime-{VERSION}.tgz"] if runtime == "staysail-runtime" else []
    omitted = ["--omit=optional"] if own else []
    run("npm", "install", "--loglevel=error", *omitted, TARGET / f"staysail-{VERSION}.tgz", *own, folder=tmp_path)
    program = (ROOT / "examples/web/basic.mjs").read_text("utf-8")
    if own:
        program = 'import { configure } from "staysail";\nconfigure({ runtimeURL: "node_modules/staysail-runtime/" });\n' + program
    (tmp_path / "basic.mjs").write_text(program, "utf-8")
    said = run("node", "basic.mjs", folder=tmp_path, OPENAI_API_KEY="sk-x", STAYSAIL_OPENAI_BASE_URL=box.url)
    assert said.strip() == "Air scatters blue light."
