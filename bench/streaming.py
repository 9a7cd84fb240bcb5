"""A long answer streamed from a socket to JavaScript events: how many deltas a second, the processors' time for each of them, and how long
the page's own thread is held up."""

from collections.abc import Callable

from bench.harness import Bench, Page, Row, median_row
from tests.server.answers import render

DELTAS = 10_000
RUNS = 3
WRITES = {"64 B": 64, "1.4 kB": 1_400, "16 kB": 16_384, "64 kB": 65_536}

BOOT = """
const { Agent, boot } = await import("/web/index.js");
await boot({ mode, runtimeURL: new URL("/wheels/", location.href).href });
globalThis.streams = {
  async bare(baseURL) {
    const headers = { "content-type": "application/json" };
    await (await fetch(`${baseURL}/chat/completions`, { method: "POST", headers, body: '{"stream":true,"messages":[]}' })).arrayBuffer();
    return count;
  },
  async agent(baseURL) {
    let seen = 0;
    const agent = new Agent({ model: "openai-chat:m", apiKey: "k", baseURL });
    for await (const event of agent.stream("Tell me.")) if (event.type === "text_delta") seen++;
    return seen;
  },
};
"""

STREAM = """
let held = 0, last = performance.now();
const look = () => {
  const now = performance.now();
  held = Math.max(held, now - last - 4);
  last = now;
};
const timer = setInterval(look, 4);
const begun = performance.now();
const seen = await streams[kind](baseURL);
const ms = performance.now() - begun;
look();
clearInterval(timer);
if (seen !== count) throw new Error(`${seen} deltas came, not ${count}`);
return { rate: count / ms * 1000, held };
"""


def measure(bench: Bench) -> list[Row]:
    text = " ".join(f"word{number % 1000}" for number in range(DELTAS))
    body = b"".join(render({"text": text}, "/chat/completions", {"model": "m", "stream": True}, 1).pieces).decode()
    answer = {"body": body, "headers": {"content-type": "text/event-stream"}}
    boxes = {name: bench.server.box({**answer, "chunk_bytes": size}, loop=True).url for name, size in WRITES.items()}
    rows: list[Row] = []
    for mode in ("worker", "main"):
        with bench.page() as page:
            page.run(BOOT, mode=mode, count=DELTAS)
            for name, url in boxes.items():
                group = f"{DELTAS:,} deltas in writes of {name}, Python in the {'worker' if mode == 'worker' else 'main thread'}"
                rows += _measure_writes(group, lambda kind, url=url, page=page: _stream(page, kind, url))
    return rows


def _measure_writes(group: str, stream: Callable[[str], dict[str, float]]) -> list[Row]:
    stream("agent")  # for the compilers
    told = [{kind: stream(kind) for kind in ("bare", "agent")} for _ in range(RUNS)]
    rates, cpu, held = ({kind: [run[kind][figure] for run in told] for kind in ("bare", "agent")} for figure in ("rate", "cpu_us", "held"))
    floor = "fetch, read and not parsed"
    return [
        median_row(group, floor, rates["bare"], "deltas/s", more_is_better=True),
        median_row(group, "agent.stream", rates["agent"], "deltas/s", more_is_better=True, floor=floor),
        median_row(group, "processors' time, fetch", cpu["bare"], "us/delta"),
        median_row(group, "processors' time, agent.stream", cpu["agent"], "us/delta", floor="processors' time, fetch"),
        median_row(group, "longest time the page was held up, fetch", held["bare"], "ms"),
        median_row(group, "longest time the page was held up, agent.stream", held["agent"], "ms"),
    ]


def _stream(page: Page, kind: str, url: str) -> dict[str, float]:
    """cpu_us: of all processes of the browser."""
    before_s = page.cpu_s()
    told: dict[str, float] = page.run(STREAM, kind=kind, baseURL=url, count=DELTAS)
    return {**told, "cpu_us": (page.cpu_s() - before_s) / DELTAS * 1e6}
