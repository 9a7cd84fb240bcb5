"""What a call of a WASM plugin costs: of the same module in Chromium, through Node on CPython, and in the native Extism host."""

import asyncio
import base64
import time
from collections.abc import Callable
from typing import Any

import extism

from bench.harness import Bench, Row, median_row
from staysail import ToolFS
from staysail.fs.ports import PluginSource
from staysail.host.plugin_calls import prepare
from tests.plugins import WEB, plugin

CALLS = 200
SIZES = {"5 bytes": "hello", "60 KB": "hello world, " * 4600}
GROUP = "a call of a plugin, {} in and out (ms)"

SCRIPT = """
const { loadPlugin } = await import(new URL("../../web/plugins/host.js", location.href).href);
const bytes = Uint8Array.from(atob(module), (sign) => sign.charCodeAt(0));
const plugin = await loadPlugin(spec, bytes);
const rows = {};
for (const [size, data] of Object.entries(sizes)) {
  const request = JSON.stringify({ operation: "upper", data });
  rows[size] = [];
  for (let call = 0; call < calls; call++) {
    const begun = performance.now();
    await plugin.execute(request, async () => ["", new Uint8Array()]);
    rows[size].push(performance.now() - begun);
  }
}
const begun = performance.now();
plugin.stop();
await plugin.execute(JSON.stringify({ operation: "upper", data: "x" }), async () => ["", new Uint8Array()]);
return { rows, again: performance.now() - begun };
"""


def measure(bench: Bench) -> list[Row]:
    module = plugin("probe")
    native = extism.Plugin({"wasm": [{"data": module}]})
    spec, capped = prepare(PluginSource("wasm", "probe", module))
    with bench.page() as page:
        chromium = page.run(SCRIPT, spec=spec, module=base64.b64encode(capped).decode(), sizes=SIZES, calls=CALLS)
    node = asyncio.run(_in_node(module))
    rows = []
    for size, data in SIZES.items():
        group = GROUP.format(size)
        rows.append(median_row(group, "native extism (Python)", _times(lambda data=data: native.call("upper", data)), "ms"))
        options: dict[str, Any] = {"floor": "native extism (Python)"}
        rows.append(median_row(group, "web/plugins in Chromium", chromium["rows"][size], "ms", **options))
        rows.append(median_row(group, "ToolFS on CPython, through Node", node[size], "ms", **options))
    return [*rows, Row("a plugin that was ended, started again (ms)", "web/plugins in Chromium", chromium["again"], "ms")]


def _times(call: Callable[[], Any]) -> list[float]:
    times = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        call()
        times.append((time.perf_counter() - begun) * 1000)
    return times


async def _in_node(module: bytes) -> dict[str, list[float]]:
    """With the session's checks and the audit, as an agent's tools call it."""
    toolfs = ToolFS(plugin_host=WEB)
    await toolfs.add_plugin(PluginSource("wasm", "probe", module))
    session = toolfs.session("bench", {"/toolfs": "*"})
    times: dict[str, list[float]] = {}
    for size, data in SIZES.items():
        times[size] = []
        for _ in range(CALLS):
            begun = time.perf_counter()
            answer = await toolfs.execute("probe", {"operation": "upper", "data": data}, session)
            times[size].append((time.perf_counter() - begun) * 1000)
            assert answer["success"]
    await toolfs.close()
    return times
