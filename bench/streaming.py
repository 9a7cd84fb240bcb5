"""A long answer streamed from a socket to JavaScript events: how many deltas a second, and how long the page's own thread is held up."""

from bench.harness import Bench, Row, median_row

DELTAS = 10_000
RUNS = 3
WRITES = {"64 B": 64, "1.4 kB": 1_400, "16 kB": 16_384, "64 kB": 65_536}

SCRIPT = """
const { Agent, boot } = await import(new URL("../../web/index.js", location.href).href);
await boot({ mode, runtimeURL: new URL("../../wheels/", location.href).href });
const results = {};
for (const [name, baseURL] of Object.entries(boxes)) {
  results[name] = { bare: [], deltas: [], gap: [] };
  const agent = new Agent({ model: "openai-chat:m", apiKey: "k", baseURL });
  for (let run = 0; run < runs; run++) {
    const headers = { "content-type": "application/json" };
    let begun = performance.now();
    await (await fetch(`${baseURL}/chat/completions`, { method: "POST", headers, body: '{"stream":true,"messages":[]}' })).arrayBuffer();
    results[name].bare.push(count / (performance.now() - begun) * 1000);
    let seen = 0, gap = 0, last = performance.now();
    const tick = setInterval(() => {
      const now = performance.now();
      gap = Math.max(gap, now - last - 4);
      last = now;
    }, 4);
    begun = performance.now();
    for await (const event of agent.stream("Tell me.")) if (event.type === "text_delta") seen++;
    const ms = performance.now() - begun;
    clearInterval(tick);
    if (seen !== count) throw new Error(`${seen} deltas came, not ${count}`);
    results[name].deltas.push(seen / ms * 1000);
    results[name].gap.push(gap);
  }
}
return results;
"""


def measure(bench: Bench) -> list[Row]:
    text = " ".join(f"word{number % 1000}" for number in range(DELTAS))
    boxes = {name: bench.server.box({"text": text, "chunk_bytes": size}, loop=True).url for name, size in WRITES.items()}
    rows = []
    for mode in ("worker", "main"):
        where = "worker" if mode == "worker" else "main thread"
        with bench.page() as page:
            results = page.run(SCRIPT, mode=mode, boxes=boxes, runs=RUNS, count=DELTAS)
        for name, measured in results.items():
            group = f"{DELTAS:,} deltas in writes of {name}, Python in the {where}"
            rows += [
                median_row(group, "fetch, read and not parsed", measured["bare"], "deltas/s", more_is_better=True),
                median_row(group, "agent.stream", measured["deltas"], "deltas/s", more_is_better=True, floor="fetch, read and not parsed"),
                median_row(group, "longest time the page was held up", measured["gap"], "ms"),
            ]
    return rows
