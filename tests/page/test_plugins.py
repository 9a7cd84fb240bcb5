"""WASM and JavaScript plugins in Chromium: what they get, and what a hostile one does not."""

import base64
import json
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from tests.attack.wasm_modules import LOOPS, REFUSED, body, module, one, table
from tests.page.python_page import PythonPage
from tests.page.two_servers import Noted, two_servers
from tests.plugins import RAG, plugin
from tools.plugins import build

SETUP = """
import base64
import asyncio
import js
from staysail import ConfigError, ToolFS
from staysail.fs.ports import PluginSource
from staysail.fs.session import Grant

toolfs = ToolFS(":memory:", plugin_host="/web")
toolfs.mount("/toolfs/data")
toolfs.mount("/toolfs/secret")
session = toolfs.session("caller", {"/toolfs": "*"}, hosts={"127.0.0.1:1": "*"} | dict.fromkeys(HOSTS, "*"))
await toolfs.write("/toolfs/data/open/f", "hello", session)
await toolfs.write("/toolfs/data/openly/f", "the secret", session)
await toolfs.write("/toolfs/secret/key.txt", "the secret", session)
GRANT = Grant.of({"/toolfs/data/open": "read list write"}, {HOSTS[0]: "GET"})

async def install(name, kind="wasm", config=None, **limits):
    source = PluginSource(kind, name, base64.b64decode(MODULES[name]), **limits)
    return await toolfs.add_plugin(source, grant=GRANT, config=config or {})

async def ask(name, operation, data=None, **options):
    return await toolfs.execute(name, {"operation": operation, "data": data, "options": options}, session)

async def refuse(name, operation, data, told, **options):
    count = len(await toolfs.audit.records())
    answer = await ask(name, operation, data, **options)
    assert answer["success"] is False and told in answer["error"], (operation, data, answer)
    assert "the secret" not in json.dumps(answer), answer
    records = (await toolfs.audit.records())[count:]
    assert records[-1]["outcome"] == "failed" and records[-1]["path"] == f"/toolfs/plugins/{name}", records
    return records
"""
SCRIPT = """
export default {
  name: "script", version: "1",
  async execute({ operation, data }, files) {
    if (operation === "spin") for (;;);
    const ways = [typeof fetch, typeof indexedDB, typeof caches, typeof importScripts, typeof WebSocket];
    if (operation === "ways") return { success: true, result: ways };
    return { success: true, result: new TextDecoder().decode(await files.read(data)) };
  },
};
"""


@pytest.fixture
def servers() -> Iterator[list[Noted]]:
    with two_servers(b"from the web") as servers:
        yield servers


def open_page(driver: Chrome, site: str, servers: list[Noted]) -> PythonPage:
    modules = {
        "probe": plugin("probe", "-DFILES"),
        "command": plugin("command"),
        "plain": plugin("plain"),
        "rag": build(RAG / "rag.c"),
        "script": SCRIPT.encode(),
    }
    encoded = {name: base64.b64encode(data).decode() for name, data in modules.items()}
    hosts = [f"127.0.0.1:{server.server_port}" for server in servers]
    return PythonPage(driver, site, f"MODULES = {encoded!r}\nHOSTS = {hosts!r}\n{SETUP}")


def test_plugins_work_and_hostile_ones_are_held(driver: Chrome, site: str, servers: list[Noted]):
    page = open_page(driver, site, servers)
    page.run(
        """
assert js.crossOriginIsolated
probe = await install("probe", memory_bytes=4 << 20, output_bytes=100_000, timeout_s=3.0)
await install("plain")
assert await ask("probe", "upper", "hello") == {"success": True, "result": "HELLO"}
assert (await ask("probe", "read", "/toolfs/data/open/f"))["result"] == "hello"
assert (await ask("probe", "write", "/toolfs/data/open/g"))["success"]
assert (await ask("probe", "list", "/toolfs/data/open"))["result"][1]["name"] == "g"
assert (await ask("probe", "http", {"url": f"http://{HOSTS[0]}/"}))["result"] == "from the web"
for path in ("/toolfs/secret/key.txt", "/toolfs/data/openly/f", "/toolfs/data/open/../../secret/key.txt", "/toolfs/audit"):
    records = await refuse("probe", "read", path, "may not read")
    assert records[0]["session"] == "caller/plugin:probe" and records[0]["decision"] == "refused", records
await refuse("probe", "write", "/toolfs/data/openly/g", "may not write")
await refuse("probe", "http", {"url": f"http://{HOSTS[1]}/"}, "may not GET")
await refuse("probe", "http", {"url": f"http://{HOSTS[0]}/moved"}, "redirects")
assert (await ask("probe", "grow"))["result"] == str((4 << 20) // 65536)
for operation, told in (
    ("spin", "did not answer within 3 s"), ("trap", "it trapped"), ("recurse", "it trapped"), ("stray", "it trapped"),
    ("flood", "at most 100000"), ("fails", "a reason"),
):
    calm = asyncio.ensure_future(ask("plain", "x", operation))
    await refuse("probe", operation, "a reason", told)
    assert (await calm)["result"]["data"] == operation
    assert (await ask("probe", "upper", "after"))["result"] == "AFTER"
await refuse("plain", "x", "#o", "outside of its memory")
await refuse("plain", "x", "#n", "not JSON")
assert await ask("plain", "x", "#f") == {"success": True, "result": 1}
await install("command", output_bytes=200_000)
assert (await ask("command", "run", args=["cat", "data/open/f"]))["result"]["stdout"] == "hello"
await refuse("command", "run", None, "errno 02", args=["cat", "secret/key.txt"])
await refuse("command", "run", None, "errno 76", args=["cat", "../../secret/key.txt"])
await refuse("command", "run", None, "at most 200000", args=["flood"])
try:
    await toolfs.add_plugin(PluginSource("wasm", "evil", b"\\0asm\\1\\0\\0\\0\\1\\4\\1\\x60\\0\\0\\2\\7\\1\\1e\\1x\\0\\0"))
    raise AssertionError("it was installed")
except ConfigError as error:
    assert "it imports e.x, which ToolFS does not give" in str(error)
"""
    )
    assert servers[0].asked == ["/", "/moved"]
    assert servers[1].asked == []
    found = page.run(
        """
await install("rag", config={"documents": [{"id": "a", "content": "A page holds sails."}, {"id": "b", "content": "Nothing."}]})
await install("script", "javascript", timeout_s=3.0)
assert (await ask("script", "read", "/toolfs/data/open/f"))["result"] == "hello"
await refuse("script", "read", "/toolfs/secret/key.txt", "may not read")
assert (await ask("script", "ways"))["result"] == ["undefined"] * 5
await refuse("script", "spin", None, "within 3 s")
assert (await ask("script", "read", "/toolfs/data/open/f"))["result"] == "hello"
json.dumps((await ask("rag", "search", {"query": "sails"}))["result"]["results"])
"""
    )
    assert [(result["id"], result["score"]) for result in json.loads(found)] == [("a", 0.5)]
    # In a page that is not cross-origin isolated there is no shared memory; JSPI does its part, but for WASI's files.
    page.run(
        """
js.globalThis.SharedArrayBuffer = None
for name in ("probe", "command"):
    toolfs.remove_plugin(name)
    await install(name)
assert (await ask("probe", "read", "/toolfs/data/open/f"))["result"] == "hello"
assert (await ask("probe", "http", {"url": f"http://{HOSTS[0]}/"}))["result"] == "from the web"
await refuse("probe", "read", "/toolfs/secret/key.txt", "may not read")
assert (await ask("command", "run", args=["args", "one"]))["result"]["stdout"] == "args\\none\\n"
await refuse("command", "run", None, "shares no memory between threads", args=["cat", "data/open/f"])
"""
    )


def test_modules_that_would_take_the_page_with_them_are_held(driver: Chrome, site: str):
    """Each start that never ends, and modules at the edge of what is accepted: the page lives, and the errors are clear."""
    grow = body(b"\x03\x40\x41\1\x40\0\x41\x7f\x47\x0d\0\x0b")
    edges = {
        "tables": module(tables=[table(1)] * 50, functions=one(body(b"\xd0\x70\x41\xe4\0\xfc\x0f\0\x1a"))),
        "memory": module(functions=one(grow), start="run"),
        "loops": module(functions=one(body(b"\x03\x40" * 300 + b"\x0b" * 300, locals=50_000)), start="run"),
    }
    refused = {name: data for name, (data, _) in REFUSED.items() if len(data) < 20_000}
    modules = {"loops": LOOPS, "edges": edges, "refused": refused, "probe": {"probe": plugin("probe", "-DFILES")}}
    encoded = {kind: {name: base64.b64encode(data).decode() for name, data in some.items()} for kind, some in modules.items()}
    page = PythonPage(driver, site, f"MODULES = {encoded!r}\nHOSTS = ['127.0.0.1:1']\n{SETUP}")
    told = page.run(
        """
async def load(name, module, **limits):
    return await toolfs.add_plugin(PluginSource("wasm", name, base64.b64decode(module), **limits), config={"a": "b"})

async def refusal(name, module, **limits):
    try:
        await load(name, module, **limits)
    except ConfigError as error:
        return str(error)
    return "it was installed"

told = {name: await refusal("refused", module) for name, module in MODULES["refused"].items()}
loops = [refusal(f"loop{at}", module, timeout_s=2.0) for at, module in enumerate(MODULES["loops"].values())]
told |= zip(MODULES["loops"], await asyncio.gather(*loops))
for name, module in MODULES["edges"].items():
    await load(name, module, timeout_s=20.0)
    answer = await ask(name, "x")
    assert "not JSON" in answer["error"], (name, answer)
    toolfs.remove_plugin(name)
await load("probe", MODULES["probe"]["probe"], memory_bytes=16 << 20)
held = int((await ask("probe", "hoard"))["result"]) * (1 << 20) + int((await ask("probe", "grow"))["result"]) * 65536
assert held <= 17 << 20, held
assert (await ask("probe", "upper", "alive"))["result"] == "ALIVE"
json.dumps(told)
"""
    )
    for name, text in json.loads(told).items():
        if name in LOOPS:
            assert "within 2 s" in text or "too deep" in text, (name, text)
        else:
            assert REFUSED[name][1] in text, (name, text)
