"""Plugins that run in Node under a ToolFS on CPython: each kind, its limits, and what a hostile one gets."""

import asyncio
import json
from contextlib import asynccontextmanager
from typing import Any

import pytest

from staysail import ToolFS
from staysail.core.errors import ConfigError
from staysail.fs.entry import hash_of
from staysail.fs.ports import PluginSource
from staysail.fs.session import Grant, Session
from staysail.host.node_plugins import NodePluginHost
from tests.plugins import WEB, plugin

ALL = {"/toolfs": "*"}
HOSTS = {"good.org": "GET", "moved.org": "GET"}
SECRET = "/toolfs/secret/key.txt"
MEBIBYTE = 1 << 20


class Web:
    """good.org answers, moved.org redirects to evil.net. A Transport."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @asynccontextmanager
    async def send(self, request):
        self.asked.append(request.url)
        yield Answer(302, {"location": "https://evil.net/x"}) if "moved.org" in request.url else Answer(200, {"x-served": "yes"})


class Answer:
    def __init__(self, status: int, headers: dict[str, str]) -> None:
        self.status, self.headers = status, headers

    async def chunks(self):
        yield b"from the web"


@pytest.fixture
async def web() -> Web:
    return Web()


@pytest.fixture
async def toolfs(web: Web):
    toolfs = ToolFS(plugin_host=WEB, transport=web)
    toolfs.mount_memory("/toolfs/data")
    toolfs.mount_memory("/toolfs/secret")
    everything = toolfs.session("other", ALL)
    await toolfs.write(SECRET, "the secret", everything)
    await toolfs.write("/toolfs/data/open/f", "hello", everything)
    await toolfs.write("/toolfs/data/openly/f", "the secret", everything)
    yield toolfs
    await toolfs.close()


async def install(toolfs: ToolFS, name: str, data: bytes, *, kind: str = "wasm", grant: Grant | None = None, **limits: Any) -> Session:
    """A session that may do everything, and call it."""
    await toolfs.add_plugin(PluginSource(kind, name, data, **limits), grant=grant)
    return toolfs.session("caller", ALL, hosts={"*.net": "*", **HOSTS})


async def state_of(toolfs: ToolFS) -> dict[str, bytes]:
    session = toolfs.session("other", ALL)
    paths = [entry.path for folder in ("data", "secret") for entry in [e async for e in toolfs.walk(f"/toolfs/{folder}", session)]]
    return {path: await toolfs.read(path, session) for path in paths}


async def test_a_plugin_gets_files_under_its_grant_and_its_callers(toolfs: ToolFS, web: Web):
    grant = Grant.of({"/toolfs/data/open": "read list write"}, HOSTS)
    session = await install(toolfs, "probe", plugin("probe", "-DFILES"), grant=grant)
    before = await state_of(toolfs)

    async def ask(operation: str, data: Any) -> dict[str, Any]:
        return await toolfs.execute("probe", {"operation": operation, "data": data}, session)

    assert await ask("read", "/toolfs/data/open/f") == {"success": True, "result": "hello"}
    assert [entry["name"] for entry in (await ask("list", "/toolfs/data/open"))["result"]] == ["f"]
    assert (await ask("stat", "/toolfs/data/open/f"))["result"]["size_bytes"] == 5
    assert await ask("http", {"url": "https://good.org/a"}) == {"success": True, "result": "from the web"}
    assert (await ask("status", {"url": "https://good.org/a", "method": "GET"}))["result"] == "200"
    assert web.asked == ["https://good.org/a"] * 2

    refused = [
        *(("read", path) for path in (SECRET, "/toolfs/data/openly/f", "/toolfs/data/open/../../secret/key.txt", "/toolfs/data/open\0")),
        *(("read", path) for path in ("../secret/key.txt", "/etc/passwd", "", "/toolfs/plugins/probe/plugin.json", "/toolfs/audit")),
        ("write", SECRET),
        ("write", "/toolfs/data/openly/g"),
        ("list", "/toolfs/secret"),
        ("stat", SECRET),
        *(("http", {"url": url}) for url in ("https://evil.net/", "https://good.org@evil.net/", "http://127.0.0.1/", "file:///etc/passwd")),
        ("http", {"url": "https://good.org/", "method": "POST"}),
        ("http", {"url": "https://moved.org/"}),
        ("http", "no JSON"),
    ]
    for operation, data in refused:
        count = len(await toolfs.audit.records())
        answer = await ask(operation, data)
        assert answer["success"] is False, (operation, data)
        assert "the secret" not in json.dumps(answer)
        records = (await toolfs.audit.records())[count:]
        assert records[-1]["outcome"] == "failed"
        if data != "no JSON":
            assert [record["outcome"] for record in records[:-1]] == ["failed"], (operation, data)
            assert records[0]["session"] == "caller/plugin:probe"
    assert await state_of(toolfs) == before
    assert [url for url in web.asked if "evil" in url] == []
    assert (await ask("write", "/toolfs/data/open/new"))["success"]
    assert (await state_of(toolfs))["/toolfs/data/open/new"] == b"written by a plugin"
    # What the grant allows and the caller may not is refused too.
    narrow = toolfs.session("narrow", {"/toolfs/plugins": "execute"})
    assert not (await toolfs.execute("probe", {"operation": "read", "data": "/toolfs/data/open/f"}, narrow))["success"]


async def test_a_plugin_that_loops_hoards_floods_or_traps_is_ended_and_starts_afresh(toolfs: ToolFS):
    limits = {"memory_bytes": 4 * MEBIBYTE, "output_bytes": 100_000, "timeout_s": 1.0}
    session = await install(toolfs, "probe", plugin("probe", "-DFILES"), grant=Grant.of({"/toolfs/data": "read"}), **limits)
    await install(toolfs, "calm", plugin("plain"))

    async def ask(operation: str, data: Any = "") -> dict[str, Any]:
        return await toolfs.execute("probe", {"operation": operation, "data": data}, session)

    assert (await ask("grow"))["result"] == str(4 * MEBIBYTE // 65536)
    assert int((await ask("hoard"))["result"]) <= 4
    for operation, told in (
        ("flood", "at most 100000 are taken"),
        ("false_flood", "at most 100000 are taken"),
        ("spin", "did not answer within 1 s"),
        ("trap", "it trapped: unreachable"),
        ("recurse", "it trapped"),
        ("stray", "it trapped: memory access out of bounds"),
        ("read_for_ever", "did not answer within 1 s"),
    ):
        calls = int((await ask("state"))["result"])
        hostile, calm = await asyncio.gather(
            ask(operation, "/toolfs/data/open/f"), toolfs.execute("calm", {"operation": "x", "data": operation}, session)
        )
        assert hostile["success"] is False, operation
        assert told in hostile["error"], hostile
        assert calm["result"]["data"] == operation
        goes_on = "flood" in operation  # it had ended by then
        assert int((await ask("state"))["result"]) == (calls + 1 if goes_on else 1), operation
    outcomes = [
        record for record in await toolfs.audit.records() if record["path"] == "/toolfs/plugins/probe" and record["outcome"] == "failed"
    ]
    assert len(outcomes) == 7


async def test_calls_of_one_plugin_wait_for_each_other_and_one_that_is_given_up_ends_alone(toolfs: ToolFS):
    session = await install(toolfs, "probe", plugin("probe"))
    spinning = asyncio.create_task(toolfs.execute("probe", {"operation": "spin"}, session))
    waiting = asyncio.create_task(toolfs.execute("probe", {"operation": "upper", "data": "waited"}, session))
    given_up = asyncio.create_task(toolfs.execute("probe", {"operation": "state"}, session))
    await asyncio.sleep(0.3)
    given_up.cancel()
    await asyncio.sleep(0.1)
    assert not spinning.done()
    spinning.cancel()
    assert (await waiting) == {"success": True, "result": "WAITED"}
    for task in (spinning, given_up):
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_command_works_in_toolfs_and_nowhere_else(toolfs: ToolFS):
    grant = Grant.of({"/toolfs/data/open": "read list write delete"})
    session = await install(
        toolfs, "command", plugin("command"), grant=grant, output_bytes=200_000, memory_bytes=2 * MEBIBYTE, timeout_s=3.0
    )
    before = await state_of(toolfs)

    async def run(*args: str, **options: Any) -> dict[str, Any]:
        return await toolfs.execute("command", {"operation": "run", "options": {"args": args} | options}, session)

    own = await toolfs.execute("command", {"operation": "anything", "data": [1, "å"]}, session)
    assert own == {"success": True, "result": {"operation": "anything", "data": [1, "å"]}}
    assert (await run("cat", "data/open/f"))["result"]["stdout"] == "hello"
    assert (await run("ls", "data/open"))["result"]["stdout"] == ".\n..\nf\n"
    assert (await run("ls", "data"))["result"]["stdout"] == ".\n..\nopen\n"
    assert (await run("args", "å ö", "\U0001f600"))["result"]["stdout"] == "args\nå ö\n\U0001f600\n"
    assert (await run("exit", "7"))["metadata"] == {"code": 7}
    assert (await run("write", "data/open/new", "text"))["success"]
    assert (await run("mv", "data/open/new", "data/open/newer"))["success"]
    assert (await state_of(toolfs))["/toolfs/data/open/newer"] == b"text"
    assert (await run("rm", "data/open/newer"))["success"]
    refused = {
        ("cat", "secret/key.txt"): 2,
        ("cat", "data/openly/f"): 2,
        ("cat", "data/open/../../secret/key.txt"): 2,
        ("cat", "../etc/passwd"): 76,
        ("cat", "/etc/passwd"): 76,
        ("cat", "data/open/none"): 44,
        ("cat", "data/open/f/x"): 54,
        ("write", "data/openly/g", "x"): 2,
        ("write", "secret/key.txt", "x"): 2,
        ("ls", "secret"): 2,
        ("rm", "secret/key.txt"): 2,
        ("mv", "data/open/f", "secret/f"): 2,
        ("mv", "secret/key.txt", "data/open/f"): 2,
        ("ln", "secret/key.txt", "data/open/l"): 58,
    }
    for args, errno in refused.items():
        answer = await run(*args)
        assert (answer["success"], answer["metadata"]["code"]) == (False, errno), (args, answer)
        assert "the secret" not in json.dumps(answer)
    assert "at most 200000" in (await run("flood"))["error"]
    assert (await run("fill", "data/open/full"))["metadata"]["code"] == 51  # no space
    assert "within 3 s" in (await run("spin"))["error"]
    after = await state_of(toolfs)
    assert len(after.pop("/toolfs/data/open/full")) <= 2 * MEBIBYTE
    assert after == before


async def test_a_plain_module_and_mcp_tools_are_called(toolfs: ToolFS):
    session = await install(toolfs, "plain", plugin("plain"))
    assert toolfs.plugins.need("plain").plugin.version == "2.1"

    async def ask(data: str) -> dict[str, Any]:
        return await toolfs.execute("plain", {"operation": "echo", "data": data}, session)

    assert await ask("å") == {"success": True, "result": {"operation": "echo", "data": "å"}}
    assert "outside of its memory" in (await ask("#o"))["error"]
    assert "at most" in (await ask("#h"))["error"]
    assert "not JSON" in (await ask("#n"))["error"]
    assert await ask("#f") == {"success": True, "result": 1}  # what it forged is dropped
    for name, options in (("first", ()), ("second", ("-DSECOND",))):
        await install(toolfs, name, plugin("mcp", *options))
        (tool,) = [tool for tool in toolfs.tools(session) if tool.name == f"{name}_repeat"]
        assert (tool.description, tool.parameters["properties"]) == ("Says it again.", {"text": {"type": "string"}})
        said = await toolfs.execute(name, {"operation": "repeat", "options": {"text": "so"}}, session)
        params = json.loads(said["result"])
        assert (params["request"] if options else params["params"]) == {"name": "repeat", "arguments": {"text": "so"}}
        failed = await toolfs.execute(name, {"operation": "repeat", "options": {"text": "no!"}}, session)
        assert failed["success"] is False
        refused = await toolfs.execute(name, {"operation": "repeat", "options": {"text": "?"}}, session)
        assert refused == {"success": False, "error": "ToolFS gives plugins no language model"}


SOURCE = """
let said = "";
export default {
  name: "script", version: "3", skill_document: "Does things.",
  operations: { count: { description: "Counts.", parameters: { type: "object" } } },
  init(config) { said = config.say ?? ""; },
  async execute({ operation, path, data }, files) {
    switch (operation) {
      case "count": return { success: true, result: (await files.read(path)).length, metadata: { said } };
      case "write": await files.write(path, data); return { success: true };
      case "list": return { success: true, result: (await files.list(path)).map(({ name }) => name) };
      case "fetch": return { success: true, result: [new TextDecoder().decode((await files.fetch(data)).body)] };
      case "globals": return { success: true, result: [typeof fetch, typeof WebSocket, typeof XMLHttpRequest] };
      case "spin": for (;;);
      case "hoard": { const all = []; for (;;) all.push(new Array(1e5).fill(all.length)); }
      case "flood": return { success: true, result: "x".repeat(2_000_000) };
      case "throw": throw new TypeError("no such thing");
    }
  },
};
"""


async def test_a_javascript_plugin_keeps_the_same_contract(toolfs: ToolFS):
    grant = Grant.of({"/toolfs/data/open": "read list write"}, HOSTS)
    source = PluginSource("javascript", "script", SOURCE.encode(), timeout_s=3.0, memory_bytes=64 * MEBIBYTE)
    installed = await toolfs.add_plugin(source, grant=grant, config={"say": "ahoy"})
    assert (installed.plugin.version, installed.plugin.skill_document, list(installed.operations)) == ("3", "Does things.", ["count"])
    session = toolfs.session("caller", ALL, hosts=HOSTS)

    async def ask(operation: str, **parts: Any) -> dict[str, Any]:
        return await toolfs.execute("script", {"operation": operation} | parts, session)

    counted = {"success": True, "result": 5, "metadata": {"said": "ahoy"}}
    assert await ask("count", path="/toolfs/data/open/f") == counted
    assert (await ask("write", path="/toolfs/data/open/g", data="å"))["success"]
    assert (await ask("list", path="/toolfs/data/open"))["result"] == ["f", "g"]
    assert (await ask("fetch", data="https://good.org/"))["result"] == ["from the web"]
    assert (await ask("globals"))["result"] == ["undefined"] * 3
    for operation, parts, told in (  # what hoards ends as soon as its memory or its time does
        ("count", {"path": SECRET}, "may not read"),
        ("fetch", {"data": "https://evil.net/"}, "may not GET evil.net"),
        ("spin", {}, "within 3 s"),
        ("hoard", {}, "it "),
        ("flood", {}, "at most 1048576"),
        ("throw", {}, "TypeError: no such thing"),
        ("absent", {}, "not {success"),
    ):
        answer = await ask(operation, **parts)
        assert answer["success"] is False, operation
        assert told in answer["error"], answer
    assert await ask("count", path="/toolfs/data/open/f") == counted  # started again, with its configuration


async def test_what_cannot_run_is_refused_before_it_runs(toolfs: ToolFS):
    def section(id: int, *body: int) -> bytes:
        return bytes([id, len(body), *body])

    head = b"\0asm\1\0\0\0"
    types = section(1, 1, 0x60, 0, 0)
    evil = head + types + section(2, 1, 3, *b"env", 4, *b"evil", 0, 0) + section(7, 1, 6, *b"_start", 0, 0)
    big = (
        head + types + section(3, 1, 0) + section(5, 1, 0, 0x80, 0x80, 1) + section(7, 1, 6, *b"_start", 0, 0) + section(10, 1, 2, 0, 0x0B)
    )
    broken = head + types + section(3, 1, 0) + section(7, 1, 6, *b"_start", 0, 0) + section(10, 1, 2, 0, 0xFF)
    for data, told in (
        (evil, "it imports env.evil, which ToolFS does not give"),
        (big, "1073741824 bytes of memory to start"),
        (broken, "it is no valid WASM module"),
        (b"MZ", "it is no WASM module"),
        (head, "its kind is unknown"),
    ):
        with pytest.raises(ConfigError) as caught:
            await toolfs.add_plugin(PluginSource("wasm", "p", data))
        assert told in str(caught.value)
    with pytest.raises(ConfigError, match="it is not the file you meant"):
        await toolfs.add_plugin(PluginSource("wasm", "p", plugin("plain"), hash=hash_of(b"other")))
    with pytest.raises(ConfigError, match="there is no execute"):
        await toolfs.add_plugin(PluginSource("javascript", "p", b"export default {}"))
    with pytest.raises(ConfigError, match="SyntaxError"):
        await toolfs.add_plugin(PluginSource("javascript", "p", b"export default {"))
    assert toolfs.plugins.installed == {}


async def test_without_node_or_the_package_the_error_says_what_to_do(tmp_path):
    source = PluginSource("wasm", "p", plugin("plain"))
    for host, told in (
        (NodePluginHost(tmp_path), "give the folder of the npm package"),
        (NodePluginHost(WEB, node="no-node"), "install Node 20"),
    ):
        with pytest.raises(ConfigError, match=told):
            await ToolFS(plugin_host=host).add_plugin(source)
    with pytest.raises(ConfigError, match="those that can: http, and Python objects"):
        await ToolFS().add_plugin(source)


async def test_when_node_dies_the_next_call_starts_it_again(toolfs: ToolFS):
    session = await install(toolfs, "probe", plugin("probe"))
    process = (await toolfs.plugins._host.process())._process  # type: ignore[union-attr]
    spinning = asyncio.create_task(toolfs.execute("probe", {"operation": "spin"}, session))
    await asyncio.sleep(0.3)
    process.kill()
    assert await spinning == {"success": False, "error": "Node ended"}
    assert await toolfs.execute("probe", {"operation": "upper", "data": "again"}, session) == {"success": True, "result": "AGAIN"}
