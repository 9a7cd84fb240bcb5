"""The language model in the page: each runtime on one thread and on two, one after the other in one run, with the built-in model and a
prompt of about 80 tokens. Without cross-origin isolation a page has one thread."""

from bench.harness import Bench, Row

THREADS = (1, 2)
NAMES = {"guided": "wllama 2.4", "native": "wllama 3.13", "compat": "wllama 3.13, without stack switching"}
ROUNDS = 3
MEASURE = """
if (given.runtime === "compat") {
  const { Worker: Real } = window;
  const module = (source) => URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const first = module("delete WebAssembly.Suspending;");
  window.Worker = class extends Real {
    constructor(address, options) { super(module(`import "${first}"; import "${address}";`), options); }
  };
}
const { LocalEngine } = await import("/web/local/engine.js");
const runtime = given.runtime === "guided" ? "guided" : "native";
window.engine = new LocalEngine({ runtime, threads: given.threads, contextTokens: 1024 });
await engine.download("smollm2");
const started = performance.now();
await engine.load();
const loadMs = performance.now() - started;
const words = "The tide comes in and goes out again, and the boats in the harbour turn with it. ".repeat(2);
const rounds = [];
for (let round = 0; round < given.rounds; round++) {
  const content = [{ type: "text", text: `${round} ${words} Tell me about the sea.` }];
  const asked = performance.now();
  const times = [];
  let usage;
  for await (const event of engine.complete({ messages: [{ role: "user", content }], max_tokens: 24, temperature: 0 })) {
    if (event.type === "text") times.push(performance.now());
    if (event.type === "usage") usage = event;
  }
  rounds.push({
    prompt: ((usage.input_tokens - usage.cached_input_tokens) / (times[0] - asked)) * 1000,
    answer: ((times.length - 1) / (times.at(-1) - times[0])) * 1000,
  });
}
return { loadMs, rounds };
"""


def measure(bench: Bench) -> list[Row]:
    rows = []
    for threads in THREADS:
        for runtime, name in NAMES.items():
            with bench.page() as page:
                told = page.run(MEASURE, given={"runtime": runtime, "threads": threads, "rounds": ROUNDS})
                memory_mb = page.memory_mb()
            on = f"{threads} thread{'s' * (threads > 1)}"
            subject, floor = f"{name}, {on}", f"{NAMES['guided']}, {on}"
            rows += [
                Row("local model: load", subject, told["loadMs"], "ms", floor),
                Row("local model: memory", subject, memory_mb, "MB", floor),
            ]
            for what in ("prompt", "answer"):
                best = max(each[what] for each in told["rounds"])
                rows.append(Row(f"local model: {what}", subject, best, "tokens/s", floor, more_is_better=True))
    return sorted(rows, key=lambda row: row.group)
