"""Code that a model wrote, in Chromium: what it gives, and what it cannot do."""

import re
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from tests.page.python_page import PythonPage, run_script
from tests.page.two_servers import Noted, two_servers
from tools.sources import ROOT

PAGE = (ROOT / "docs" / "python-tool.md").read_text("utf-8")
(EXAMPLE,) = (block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "python_tool(" in block)
SETUP = """
import asyncio
import js
from staysail import Agent, Image, ToolError, ToolFS, ToolCall, ToolProgress, python_tool
from staysail.core.defaults import Defaults
from staysail.host.js_sandbox import JsSandbox
from staysail.testing import ScriptedModel

async def told(tool, code, **args):
    (text, *pictures) = await tool.call({"code": code, **args})
    return text.text, pictures

async def failed(tool, code, **args):
    try:
        await tool.call({"code": code, **args})
    except ToolError as error:
        return str(error)
    raise AssertionError("it did not fail")
"""
PICTURE = """
import struct, zlib
class Square:
    def _repr_png_(self):
        chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
        return b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\\0\\xff\\0\\0")) + chunk(b"IEND", b"")
Square()
"""
# Each gets a url, and is out only if the server hears of it.
DOORS = {
    "pyfetch": "import pyodide.http\nawait pyodide.http.pyfetch(url)",
    "fetch": "import js\nawait js.fetch(url)",
    "fetch of the prototype": "import js\nawait js.Object.getPrototypeOf(js.globalThis).fetch(url)",
    "open_url": "import pyodide.http\npyodide.http.open_url(url)",
    "urllib": "import urllib.request\nurllib.request.urlopen(url, timeout=2)",
    "XMLHttpRequest": "import js\nr = js.XMLHttpRequest.new()\nr.open('GET', url, False)\nr.send()",
    "WebSocket": "import js\njs.WebSocket.new(url.replace('http', 'ws'))",
    "EventSource": "import js\njs.EventSource.new(url)",
    "importScripts": "import js\njs.importScripts(url)",
    "Worker": "import js\njs.Worker.new(url)",
    "sendBeacon": "import js\njs.navigator.sendBeacon(url)",
    "eval": "import js\nawait js.eval(f'import(\"{url}\")')",
    "run_js": "from pyodide.code import run_js\nawait run_js(f'import(\"{url}\")')",
    "Function": "import js\nawait js.Function.new(f'return import(\"{url}\")')()",
    "AsyncFunction": "import js\nawait js.fetch.constructor(f'return import(\"{url}\")')()",
    "timer": "import js\njs.setTimeout(f'import(\"{url}\")', 0)\nraise ValueError",
    "loadPackage": "import pyodide_js\nawait pyodide_js.loadPackage(url + 'x-1-py3-none-any.whl')\nraise ValueError",
    "micropip": "import micropip\nawait micropip.install(url + 'x-1-py3-none-any.whl')",
    "PyPI": "import micropip\nawait micropip.install('snowballstemmer')",
    "import of a module": "import pyodide_js\nawait pyodide_js._api.loadScript(url)",
    "indexedDB": "import js\njs.indexedDB.open('x')",
    "caches": "import js\nawait js.caches.open('x')",
    "storage": "import js\nawait js.navigator.storage.getDirectory()",
    "redirect": "import pyodide.http\nawait pyodide.http.pyfetch(allowed + 'moved')",
}


@pytest.fixture
def servers() -> Iterator[list[Noted]]:
    with two_servers(b"/* out */") as servers:
        yield servers


def test_what_a_model_writes_runs_and_is_held(driver: Chrome, site: str, servers: list[Noted]):
    allowed, closed = servers
    page = PythonPage(driver, site, SETUP)
    page.run(
        f"""
toolfs = ToolFS(":memory:")
toolfs.mount("/toolfs/data")
toolfs.mount("/toolfs/other")
me = toolfs.session("me", {{"/toolfs": "*"}})
await toolfs.write("/toolfs/data/crew.txt", "Ada", me)
await toolfs.write("/toolfs/data/old.txt", "old", me)
await toolfs.write("/toolfs/other/kept.txt", "kept", me)
session = toolfs.session("agent", {{"/toolfs/data": "read list write delete", "/toolfs/other": "read list"}})

def open_sandbox(options, _web):
    global opened
    opened = JsSandbox("/web", options)
    return opened

Defaults.open_sandbox = open_sandbox
tool = python_tool(
    allowed_hosts=["127.0.0.1:{allowed.server_port}"], files=(toolfs, session),
    timeout_s=60,
    memory_bytes=128 << 20,
    output_bytes=4000,
)
"""
    )
    page.run(
        f"""
assert (await told(tool, "x = 2 + 2\\nx"))[0] == "4"
assert (await told(tool, "print('said'); x * 2"))[0] == "said\\n8"  # names stay
assert (await told(tool, "import numpy\\nint(numpy.arange(5).sum())"))[0] == "10"
assert (await told(tool, "pass"))[0].startswith("Done")
text = await failed(tool, "def f():\\n    return 1 / 0\\nf()")
assert text.startswith("Traceback") and "return 1 / 0" in text and text.endswith("ZeroDivisionError: division by zero"), text
assert "sandbox_harness" not in text, text
assert "SyntaxError" in await failed(tool, "def")
assert "SystemExit" in await failed(tool, "import sys; sys.exit(3)")
assert "no such package" in await failed(tool, "import nowhere_to_be_found")
text, _ = await told(tool, "[{{'a': 1, 'b': 'x|y'}}, {{'a': 2}}]")
assert text.splitlines() == ["| a | b |", "| --- | --- |", "| 1 | x\\\\|y |", "| 2 |  |"], text
text, pictures = await told(tool, {PICTURE!r})
assert [picture.media_type for picture in pictures] == ["image/png"] and pictures[0].data.startswith(b"\\x89PNG"), (text, pictures)
text, _ = await told(tool, "for i in range(20_000): print('much')")
assert len(text) < 4200 and text.endswith("[the rest is cut]"), text[-100:]

# Files of the session come and go; the others do not.
code = '''
import os
assert open("/toolfs/data/crew.txt").read() == "Ada"
open("/toolfs/data/crew.txt", "a").write(", Grace")
open("/toolfs/data/new.bin", "wb").write(bytes(range(256)))
open("/toolfs/other/kept.txt", "w").write("changed")
os.unlink("/toolfs/data/old.txt")
'''
text, _ = await told(tool, code)
assert "/toolfs/other/kept.txt was not kept: " in text and "may not write" in text, text
assert await toolfs.read("/toolfs/data/crew.txt", me) == b"Ada, Grace"
assert await toolfs.read("/toolfs/data/new.bin", me) == bytes(range(256))
assert await toolfs.read("/toolfs/other/kept.txt", me) == b"kept"
assert not await toolfs.exists("/toolfs/data/old.txt", me)
await toolfs.write("/toolfs/data/crew.txt", "Mary", me)
assert (await told(tool, "open('/toolfs/data/crew.txt').read(), open('/toolfs/other/kept.txt').read()"))[0] == "('Mary', 'kept')"

# What it prints and shows is told while it runs.
model = ScriptedModel([[ToolCall("1", "python", {{"code": "print('half'); display([{{'a': 1}}]); print('more'); x"}})], "done"])
events = [event async for event in Agent(model, tools=[tool]).stream("go")]
progress = [event.part.text if event.part else event.text for event in events if isinstance(event, ToolProgress)]
assert progress == ["half\\n", "| a |\\n| --- |\\n| 1 |", "more\\n", "4"], progress
"""
    )
    page.run(
        f"""
url, allowed = "http://127.0.0.1:{closed.server_port}/", "http://127.0.0.1:{allowed.server_port}/"
await told(tool, f"url, allowed = {{url!r}}, {{allowed!r}}")
assert (await told(tool, "import pyodide.http\\nawait (await pyodide.http.pyfetch(allowed)).string()"))[0] == "'/* out */'"
reasons = {{}}
for name, code in {DOORS!r}.items():
    reasons[name] = (await failed(tool, code)).splitlines()[-1]
assert not [text for text in reasons.values() if "interpreter was ended" in text], reasons
assert "may not reach 127.0.0.1" in reasons["fetch"], reasons
assert "unsafe-eval" in reasons["eval"], reasons  # the frame's policy holds in its worker
"""
    )
    assert closed.asked == []
    assert allowed.asked == ["/", "/moved"]
    page.run(
        f"""
Defaults.open_sandbox = lambda options, web: JsSandbox(web, options) if web else opened  # which saves a start
model = ScriptedModel([[ToolCall("1", "python", {{"code": "open('/toolfs/data/crew.txt').read()"}})], "Mary's."])
Defaults.load_model = lambda name, **options: model
key = "k"
{EXAMPLE}
assert "'Mary'" in str(model.requests[1].messages[-1]), model.requests

# An endless loop and a memory bomb end their interpreter alone.
quick = python_tool(web="/web", timeout_s=3, memory_bytes=128 << 20, files=(toolfs, session))
text = await failed(quick, "print('begun', flush=True)\\nx = 1\\nwhile True: pass")
assert text.startswith("begun") and "it took longer than 3 s" in text, text
text, _ = await told(quick, "'x' in dir(), open('/toolfs/data/crew.txt').read()")
assert text.startswith("[a new interpreter") and text.endswith("(False, 'Mary')"), text  # and its files come again
text = await failed(quick, "x = []\\nwhile True: x.append(bytearray(10 << 20))")
assert "it used up its memory" in text and "MemoryError" in text, text
waiting = asyncio.ensure_future(tool.call({{"code": "import asyncio\\nawait asyncio.sleep(60)"}}))
await asyncio.sleep(0.2)
waiting.cancel()
await asyncio.wait([waiting])
assert waiting.cancelled()
for made in (tool, quick):
    made.reset()
await asyncio.sleep(0.1)
assert js.document.querySelectorAll("iframe").length == 0
assert 2 + 2 == 4
"""
    )
    answers = page.script(
        """
        const { boot, pythonTool } = await import("/web/index.js");
        const { ToolFS } = await import("/web/toolfs.js");
        await boot({ runtimeURL: "/wheels/" });
        const toolfs = await ToolFS.open({ name: "python-tool", mounts: { "/toolfs/data": { kind: "memory" } } });
        const session = toolfs.session({ name: "agent", paths: { "/toolfs/data": "read list write" } });
        const tool = await pythonTool({ files: { toolfs, session }, timeoutMs: 30_000 });
        const ask = (code) => tool.execute({ code }).catch((error) => error.message);
        const answers = [await ask("open('/toolfs/data/a.txt', 'w').write('aye'); x = 5"), await ask("x")];
        answers.push(await toolfs.readText("/toolfs/data/a.txt", session));
        answers.push(await ask(code), await ask("1 / 0"));
        const frames = () => document.querySelectorAll("iframe").length;
        answers.push(frames());
        await tool.reset();
        while (frames()) await new Promise((resolve) => setTimeout(resolve, 20));
        return answers;
        """,
        PICTURE,
    )
    nothing, five, kept, picture, error, frames = answers
    assert "Done" in nothing
    assert (five, kept) == (5, "aye")
    assert picture["content"][1]["type"] == "image", picture
    assert error.endswith("ZeroDivisionError: division by zero"), error
    assert frames == 1


def test_a_call_ends_with_all_that_it_began_and_takes_no_more_than_its_limits(driver: Chrome, site: str):
    page = PythonPage(driver, site, SETUP)
    page.run(
        """
Defaults.open_sandbox = lambda options, _web: JsSandbox("/web", options)
tool = python_tool(timeout_s=30, output_bytes=2000)
LEFT = '''
import asyncio, js, time
from pyodide.ffi import create_proxy
async def tick():
    while True:
        print("tick")
        await asyncio.sleep(0.01)
def again():
    print("again")
    asyncio.get_event_loop().call_soon(again)
task = asyncio.create_task(tick())
asyncio.get_event_loop().call_later(0.2, print, "late")
asyncio.get_event_loop().call_soon(again)
js.setInterval(create_proxy(lambda *_: print("interval")), 10)
js.setTimeout(create_proxy(lambda *_: print("timeout")), 100)
js.queueMicrotask(create_proxy(lambda *_: js.setTimeout(create_proxy(lambda *_: print("after")), 50)))
await asyncio.sleep(0.03)
'''
text, _ = await told(tool, LEFT)
assert "tick" in text and "interval" in text and "again" in text, text
assert (await told(tool, "await asyncio.sleep(0.4)\\nlen(asyncio.all_tasks()), task.cancelled()"))[0] == "(1, True)"
text, _ = await told(tool, "begun = time.perf_counter()\\ntime.sleep(0.5)\\nround(time.perf_counter() - begun, 1)")
assert 0.5 <= float(text) < 5, text
text = await failed(tool, "async def stay():\\n  while True:\\n    try: await asyncio.sleep(1)\\n    except BaseException: pass\\n"
    "stubborn = asyncio.create_task(stay())\\nawait asyncio.sleep(0)")
assert "went on after its call" in text, text
assert (await told(tool, "1 + 1"))[0].endswith("2")

# What is shown is read within limits, whoever wrote it.
for forged in ("'[' * 100_000", "'[' * 8000", "'{\\"type\\":' * 3000", "'null'", "'7'", "'[]'", "'{}'", "'NaN'", "''", "'{\\"type\\": \\"text\\"}'"):
    text, _ = await told(tool, f"import sandbox_harness\\nsandbox_harness.show({forged})")
    assert text.endswith("cannot be read is left out]"), (forged, text)
for forged in ('{"type": "image", "data": 7}', '{"type": "image", "data": "%"}', '{"type": "image", "data": null}'):
    text, _ = await told(tool, f"sandbox_harness.show({forged!r})")
    assert "left out" in text, text
text, _ = await told(tool, "for _ in range(100_000): sandbox_harness.show('{\\"type\\": \\"text\\", \\"text\\": \\"x\\"}')")
assert len(text) < 20_000, len(text)
text, _ = await told(tool, "for _ in range(100_000): print(end='', flush=True)\\n3")
assert text == "3", text
text = await failed(tool, "import nowhere_to_be_found")
assert "micropip.install(name)" in text and "allowed_hosts" in text, text
tool.reset()
"""
    )
    page.run(
        """
toolfs = ToolFS(":memory:")
toolfs.mount("/toolfs/data")
session = toolfs.session("agent", {"/toolfs/data": "*"})
await asyncio.gather(*(toolfs.write(f"/toolfs/data/in/f{at}.txt", "x" * 100, session) for at in range(2000)))
tool = python_tool(timeout_s=30, files=(toolfs, session))
loop = asyncio.get_event_loop()
begun = loop.time()
code = "import os\\nfor at in range(2000): open(f'/toolfs/data/g{at}.txt', 'w').write('y')\\nsum(len(files) for *_, files in os.walk('/toolfs'))"
assert (await told(tool, code))[0] == "4000"
took = loop.time() - begun
assert await toolfs.read("/toolfs/data/g1999.txt", session) == b"y"
many = "for at in range(2000): open(f'/toolfs/data/h{at}.txt', 'w').write('z')"
text, _ = await told(tool, many)
assert "no file of this call was kept" in text and "5000" in text, text
assert not await toolfs.exists("/toolfs/data/h0.txt", session)
text, _ = await told(tool, "for at in range(2000): os.unlink(f'/toolfs/data/h{at}.txt')\\nopen('/toolfs/data/big', 'wb').write(bytes(33 << 20))")
assert "no file of this call was kept" in text and "33554432" in text, text
text, _ = await told(tool, "os.unlink('/toolfs/data/big')\\nos.makedirs('/toolfs/data' + '/d' * 900)\\nopen('/toolfs/data/last', 'w').write('kept')")
assert await toolfs.read("/toolfs/data/last", session) == b"kept"
await toolfs.write("/toolfs/data/too-big", bytes(33 << 20), session)
text = await failed(tool, "1")
assert "a session that sees fewer" in text, text
tool.reset()
assert took < 30, took
"""
    )


@pytest.mark.thorough
def test_a_worker_has_its_sandbox_from_its_page(driver: Chrome, site: str):
    driver.get(f"{site}tests/page/empty.html")
    code = """
import json
from staysail import ConfigError, python_tool
from staysail.core.errors import ToolError
tool = python_tool(web="/web", timeout_s=5)
said = []
for code in ("x = 2", "x + 1", "while True: pass", "'x' in globals()"):
    try:
        said.append((await tool.call({"code": code}))[0].text)
    except ToolError as error:
        said.append(str(error))
    except ConfigError as error:
        said.append(str(error))
        break  # no page holds it
tool.reset()
json.dumps(said)
"""
    ask = """
        const ask = () => new Promise((resolve, reject) => {
          worker.onmessage = ({ data: [, { value, error }] }) => (error ? reject(new Error(error)) : resolve(JSON.parse(value)));
          worker.postMessage([1, code]);
        });
        const worker = new Worker("/tests/page/python_worker.mjs", { type: "module" });
        const alone = await ask();
        await import("/web/sandbox/for-workers.js");
        const held = await ask();
        const frames = () => document.querySelectorAll("iframe").length;
        for (let wait = 0; frames() && wait < 50; wait++) await new Promise((resolve) => setTimeout(resolve, 50));
        worker.terminate();
        return { alone, held, frames: frames() };
    """
    found = run_script(driver, ask, code)
    assert all("for-workers.js" in text for text in found["alone"]), found
    assert len(found["held"]) == 4, found
    nothing, three, endless, gone = found["held"]
    assert "Done" in nothing
    assert three == "3"
    assert "longer than 5 s" in endless
    assert gone.endswith("False")
    assert found["frames"] == 0
