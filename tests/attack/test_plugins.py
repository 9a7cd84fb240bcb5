"""Hostile plugins: modules that hold more than they say, that never finish their start, and that flood their host. In Node."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from staysail import ToolFS
from staysail.core.errors import ConfigError
from staysail.fs.ports import PluginSource
from staysail.fs.session import Grant
from staysail.fs.wasm import PAGE_BYTES, cap_memory, inspect
from staysail.host.plugin_calls import prepare
from tests.attack.counting import Attack
from tests.attack.wasm_modules import LOOPS, REFUSED, body, module, one, table
from tests.plugins import WEB, plugin

MEBIBYTE = 1 << 20


@pytest.fixture
async def toolfs() -> AsyncIterator[ToolFS]:
    toolfs = ToolFS(plugin_host=WEB)
    toolfs.mount_memory("/toolfs/data")
    yield toolfs
    await toolfs.close()


async def held_bytes(toolfs: ToolFS) -> int:
    """What the process that runs the plugins has in memory."""
    host: Any = toolfs.plugins._host
    process = await host.process()
    status = Path(f"/proc/{process._process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def flood_s(attack: Attack) -> float:
    return min(max(1.5, attack.seconds), 10.0)


@pytest.mark.parametrize("name", REFUSED)
def test_a_module_that_cannot_be_counted_is_refused_before_it_is_compiled(name: str, attack: Attack):
    data, reason = REFUSED[name]
    started = time.monotonic()
    with pytest.raises(ConfigError) as refusal:
        prepare(PluginSource("wasm", "p", data))
    assert reason in str(refusal.value)
    assert len(str(refusal.value)) < 500
    with pytest.raises(ConfigError):  # described operations make no difference
        prepare(PluginSource("wasm", "p", data, calls={"a": {"export": "execute"}}))
    assert time.monotonic() - started < 60
    attack.count("modules that cannot be counted", 2)


async def test_a_start_that_never_ends_is_ended(toolfs: ToolFS, attack: Attack):
    async def install(name: str, data: bytes) -> None:
        source = PluginSource("wasm", name.replace(" ", "-").replace(",", "").replace("_", "x"), data, timeout_s=1.5)
        with pytest.raises(ConfigError, match=r"within 1\.5 s|too deep"):
            await toolfs.add_plugin(source, config={"a": "b"})

    started = time.monotonic()
    await asyncio.gather(*(install(name, data) for name, data in LOOPS.items()))
    assert time.monotonic() - started < 30
    # The host lives, and has nothing left of them.
    session = toolfs.session("caller", {"/toolfs": "*"})
    await toolfs.add_plugin(PluginSource("wasm", "calm", plugin("plain")))
    assert (await toolfs.execute("calm", {"operation": "x", "data": "alive"}, session))["result"]["data"] == "alive"
    attack.count("starts that never end", len(LOOPS))


async def test_memory_blocks_and_files_share_one_limit(toolfs: ToolFS, attack: Attack):
    limit = 16 * MEBIBYTE
    await toolfs.add_plugin(PluginSource("wasm", "probe", plugin("probe", "-DFILES"), memory_bytes=limit, timeout_s=10.0))
    session = toolfs.session("caller", {"/toolfs": "*"})

    async def ask(operation: str) -> int:
        return int((await toolfs.execute("probe", {"operation": operation}, session))["result"])

    blocks = await ask("hoard") * MEBIBYTE
    pages = await ask("grow") * PAGE_BYTES
    assert blocks >= limit // 2
    assert blocks + pages <= limit + MEBIBYTE
    toolfs.remove_plugin("probe")
    await toolfs.add_plugin(PluginSource("wasm", "probe", plugin("probe", "-DFILES"), memory_bytes=limit, timeout_s=10.0))
    assert await ask("grow") * PAGE_BYTES == limit
    assert await ask("hoard") <= 1
    attack.count("memory and blocks", 4)


@pytest.mark.parametrize("operation", ["crumbs", "churn", "turns"])
async def test_blocks_cost_what_the_host_keeps_for_them(toolfs: ToolFS, operation: str, attack: Attack):
    await toolfs.add_plugin(
        PluginSource("wasm", "probe", plugin("probe", "-DFILES"), memory_bytes=32 * MEBIBYTE, timeout_s=flood_s(attack))
    )
    session = toolfs.session("caller", {"/toolfs": "*"})
    before = await held_bytes(toolfs)
    await toolfs.execute("probe", {"operation": operation}, session)
    assert await held_bytes(toolfs) - before < 300 * MEBIBYTE
    assert (await toolfs.execute("probe", {"operation": "upper", "data": "alive"}, session))["result"] == "ALIVE"
    attack.count("blocks of a few bytes", 1)


@pytest.mark.parametrize("what", ["drip", "void", "vectors", "handles", "unlinked", "names"])
async def test_a_command_that_floods_its_host_is_held(toolfs: ToolFS, what: str, attack: Attack):
    source = PluginSource("wasm", "command", plugin("command"), memory_bytes=32 * MEBIBYTE, timeout_s=flood_s(attack))
    await toolfs.add_plugin(source, grant=Grant.of({"/toolfs/data": "*"}))
    session = toolfs.session("caller", {"/toolfs": "*"})
    before = await held_bytes(toolfs)
    await toolfs.execute("command", {"operation": "run", "options": {"args": [what, "data/f"]}}, session)
    assert await held_bytes(toolfs) - before < 300 * MEBIBYTE
    again = await toolfs.execute("command", {"operation": "run", "options": {"args": ["args", "alive"]}}, session)
    assert again["result"]["stdout"] == "args\nalive\n"
    attack.count("floods by WASI", 1)


async def test_what_is_accepted_runs_within_its_limit(toolfs: ToolFS, attack: Attack):
    """Modules at the edge of each limit: they compile, start, grow as far as they may, and the host lives."""
    grow = body(b"\x03\x40\x41\1\x40\0\x41\x7f\x47\x0d\0\x0b")  # until memory.grow gives -1
    edges = {
        "tables": module(tables=[table(1)] * 50, functions=one(body(b"\xd0\x70\x41\xe4\0\xfc\x0f\0\x1a"))),
        "memory": module(functions=one(grow), start="run"),
        "loops": module(functions=one(body(b"\x03\x40" * 300 + b"\x0b" * 300, locals=50_000)), start="run"),
        "locals": module(more=[(0, body(b"", locals=50_000))] * 1000),
        "functions": module(more=[(0, b"\2\0\x0b")] * 20_000),
    }
    for name, data in edges.items():
        await toolfs.add_plugin(PluginSource("wasm", name, data, memory_bytes=64 * MEBIBYTE, timeout_s=20.0))
        answer = await toolfs.execute(name, {"operation": "x"}, toolfs.session("caller", {"/toolfs": "*"}))
        assert answer["success"] is False
        assert "not JSON" in answer["error"], (name, answer)
        toolfs.remove_plugin(name)
    assert await held_bytes(toolfs) < 600 * MEBIBYTE
    attack.count("modules at the edge", len(edges))


def test_any_change_of_a_module_is_read_or_refused(attack: Attack):
    """What is accepted has one memory with a maximum."""
    originals = [plugin("probe", "-DFILES"), plugin("command"), plugin("plain"), *(data for data in LOOPS.values())]
    for random in attack.random("modules with changed bytes", least=300):
        data = bytearray(random.choice(originals))
        for _ in range(random.randint(1, 8)):
            at = random.randrange(8, len(data))
            if random.random() < 0.2:
                del data[at : at + random.randint(1, 4)]
            elif random.random() < 0.3:
                data[at:at] = random.randbytes(random.randint(1, 6))
            else:
                data[at] = random.randrange(256)
        try:
            found = inspect(bytes(data))
            if found.problem is None:
                capped = inspect(cap_memory(bytes(data), 16 * MEBIBYTE, found))
                assert capped.memory is None or capped.memory.maximum is not None
        except ConfigError:
            continue
