"""What staysail adds to a model call: one answer fetched bare, and the same through an agent; with a round of tools; many at once."""

from bench.harness import Bench, Row, median_row

ANSWER = {"text": "Fine, thanks."}
CALL = {"tool_calls": [{"name": "add", "arguments": {"a": 1, "b": 2}}]}
RUNS = 40

SCRIPT = """
const { Agent, boot } = await import(new URL("../../web/index.js", location.href).href);
await boot({ mode, runtimeURL: new URL("../../wheels/", location.href).href });
const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "How are you?" }] });
const headers = { "content-type": "application/json", authorization: "Bearer k" };
const bare = async (url) => (await fetch(`${url}/chat/completions`, { method: "POST", headers, body })).json();
const add = {
  name: "add",
  description: "Adds.",
  parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] },
  execute: ({ a, b }) => a + b,
};
const agent = (baseURL, tools) => new Agent({ model: "openai-chat:m", apiKey: "k", baseURL, tools });
const lap = async (work) => { const begun = performance.now(); await work(); return performance.now() - begun; };
const plain = agent(boxes.answer), withTool = agent(boxes.one, [add]), withFive = agent(boxes.five, [add]);
await plain.prompt("How are you?");
const rows = { bare: [], prompt: [], tool: [], five: [], hundred: [], bareHundred: [] };
for (let run = 0; run < runs; run++) {
  rows.bare.push(await lap(() => bare(boxes.answer)));
  rows.prompt.push(await lap(() => plain.prompt("How are you?")));
  rows.tool.push(await lap(() => withTool.prompt("1 + 2?")));
  if (run % 4 === 0) rows.five.push(await lap(() => withFive.prompt("1 + 2?")));
}
for (let run = 0; run < 3; run++) {
  const hundred = Array.from({ length: 100 });
  rows.bareHundred.push(await lap(() => Promise.all(hundred.map(() => bare(boxes.answer)))));
  rows.hundred.push(await lap(() => Promise.all(hundred.map(() => plain.prompt("How are you?")))));
}
return rows;
"""


def measure(bench: Bench) -> list[Row]:
    boxes = {
        "answer": bench.server.box(ANSWER, loop=True).url,
        "one": bench.server.box(CALL, ANSWER, loop=True).url,
        "five": bench.server.box(*[CALL] * 5, ANSWER, loop=True).url,
    }
    rows = []
    for mode in ("worker", "main"):
        with bench.page() as page:
            times = page.run(SCRIPT, mode=mode, boxes=boxes, runs=RUNS)
        group = f"A prompt, Python in the {'worker' if mode == 'worker' else 'main thread'}"
        rows += [
            median_row(group, "bare fetch", times["bare"], "ms"),
            median_row(group, "agent.prompt", times["prompt"], "ms", floor="bare fetch"),
            median_row(group, "with one round of tools", times["tool"], "ms", floor="bare fetch"),
            median_row(group, "with five rounds", times["five"], "ms", floor="bare fetch"),
            median_row(group, "100 bare fetches at once", times["bareHundred"], "ms"),
            median_row(group, "100 prompts at once", times["hundred"], "ms", floor="100 bare fetches at once"),
        ]
    return rows
