"""Environments of others, with the wheels that people get: STAYSAIL_EVERY=1 runs them, `make environments` installs what they need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.page.conftest import pytest_runtest_makereport  # noqa: F401
from tests.server import Box, TestServer
from tools.chromium import start_chrome
from tools.serve import serving
from tools.site import Site
from tools.sources import ROOT

HERE = Path(__file__).parent
PYTHON = HERE / ".venv" / "bin" / "python"
RESULTS = HERE / "results.json"
ANSWERS = [
    {"text": "one two three", "if": "Count.", "times": 999},
    {"text": "3", "if": "function_call_output", "times": 999},
    {"tool_calls": [{"name": "add", "arguments": {"a": 1, "b": 2}}], "if": "Add.", "times": 999},
    {"text": " ".join(["slow"] * 600), "delay_s": 0.1, "if": "Slowly.", "times": 999},
    {"text": "Here.", "times": 9999},
]


@pytest.fixture
def provider() -> Iterator[Box]:
    """A model's server that answers by the prompt, as probe.py expects."""
    with TestServer() as server:
        yield server.box(*ANSWERS)


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel of staysail that package indexes have."""
    return next((ROOT / "wheels").glob("staysail-*-py3-none-any.whl"))


@pytest.fixture(scope="session")
def installed(tmp_path_factory, wheel: Path) -> dict[str, str]:
    """An environment in which the Python of the environments finds the installed wheel, and no source."""
    target = tmp_path_factory.mktemp("installed")
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, wheel], check=True)
    return {**os.environ, "PYTHONPATH": str(target), "OPENAI_API_KEY": "k" * 9}


class Recorder:
    """Writes what was found into results.json, from which docs/environments.md is made."""

    def __call__(self, environment: str, **columns: str) -> None:
        found = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
        found.setdefault(environment, {}).update(columns)
        RESULTS.write_text(json.dumps(dict(sorted(found.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")

    def probed(self, environment: str, *answers: str, sandbox: str = "yes") -> None:
        """Takes the answers of probe.py, and fails where one of them is not what it should be.

        sandbox: "yes" where python_tool runs, else a part of its error."""
        out: dict[str, str] = {}
        for answer in answers:
            out = json.loads(answer) | out
        if sandbox != "yes" and sandbox in out["sandbox"]:
            out["sandbox"] = "no"
        self(environment, installs="yes", **{name: text for name, text in out.items() if not name.endswith(" trace") and name != "version"})
        columns = ("prompts", "streams", "tools", "stores", "interrupted", "reloaded")
        expected = dict.fromkeys(columns, "yes") | {"sandbox": "yes" if sandbox == "yes" else "no"}
        wrong = {name: out.get(name) for name in expected if out.get(name) != expected[name]}
        assert not wrong, json.dumps(out, indent=1)


@pytest.fixture(scope="session")
def record() -> Recorder:
    return Recorder()


def serving_folder(folder: Path) -> AbstractContextManager[str]:
    """Serves a folder as the development server does: cross-origin isolated, which workers of PyScript need. Yields its address."""
    return serving(Site(root=folder, folders=tuple(path.name for path in folder.iterdir()), keep_s=3600))


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    """One Chromium for all tests."""
    browser = start_chrome(service_workers=False)
    browser.set_script_timeout(240)
    browser.set_page_load_timeout(120)
    yield browser
    browser.quit()


@pytest.fixture
def driver(browser: Chrome) -> Chrome:
    """The browser on an empty page with an empty console."""
    browser.get("about:blank")
    browser.get_log("browser")
    return browser


def pythons() -> list[Path]:
    """The Pythons of this machine that staysail supports, one of each minor version."""
    found = {}
    for name in ("3.12", "3.13", "3.14"):
        pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
        roots = [*sorted(pyenv.glob(f"versions/{name}*")), Path("/usr"), Path("/usr/local")]
        for root in roots:
            path = root / "bin" / f"python{name}"
            if path.is_file():
                found.setdefault(name, path)
    return [*found.values()] or [Path(sys.executable)]
