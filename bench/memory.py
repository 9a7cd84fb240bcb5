"""What prompts, streams and starts leave behind in the interpreter and in the page, by how many of them there were."""

from typing import Any

from bench.harness import Bench, Page, Row

PROMPTS = (1, 100, 10_000)
STREAMS = (10, 1_000)
STARTS = (1, 10)

BOOT = """
const web = await import("/web/index.js");
const start = () => web.boot({ runtimeURL: new URL("/wheels/", location.href).href });
await start();
const [look] = await web.pythonTools(`
import gc
def look() -> dict:
    import pyodide_js
    for _ in range(3):
        gc.collect()
    return {"wasm": pyodide_js._module.HEAPU8.length, "objects": len(gc.get_objects())}
`);
globalThis.works = {
  prompts: async (agent, n) => {
    const answers = await agent.batch_prompt(Array(n).fill("How are you?"), { concurrency: 10 });
    return answers.filter((answer) => answer === "Fine, thanks.").length;
  },
  streams: async (agent, n) => {
    let begun = 0;
    for (; begun < n; begun++) {
      for await (const event of agent.stream("How are you?")) if (begun % 2 && event.type === "text_delta") break;
    }
    return begun;
  },
  starts: async (agent, n) => {
    let answered = 0;
    for (let count = 0; count < n; count++) {
      web.shutdown();
      await start();
      answered += (await agent.prompt("How are you?")) === "Fine, thanks.";
    }
    return answered;
  },
};
globalThis.agent = (baseURL) => new web.Agent({ model: "openai-chat:m", apiKey: "k", baseURL });
globalThis.look = () => look.execute({});
"""

WORK = """
const done = await works[work](agent(baseURL), count);
if (done !== count) throw new Error(`${done} of ${count} ${work} came out right`);
const python = await look();
for (let round = 0; round < 3; round++) {
  gc();
  await new Promise((resolve) => setTimeout(resolve, 100));
}
return { ...python, page: performance.memory.usedJSHeapSize };
"""
TITLES = {"prompts": "prompts", "streams": "streams, every second one left early", "starts": "starts of Python in a worker"}
FIGURES = {
    "the interpreter's WebAssembly memory": ("wasm", 1e6, "MB"),
    "objects that Python's collector knows": ("objects", 1, "objects"),
    "the page's JavaScript heap": ("page", 1e6, "MB"),
}


def measure(bench: Bench) -> list[Row]:
    rows: list[Row] = []
    for work, counts in {"prompts": PROMPTS, "streams": STREAMS, "starts": STARTS}.items():
        with bench.page("tests/page/empty.html", "--enable-precise-memory-info") as page:
            page.run(BOOT)
            told = _measure_work(bench, page, work, counts)
        first = f"{counts[0]:,}"
        for title, (figure, unit_size, unit) in FIGURES.items():
            group = f"After {TITLES[work]}: {title}"
            rows += [Row(group, f"{count:,}", told[count][figure] / unit_size, unit, floor=first) for count in counts]
    return rows


def _measure_work(bench: Bench, page: Page, work: str, counts: tuple[int, ...]) -> dict[int, dict[str, Any]]:
    """What there is after so many in all."""
    told, done = {}, 0
    for count in counts:
        url = bench.server.box({"text": "Fine, thanks."}, loop=True).url
        told[count] = page.run(WORK, work=work, baseURL=url, count=count - done)
        done = count
    return told
