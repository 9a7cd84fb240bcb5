import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from staysail import ConfigError, StaysailError, ToolFS, ToolFSError
from staysail.core.ports import HttpRequest
from staysail.fs.entry import hash_of
from staysail.fs.http_mount import HttpMount
from staysail.fs.plugins import read_response
from staysail.fs.ports import PluginSource
from staysail.fs.session import Grant

ALL = {"/toolfs": "*"}


class Words:
    """Counts and keeps words."""

    name, version = "words", "1.2.0"
    skill_document = "---\nname: words\ndescription: Counts words.\n---\n"
    operations = {
        "count": {
            "description": "Counts the words of a file.",
            "parameters": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "shortest": {"type": "integer"}},
                "required": ["path"],
            },
        }
    }

    def __init__(self) -> None:
        self.config: dict = {}

    def init(self, config: dict) -> None:
        self.config = config

    async def execute(self, request: dict, files) -> dict:
        if request["operation"] != "count":
            return {"success": False, "error": f"no operation {request['operation']}"}
        words = (await files.read(request["path"])).decode().split()
        shortest = request.get("options", {}).get("shortest", 0)
        return {"success": True, "result": sum(len(word) >= shortest for word in words), "metadata": {"all": len(words)}}


def plugin_of(execute, **parts):
    return type("Plugin", (), {"name": "p", "version": "1", "execute": staticmethod(execute)} | parts)()


async def answer_of(execute, *, grant: Grant | None = None, request: dict | None = None, **options) -> dict:
    """What one call of a plugin gives."""
    toolfs = ToolFS()
    await toolfs.add_plugin(plugin_of(execute), grant=grant, **options)
    return await toolfs.execute("p", request or {"operation": "x"}, toolfs.session("a", ALL))


async def test_a_plugin_is_installed_seen_and_called():
    toolfs, words = ToolFS(), Words()
    toolfs.mount("/toolfs/data")
    session = toolfs.session("a", ALL)
    await toolfs.add_plugin(words, grant=Grant.of({"/toolfs/data": "read"}), config={"language": "en"})
    assert words.config == {"language": "en"}
    await toolfs.write("/toolfs/data/f", "a bb ccc", session)
    response = await toolfs.execute("words", {"operation": "count", "path": "/toolfs/data/f", "options": {"shortest": 2}}, session)
    assert response == {"success": True, "result": 2, "metadata": {"all": 3}}
    assert [entry.path for entry in await toolfs.list("/toolfs/plugins/words", session)] == [
        "/toolfs/plugins/words/SKILL.md",
        "/toolfs/plugins/words/plugin.json",
    ]
    told = json.loads(await toolfs.read("/toolfs/plugins/words/plugin.json", session))
    assert (told["name"], told["version"], told["grant"]["paths"]) == ("words", "1.2.0", {"/toolfs/data": ["read"]})
    assert await toolfs.read_text("/toolfs/plugins/words/SKILL.md", session) == words.skill_document
    toolfs.remove_plugin("words")
    assert await toolfs.list("/toolfs/plugins", session) == []
    with pytest.raises(ToolFSError, match="there is no plugin 'words'; there are: none"):
        await toolfs.execute("words", {"operation": "count"}, session)


def slow(request):
    time.sleep(0.3)


async def endless(request):
    await asyncio.Event().wait()


def raises(error):
    def execute(request):
        raise error

    return execute


@pytest.mark.parametrize(
    ("execute", "told"),
    [
        (raises(KeyError("x")), "KeyError: 'x'"),
        (raises(SystemExit(3)), "SystemExit: 3"),
        (raises(asyncio.CancelledError()), "CancelledError"),
        (endless, "it did not answer within 0.05 s"),
        (slow, "it did not answer within 0.05 s"),
        (lambda request: None, "not {success"),
        (lambda request: "not json", "not JSON"),
        (lambda request: {"success": "yes"}, "not {success"),
        (lambda request: [], "not {success"),
        (lambda request: {"success": True, "result": float("nan")}, "not JSON"),
        (lambda request: '{"success": true, "result": NaN}', "it holds NaN"),
        (lambda request: {"success": True, "result": object()}, "not JSON"),
        (lambda request: {"success": True, "result": "x" * 2000}, "at most 1000 are taken"),
        (lambda request: b"\xff", "not JSON"),
        (lambda request: "[" * 100_000, "at most 1000"),
        (lambda request: {"success": False}, "did not say why"),
        (lambda request: {"success": False, "error": {"a": 1}}, "did not say why"),
        (lambda request: {"success": False, "error": "no such thing"}, "no such thing"),
    ],
)
async def test_whatever_a_plugin_does_wrong_is_an_error_result(execute, told: str):
    limit_s = 0.05 if execute in (endless, slow) else 30.0
    answer = await answer_of(execute, timeout_s=limit_s, output_bytes=1000)
    assert answer["success"] is False
    assert told in answer["error"]
    assert "result" not in answer


def test_json_too_deep_to_read_is_an_error_result():
    for answer in ("[" * 200_000, '{"success":true,"result":' + "[" * 200_000 + "]" * 200_000 + "}"):
        assert read_response(answer, 1 << 20)["success"] is False


def test_only_the_fields_of_a_response_come_through():
    forged = '{"success": true, "result": 1, "error": "x", "type": "file", "source": "/toolfs/secret", "metadata": [1]}'
    assert read_response(forged, 1000) == {"success": True, "result": 1}


async def test_a_plugin_cannot_change_what_its_caller_holds():
    def execute(request):
        request["options"]["list"].append("changed")
        return {"success": True, "result": request}

    request = {"operation": "x", "options": {"list": []}}
    answer = await answer_of(execute, request=request)
    assert request == {"operation": "x", "options": {"list": []}}
    assert answer["result"]["options"] == {"list": ["changed"]}


@pytest.mark.parametrize(
    "request_",
    [
        {},
        [],
        {"operation": ""},
        {"operation": 3},
        {"operation": "x", "extra": 1},
        {"operation": "x", "data": object()},
        {"operation": "x", "data": float("inf")},
    ],
)
async def test_a_request_that_is_none_is_refused(request_):
    toolfs = ToolFS()
    await toolfs.add_plugin(plugin_of(lambda request: {"success": True}))
    with pytest.raises(ToolFSError) as caught:
        await toolfs.execute("p", request_, toolfs.session("a", ALL))
    assert caught.value.code == "bad_request"


async def test_a_cancelled_call_is_cancelled_and_not_answered():
    toolfs = ToolFS()
    await toolfs.add_plugin(plugin_of(endless))
    task = asyncio.create_task(toolfs.execute("p", {"operation": "x"}, toolfs.session("a", ALL)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (record,) = await toolfs.audit.records()
    assert (record["outcome"], record["code"]) == ("failed", "CancelledError")


@pytest.mark.parametrize(
    ("plugin", "told"),
    [
        (object(), "a plugin has name, version, execute; object lacks name, version, execute"),
        (plugin_of(slow, name="../x"), "letters, digits"),
        (plugin_of(slow, init=staticmethod(raises(ValueError("no key")))), "did not start: ValueError: no key"),
        (plugin_of(slow, init=staticmethod(slow)), "did not start: it did not answer within 0.2 s"),
        (plugin_of(slow, operations={"a b": {}}), "operations maps names"),
        (PluginSource("wasm", "w"), "kind 'wasm' cannot run here; those that can: http, and Python objects"),
    ],
)
async def test_what_is_no_plugin_is_not_installed(plugin, told: str):
    toolfs = ToolFS()
    with pytest.raises(ConfigError) as caught:
        await toolfs.add_plugin(plugin, timeout_s=0.2)
    assert told in str(caught.value)
    assert toolfs.plugins.installed == {}


async def test_a_name_is_used_once():
    toolfs = ToolFS()
    await toolfs.add_plugin(plugin_of(slow))
    with pytest.raises(ConfigError, match="already"):
        await toolfs.add_plugin(plugin_of(slow))


class Host:
    """A host whose plugins are Python source, as far as ToolFS can tell."""

    kinds = ("text",)

    async def aclose(self):
        pass

    async def load(self, source):
        async def execute(request, files):
            return {"success": True, "result": source.data.decode()}

        async def init(config):
            pass

        return type(
            "Loaded",
            (),
            {"name": source.name, "version": "1", "skill_document": "", "execute": staticmethod(execute), "init": staticmethod(init)},
        )()


async def test_plugins_of_other_kinds_come_through_the_host_with_their_hash_checked():
    toolfs = ToolFS(plugin_host=Host())
    source = PluginSource("text", "t", b"hello", hash=hash_of(b"hello"), output_bytes=100)
    await toolfs.add_plugin(source)
    assert (await toolfs.execute("t", {"operation": "x"}, toolfs.session("a", ALL)))["result"] == "hello"
    with pytest.raises(ConfigError, match="not the file you meant"):
        await toolfs.add_plugin(PluginSource("text", "u", b"hello", hash=hash_of(b"other")))
    with pytest.raises(ConfigError, match="those that can: http, text"):
        await toolfs.add_plugin(PluginSource("wasm", "u", b""))


class Folder:
    """A plugin that is mounted."""

    name, version = "folder", "1"

    def __init__(self) -> None:
        self.files = {"/a": "text", "/sub/b": "deep"}
        self.requests: list[dict] = []

    def execute(self, request):
        self.requests.append(request)
        path = request.get("path")
        match request["operation"]:
            case "read_file" if path == "/bytes":
                return {"success": True, "result": {"content": "//79", "encoding": "base64"}}
            case "read_file" if path == "/broken":
                return {"success": True, "result": {"content": "!", "encoding": "base64"}}
            case "read_file" if path == "/query":
                return {"success": True, "result": request["options"]}
            case "read_file" if path in self.files:
                return {"success": True, "result": self.files[path]}
            case "list_dir" if path == "/":
                return {
                    "success": True,
                    "result": ["a", {"name": "sub", "kind": "directory"}, "../x", "a/b", "", 3, {"name": "s", "size_bytes": -1}],
                }
            case "write_file":
                self.files[path] = request["data"]
                return {"success": True}
        return {"success": False, "error": f"no {path}"}


async def test_a_plugin_can_be_mounted_as_a_directory():
    toolfs, folder = ToolFS(), Folder()
    await toolfs.add_plugin(folder)
    toolfs.mount_plugin("/toolfs/folder", "folder", writable=True)
    session = toolfs.session("a", {"/toolfs/folder": "*"})
    assert [(entry.path, entry.kind) for entry in await toolfs.list("/toolfs/folder", session)] == [
        ("/toolfs/folder/a", "file"),
        ("/toolfs/folder/s", "file"),
        ("/toolfs/folder/sub", "directory"),
    ]
    assert await toolfs.read("/toolfs/folder/sub/b", session) == b"deep"
    assert await toolfs.read("/toolfs/folder/bytes", session) == b"\xff\xfe\xfd"
    assert json.loads(await toolfs.read("/toolfs/folder/query?text=a+b&top_k=2", session)) == {"text": "a b", "top_k": 2}
    with pytest.raises(ToolFSError, match="/toolfs/folder/broken: the plugin gave base64 that is none"):
        await toolfs.read("/toolfs/folder/broken", session)
    with pytest.raises(ToolFSError, match="/toolfs/folder/none: the plugin folder says: no /none"):
        await toolfs.read("/toolfs/folder/none", session)
    with pytest.raises(ToolFSError) as caught:
        await toolfs.delete("/toolfs/folder/a", session)
    assert caught.value.code == "read_only"
    before = len(folder.requests)
    with pytest.raises(ToolFSError):
        await toolfs.read("/toolfs/folder/../../x", session)
    assert len(folder.requests) == before
    entry = await toolfs.write("/toolfs/folder/new", b"\xff", session)
    assert (entry.path, entry.size_bytes) == ("/toolfs/folder/new", 1)
    assert folder.files["/new"] == {"content": "/w==", "encoding": "base64"}


async def test_the_state_of_a_plugin_is_part_of_a_snapshot():
    class Keeper:
        name, version, value = "keeper", "1", b"0"

        def execute(self, request):
            self.value = request["data"].encode()
            return {"success": True}

        async def export(self) -> bytes:
            return self.value

        async def import_(self, data: bytes) -> None:
            self.value = data

    toolfs, keeper = ToolFS(), Keeper()
    session = toolfs.session("a", ALL)
    await toolfs.add_plugin(keeper)
    await toolfs.snapshot(session, "one")
    await toolfs.execute("keeper", {"operation": "x", "data": "1"}, session)
    assert (await toolfs.diff("one", None, session)).states == ("plugin:keeper",)
    await toolfs.rollback("one", session)
    assert keeper.value == b"0"


def test_nothing_compiled_and_nothing_of_the_browser_is_imported():
    import subprocess

    code = (
        "import sys; before = set(sys.modules); import staysail; staysail.ToolFS\n"
        "new = set(sys.modules) - before\n"
        "bad = [n for n in new if n.split('.')[0] in ('js', 'pyodide', 'numpy', 'yaml', 'httpx')]; print(bad); sys.exit(bool(bad))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class Heard:
    """A Transport that keeps what it was asked to send."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncIterator[Any]:
        self.requests.append(request)
        yield SimpleNamespace(status=200, headers={}, chunks=self._chunks)

    async def _chunks(self) -> AsyncIterator[bytes]:
        yield b"{}"


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        *(("GET", {name: "x"}) for name in ("Host", "host", "HOST", "Transfer-Encoding", "Content-Length", "Connection", "Keep-Alive")),
        *(("GET", {name: "x"}) for name in ("TE", "Trailer", "Upgrade", "Proxy-Authorization", "Expect", "HTTP2-Settings")),
        *(("GET", {name: "DELETE"}) for name in ("X-HTTP-Method-Override", "x-method-override", "X-Http-Method")),
        *(("GET", {name: "x"}) for name in ("", "a b", "a:b", "Host ", "a\r\nHost", "\u00e9", "a\0")),
        *(("GET", {"x-a": value}) for value in ("a\r\nHost: b", "a\nb", "a\0b", "\u2603")),
        *((method, {}) for method in ("GET\r\nHost: b", "GET /", "", "G\u00cbT")),
    ],
)
async def test_a_header_of_the_connection_is_not_a_plugins_to_set(method: str, headers: dict[str, str]):
    transport = Heard()
    toolfs = ToolFS(transport=transport)
    session = toolfs.session("s", hosts={"good.org": "*"})
    with pytest.raises(StaysailError):
        await toolfs.fetch("https://good.org/", session, method=method, headers=headers)
    if headers:
        mount = HttpMount("https://good.org/", transport=transport, headers=headers)
        with pytest.raises(StaysailError):
            await mount.read(("a",))
    assert transport.requests == []
    status, _, _ = await toolfs.fetch("https://good.org/", session, headers={"X-Own": "a \u00e9", "Accept": "*/*", "Via-Us": "x"})
    assert (status, len(transport.requests)) == (200, 1)


async def test_a_call_of_a_plugin_counts_the_bytes_of_its_request_and_of_its_answer():
    class Echo:
        name, version = "echo", "1"
        calls = 0

        def execute(self, request: Any) -> dict[str, Any]:
            Echo.calls += 1
            return {"success": True, "result": request.get("data")}

    toolfs = ToolFS()
    await toolfs.add_plugin(Echo())
    session = toolfs.session("s", {"/toolfs/plugins": "execute"}, size_bytes=5000)
    await toolfs.execute("echo", {"operation": "x", "data": "y" * 1000}, session)
    assert 2000 < session.used_bytes < 2200
    with pytest.raises(ToolFSError, match="5000 bytes"):
        await toolfs.execute("echo", {"operation": "x", "data": "y" * 4000}, session)
    assert Echo.calls == 1  # refused before it ran
    await toolfs.execute("echo", {"operation": "x", "data": "y" * 1000}, session)
    with pytest.raises(ToolFSError, match="5000 bytes"):  # the request has room, its answer has not
        await toolfs.execute("echo", {"operation": "x", "data": "y" * 600}, session)
    assert session.used_bytes <= 5000


@pytest.mark.parametrize("answer", ['{"success": true, "result": "\\ud83d"}', {"success": True, "result": {"\ude00": "\ud83d"}}])
async def test_half_a_character_of_a_plugin_or_its_caller_is_mended(answer):
    plugin = plugin_of(lambda request: answer, skill_document="half \ud83d")
    toolfs = ToolFS()
    await toolfs.add_plugin(plugin)
    toolfs.mount_plugin("/toolfs/mounted", plugin.name)
    session = toolfs.session("a", {"/toolfs": "*"})
    response = await toolfs.execute(plugin.name, {"operation": "x", "data": "\ud83d", "options": {"\ud83d": 1}}, session)
    assert "\ufffd" in str(response)
    assert "\ufffd" in await toolfs.read_text("/toolfs/mounted/file", session)
    assert "\ufffd" in await toolfs.read_text(f"/toolfs/plugins/{plugin.name}/SKILL.md", session)
    assert json.loads(await toolfs.read(f"/toolfs/plugins/{plugin.name}/plugin.json", session))
