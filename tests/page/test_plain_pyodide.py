"""Pyodide as anybody starts it, without staysail's JavaScript: what cannot await in a browser that cannot switch stacks, and the files of the
npm package."""

import json

import pytest
from selenium.webdriver import Chrome

from tests.page.python_page import run_script
from tests.server import TestServer

IN = {
    "main": 'const { startPlain } = await import("/tests/page/plain_pyodide.mjs");return (await startPlain(%s)).runPythonAsync(code)',
    "worker": 'const { runInWorker } = await import("/tests/page/plain_pyodide.mjs"); return runInWorker(code, %s)',
}
WAIT = """
import asyncio, json
from pyodide.ffi import can_run_sync
from staysail import *

out = {"can": can_run_sync()}

@tool
async def add(a: int, b: int) -> int:
    return a + b

@tool
async def slow() -> int:
    await asyncio.sleep(0.01)

def attempt(name, prompt="Hi.", *, agent={}, **options):
    try:
        made = Agent("openai:m", api_key="k" * 9, base_url=BASE, retry=None, **agent)
        reply = made.prompt_sync(prompt, **options)
        out[name] = reply.text if reply.output is None else reply.output
    except StaysailError as error:
        out[name] = f"{type(error).__name__}: {error}"

attempt("plain")
attempt("in time", timeout_s=60)
attempt("late", "late", timeout_s=0.5)
attempt("tool", "sum", tools=[add])
attempt("typed", "typed", output_type=int)
attempt("waiting tool", "wait", tools=[slow])
attempt("conversation", conversation="c")
attempt("conversation in memory", conversation="c", agent={"conversations": Conversations(":memory:")})
attempt("durable", durable=True)
attempt("durable in memory", durable=":memory:")
attempt("store", dynamic_context=(1, VectorStore("v", dim=2, embedder=lambda texts: [[1, 2]] * len(texts))))
attempt("store in memory", dynamic_context=(1, VectorStore(dim=2, embedder=lambda texts: [[1, 2]] * len(texts))))
out["streamed"] = [event.text for event in Agent("openai:m", api_key="k" * 9, base_url=BASE).stream_sync("Hi.") if isinstance(event, TextDelta)]
attempt("afterwards")
json.dumps(out)
"""


@pytest.mark.parametrize("where", ["main", "worker"])
def test_without_stack_switching_prompt_sync_waits_for_the_provider_and_says_what_it_cannot_wait_for(driver: Chrome, site: str, where: str):
    with TestServer() as provider:
        box = provider.box(
            {"tool_calls": [{"name": "add", "arguments": {"a": 1, "b": 2}}], "if": '"sum"', "times": 1},
            {"tool_calls": [{"name": "slow", "arguments": {}}], "if": '"wait"', "times": 1},
            {"text": '{"value": 3}', "if": '"typed"', "times": 9},
            {"text": "Late.", "before_s": 2, "if": '"late"', "times": 9},
            {"text": "Here.", "times": 99},
        )
        driver.get(f"{site}tests/page/empty.html")
        out = json.loads(run_script(driver, IN[where] % "{ jspi: false }", f"BASE = {box.url!r}\n{WAIT}"))
    late = out.pop("late")
    assert late.startswith("NetworkError: openai sent nothing for 0.") if where == "worker" else late == "Late.", late
    assert "prompt_sync can wait for the provider alone here" in out.pop("waiting tool")
    for name in ("conversation", "durable", "store"):
        text = out.pop(name)
        assert text.startswith("ConfigError: code that is not async cannot wait for "), (name, text)
        assert "IndexedDB" in text
        assert "':memory:'" in text
        assert text.endswith("use `await agent.prompt(...)`")
    assert out == {
        "can": False,
        "plain": "Here.",
        "in time": "Here.",
        "tool": "Here.",
        "typed": 3,
        "conversation in memory": "Here.",
        "durable in memory": "Here.",
        "store in memory": "Here.",
        "streamed": ["Here."],
        "afterwards": "Here.",
    }


WEB = """
import json
from staysail import *
from staysail.testing import ScriptedModel

refused = []
async def attempt(work):
    try:
        await work()
    except StaysailError as error:
        refused.append(str(error))

toolfs = ToolFS(":memory:")
plugin = PluginSource("javascript", "shout", b'''
export default {
  name: "shout", version: "1.0.0",
  execute({ path }) { return { success: true, result: path.toUpperCase() }; },
};
''')
me = toolfs.session("me", {"/toolfs": "*"})

async def make_tool():
    return python_tool()

async def ask_local():
    await Agent("local").prompt("Hi.")

await attempt(make_tool)
await attempt(ask_local)
await attempt(lambda: toolfs.add_plugin(plugin))
assert len(refused) == 3 and all("use_web_files" in text for text in refused), refused

use_web_files(WEB)
await toolfs.add_plugin(plugin)
shouted = await toolfs.execute("shout", {"operation": "read", "path": "ahoy"}, me)
tool = python_tool(timeout_s=60)
model = ScriptedModel([[ToolCall("1", "python", {"code": "sum(range(11))"})], "55."])
reply = await Agent(model, tools=[tool]).prompt("go")
tool.reset()
json.dumps([str(shouted), model.requests[1].messages[-1].content[0].text])
"""


@pytest.mark.parametrize("where", ["main", "worker"])
def test_one_call_says_where_the_files_of_the_npm_package_are(driver: Chrome, site: str, where: str):
    driver.get(f"{site}tests/page/empty.html")
    load = 'await import("/web/sandbox/for-workers.js");' if where == "worker" else ""
    shouted, sum_of = json.loads(run_script(driver, load + IN[where] % "{}", f"WEB = {site + 'web'!r}\n{WEB}"))
    assert "AHOY" in shouted
    assert sum_of == "55"
