"""One interpreter for several tabs in Chromium: in a SharedWorker and, where there is none, in a worker of the tab that was elected."""

import json

import pytest

from tests.server import TestServer

SETUP = """
const [way, settings, title, done] = arguments;
document.title = title;
if (way === "channel") delete globalThis.SharedWorker;
if (way === "broken") globalThis.SharedWorker = class extends SharedWorker { constructor(_, options) { super("/nowhere.js", options); } };
globalThis.caught = (promise) => promise.then(() => null, (error) => ({ ...error, name: error.name, message: error.message }));
globalThis.starts = new Set();
import("/web/index.js").then(async (staysail) => {
  Object.assign(globalThis, staysail);
  const watch = ({ stage }) => starts.add(stage);
  globalThis.booted = caught(boot({ mode: "shared", runtimeURL: "/wheels/", onProgress: watch, ...settings }));
  globalThis.agent = (baseURL, rest = {}) => new Agent({ model: "openai:gpt-4o", apiKey: "k", baseURL, ...rest });
  return null;
}).then(done, (error) => done(String(error.stack)));
"""
RUN = """
const done = arguments[arguments.length - 1];
const [base, options] = arguments;
const run = async () => { %s };
run().then((value) => done({ value }), ({ name, message, stack }) => done({ error: { name, message, stack } }));
"""
# Both tabs give their modules the same ids; each must find its own.
LOOK = """
import asyncio, sys
def look() -> list:
    sys.guests = getattr(sys, "guests", 0) + 1
    return ["%s", sys.guests, sum(name.startswith("staysail_tools_") for name in sys.modules), len(asyncio.all_tasks())]
"""
CRASH = """
import js, pyodide_js
def crash() -> None:
    pyodide_js._api.fatal_error(js.Error.new("as if by a trap"))
"""
ENDLESS = {"text": "word " * 20_000, "delay_s": 0.02}


class Tab:
    def __init__(self, driver, handle):
        self._driver, self.handle = driver, handle

    def run(self, code, base=None, options=None):
        """The value of an async function's body."""
        self._driver.switch_to.window(self.handle)
        told = self._driver.execute_async_script(RUN % code, base, options)
        assert "error" not in told, json.dumps(told["error"], indent=1)
        return told["value"]

    def close(self):
        self._driver.switch_to.window(self.handle)
        self._driver.close()


@pytest.fixture(scope="module")
def provider():
    with TestServer() as server:
        yield server


@pytest.fixture
def open_tab(driver, site):
    """Opens tabs, and closes them; the browser's own window stays behind."""
    first = driver.current_window_handle

    def open_tab(way, title, **settings):
        driver.switch_to.new_window("tab")
        driver.get(f"{site}tests/page/empty.html")
        failure = driver.execute_async_script(SETUP, way, settings, title)
        assert failure is None, failure
        return Tab(driver, driver.current_window_handle)

    yield open_tab
    for handle in driver.window_handles:
        if handle != first:
            driver.switch_to.window(handle)
            driver.close()
    driver.switch_to.window(first)


@pytest.mark.parametrize("way", ["SharedWorker", pytest.param("channel", marks=pytest.mark.thorough)])
def test_tabs_share_one_interpreter_and_nothing_else(open_tab, provider, way):
    a, b = open_tab(way, "A"), open_tab(way, "B")
    assert [tab.run("return await booted") for tab in (a, b)] == [None, None]
    look = "const [look] = await pythonTools(options); return await look.execute({});"
    assert a.run(look, options=LOOK % "A")[:3] == ["A", 1, 1]
    assert b.run(look, options=LOOK % "B")[:3] == ["B", 2, 2]

    # Both stream at once, each with its own tools in JavaScript and in Python.
    boxes = [provider.box({"tool_calls": [{"name": "where", "arguments": {}}, {"name": "look", "arguments": {}}]}, ENDLESS) for _ in "AB"]
    start = """
    const [look] = await pythonTools(options);
    const where = { name: "where", execute: () => document.title };
    globalThis.text = ""; globalThis.results = {};
    globalThis.ended = caught((async () => {
      for await (const event of agent(base, { tools: [where, look] }).stream("Go.")) {
        if (event.type === "text_delta") globalThis.text += event.text;
        if (event.type === "tool_result") results[event.name] = event.text;
      }
    })());
    """
    for tab, box, name in zip((a, b), boxes, "AB", strict=True):
        tab.run(start, box.url, LOOK % name)
    talking = "while (!text) await new Promise((resolve) => setTimeout(resolve, 20)); return results;"
    results = [tab.run(talking) for tab in (a, b)]
    assert [found["where"] for found in results] == ["A", "B"]
    assert [json.loads(found["look"])[0] for found in results] == ["A", "B"]

    # One is closed in the middle: its request ends, its module is forgotten, the other goes on.
    b.close()
    assert boxes[1].seen[1].wait_closed(10.0) == "client"
    more = "const before = text.length; while (text.length < before + 50) await new Promise((resolve) => setTimeout(resolve, 20));"
    a.run(more)
    assert boxes[0].seen[1].ended is None
    name, guests, modules, tasks = a.run("const [look] = await pythonTools(options); return await look.execute({});", options=LOOK % "A")
    assert (name, modules) == ("A", 1)
    assert guests > 2
    assert tasks == 2, "the stream, and this call"

    # Stopping works as anywhere.
    box = provider.box({"text": "x", "stall": "headers"})
    a.run(
        """
        globalThis.control = new AbortController();
        globalThis.stopped = caught(agent(base).prompt("Hi.", { signal: control.signal }));
        """,
        box.url,
    )
    assert box.wait_seen(1, 30.0)
    assert a.run("control.abort(); return (await stopped).name") == "AbortError"
    assert box.seen[0].wait_closed(10.0) == "client"

    # Who wants another runtime is told so; who says nothing takes what is there.
    refused = open_tab(way, "C", runtimeURL="/elsewhere/").run("return await booted")
    assert refused["name"] == "ConfigError"
    assert "/wheels/" in refused["message"]
    assert "/elsewhere/" in refused["message"]
    assert open_tab(way, "D", runtimeURL=None).run("return await booted") is None

    # A crash is told to all, and the next call finds Python anew.
    again = provider.box({"text": "Back again."}, {"text": "Here too."})
    crashed = a.run("const [crash] = await pythonTools(options); return [await caught(crash.execute({})), await ended];", options=CRASH)
    assert [(error["name"], error["code"], error["retryable"]) for error in crashed] == [("InterpreterError", "crashed", True)] * 2
    d = open_tab(way, "E")
    assert [tab.run("return await agent(base).prompt('Hi.')", again.url) for tab in (a, d)] == ["Back again.", "Here too."]


def test_where_the_tab_that_ran_python_is_closed_another_takes_over(open_tab, provider):
    a = open_tab("channel", "A")
    assert a.run("return await booted") is None
    b, c = open_tab("broken", "B"), open_tab("channel", "C")
    assert [tab.run("return await booted") for tab in (b, c)] == [None, None]
    silent = provider.box({"text": "never", "stall": "headers", "times": 2}, {"text": "Back again."}, {"text": "Here too."})
    for tab in (b, c):
        tab.run("globalThis.ended = caught(agent(base).prompt('Wait.'))", silent.url)
    assert silent.wait_seen(2, 30.0)
    a.close()
    for tab in (b, c):
        error = tab.run("return await ended")
        assert (error["name"], error["code"], error["retryable"]) == ("InterpreterError", "lost", True)
    assert [seen.wait_closed(10.0) for seen in silent.seen[:2]] == ["client"] * 2
    c.run("globalThis.again = agent(base).prompt('Again.')", silent.url)
    assert {b.run("return await agent(base).prompt('Again.')", silent.url), c.run("return await again")} == {"Back again.", "Here too."}
    look = "const [look] = await pythonTools(options); return (await look.execute({})).slice(0, 2);"
    assert [b.run(look, options=LOOK % "B"), c.run(look, options=LOOK % "C")] == [["B", 1], ["C", 2]]
