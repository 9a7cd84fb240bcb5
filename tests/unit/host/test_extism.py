"""Our host of the Extism ABI beside the native one, on the same modules: the same bytes out, the same errors."""

import base64
import json

import pytest

from staysail import ToolFS
from staysail.fs.ports import PluginSource
from tests.plugins import plugin

extism = pytest.importorskip("extism", reason="the native host is not built for this machine")

CONFIG = {"greeting": "hallå", "empty": "", "list": "[1, 2]"}
LONG = bytes(range(256)) * 200
CALLS: list[tuple[str, bytes]] = [
    *(("echo", data) for data in (b"", b"hello", "hallå \U0001f600".encode(), b"\0\xff", LONG)),
    ("upper", b"hello"),
    ("nothing", b"x"),
    *(("words", data) for data in (b"", b"1234567", b"12345678", b"123456789", LONG, "längre än åtta".encode())),
    ("lengths", b""),
    ("config", b"greeting"),
    ("config", b"list"),
    ("config", b"absent"),
    ("config", b"__proto__"),
    ("no_config", b""),
    ("counter", b""),
    ("counter", b""),
    ("forget", b""),
    ("counter", b""),
    ("log", b"said"),
    ("outside", b""),
    ("echo", b"still there"),
]
FAILURES: list[tuple[str, bytes]] = [
    ("fails", b"an error of its own"),
    ("fails", "ett fel å".encode()),
    ("fails_softly", b""),
    ("code", b""),
    ("absent", b""),
]
# The native host tells of these, and of traps, by a backtrace alone.
REFUSALS = {"bad_handle": "invalid handle offset for config key: 7777", "big_variable": "Variable store is full"}
TRAPS = ["trap", "divide", "stray", "recurse"]


def as_bytes(result: object) -> bytes:
    if isinstance(result, dict):  # bytes that are no text
        return base64.b64decode(result["content"])
    return (result if isinstance(result, str) else json.dumps(result)).encode()


async def test_it_answers_what_the_native_host_answers(toolfs: ToolFS):
    module = plugin("probe")
    native = extism.Plugin({"wasm": [{"data": module}], "config": CONFIG})
    installed = await toolfs.add_plugin(PluginSource("wasm", "probe", module), config=CONFIG)
    assert {name for name, _ in CALLS + FAILURES} - {"absent"} <= set(installed.operations)
    session = toolfs.session("a", {"/toolfs": "*"})

    async def ours(name: str, data: bytes) -> dict:
        request = {"operation": name, "data": {"content": base64.b64encode(data).decode(), "encoding": "base64"}}
        return await toolfs.execute("probe", request, session)

    for name, data in CALLS:
        answer = await ours(name, data)
        assert answer["success"], (name, answer)
        assert as_bytes(answer["result"]) == native.call(name, data, parse=bytes), (name, data[:20])
    for name, data in FAILURES:
        with pytest.raises(extism.Error) as told:
            native.call(name, data)
        assert await ours(name, data) == {"success": False, "error": str(told.value)}
    for name in (*REFUSALS, *TRAPS):
        with pytest.raises(extism.Error):
            native.call(name, b"")
        answer = await ours(name, b"")
        assert answer["error"].startswith(REFUSALS.get(name, "it trapped: ")), (name, answer)
    # A trap leaves a new instance, of which nothing is left over.
    assert (await ours("state", b""))["result"] == (await ours("counter", b""))["result"] == "1"
