"""The same flows in each engine: Firefox, WebKit and, with STAYSAIL_EVERY=1, Chromium. STAYSAIL_ENGINES=firefox,chromium names others.

A test drives a `Tab`; what runs in the page is a function of flows/*.js. No test and no flow knows which engine it runs in: where engines
differ, the page is asked for the feature."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from tests.conftest import EVERY
from tests.engines.driven import Chromium, WebKit
from tests.engines.firefox import Firefox
from tests.engines.table import Table
from tools.serve import serving
from tools.site import FOLDERS, Site
from tools.sources import ROOT

ENGINES = os.environ.get("STAYSAIL_ENGINES", "firefox,webkit" + (",chromium" if EVERY else "")).split(",")
CALL = """
async (given) => {
  try {
    for (let tries = 0; !globalThis.call; tries++) {
      if (tries > 1000) throw new Error("the page has no flows");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const { flow, values } = JSON.parse(given);
    return JSON.stringify({ value: JSON.parse(await call(flow, values)) });
  } catch (error) {
    return JSON.stringify({ error: `${error.name}: ${error.message}\\n${error.stack}` });
  }
}
"""
SCRIPT = """
async (given) => {
  try {
    const run = async (a) => { %s };
    return JSON.stringify({ value: (await run(JSON.parse(given))) ?? null });
  } catch (error) {
    return JSON.stringify({ error: `${error.name}: ${error.message}\\n${error.stack}` });
  }
}
"""


def find(name: str) -> str:
    """The path that tools/find-NAME prints; it installs what is missing. Skips the engine's tests where that cannot be done."""
    told = subprocess.run(["sh", f"tools/find-{name}"], cwd=ROOT, capture_output=True, text=True, check=False)
    if told.returncode:
        pytest.skip(told.stderr.strip().splitlines()[-1])
    return told.stdout.strip().splitlines()[-1]


def start(name: str) -> Any:
    if name == "firefox":
        return Firefox(find("firefox"))
    if name == "webkit":
        return WebKit(find("webkit"))
    os.environ["CHROME_BIN"] = find("chromium")
    return Chromium()


class Tab:
    """One tab of an engine."""

    def __init__(self, engine: Any, url: str) -> None:
        self.engine, self.url, self.is_stuck = engine, url, False
        self.id = engine.new_tab()
        self.go(url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def go(self, url: str = "") -> None:
        """Opens an address, or its own anew."""
        self.url = url or self.url
        self.engine.go(self.id, self.url)

    def call(self, flow: str, timeout_s: float = 60, **values: Any) -> Any:
        """What a flow returns: "agents.prompt" is `prompt` of flows/agents.js."""
        return self._value(CALL, {"flow": flow, "values": values}, timeout_s)

    def run(self, body: str, values: Any = None, timeout_s: float = 30) -> Any:
        """What the body of an async function returns; `a` in it is `values`."""
        return self._value(SCRIPT % body, values, timeout_s)

    def wait(self, body: str, values: Any = None, timeout_s: float = 30) -> Any:
        """The first true value of an expression."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if found := self.run(f"return {body}", values):
                return found
            time.sleep(0.1)
        startup = "document.querySelector('staysail-chat')?.shadowRoot?.querySelector('.startup')?.innerText ?? ''"
        seen = self.run(f"return document.body.innerText + ({startup})")
        raise TimeoutError(f"waited {timeout_s:g} s for {body}; the page says {seen[:2000]!r}")

    def press(self, keys: str) -> None:
        self.engine.press(self.id, keys)

    def give_files(self, selector: str, *files: Path) -> None:
        self.engine.give_files(self.id, selector, [str(file) for file in files])

    def resize(self, width: int, height: int = 740) -> None:
        self.engine.resize(self.id, width, height)

    def picture(self) -> bytes:
        return self.engine.picture(self.id)

    def close(self) -> None:
        self.engine.close_tab(self.id)

    def _value(self, function: str, given: Any, timeout_s: float) -> Any:
        try:
            told = json.loads(self.engine.run(self.id, function, json.dumps(given), timeout_s))
        except TimeoutError:
            self.is_stuck = True
            raise
        assert "error" not in told, told["error"] + "\n" + "\n".join(self.engine.logs[-5:])
        return told["value"]


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Base URL, ending in a slash, of the development server; it serves tests/ too."""
    with serving(Site(folders=(*FOLDERS, "tests"), keep_s=3600)) as url:
        yield url


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Any]:
    """One browser for all tests, and then the next."""
    running = start(request.param)
    running.name, running.started = request.param, None
    yield running
    running.quit()


@pytest.fixture
def open_tab(engine: Any, site: str) -> Iterator[Callable[..., Tab]]:
    """Opens tabs, and closes them in the end."""
    tabs = []

    def open_tab(path: str = "tests/engines/flow.html") -> Tab:
        tabs.append(Tab(engine, f"{site}{path}"))
        return tabs[-1]

    yield open_tab
    for tab in tabs:
        tab.close()


@pytest.fixture
def started(engine: Any, site: str) -> Tab:
    """A tab in which Python is up, in a worker: the same one for all tests, until a flow in it does not end."""
    tab: Tab | None = engine.started
    if tab and tab.is_stuck:
        tab.close()
        tab = None
    if not tab:
        tab = Tab(engine, f"{site}tests/engines/flow.html")
        tab.call("agents.start")
    engine.started = tab
    return tab


@pytest.fixture(scope="session")
def table(engine: Any) -> Table:
    """Where a test notes what it saw of an engine, for docs/engines.md."""
    return Table(engine.name, engine.version)


@pytest.fixture
def name(engine: Any, request: pytest.FixtureRequest) -> str:
    """A name for what is stored that no other test has."""
    return f"{request.node.originalname}-{time.time_ns()}"
