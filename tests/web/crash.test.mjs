// The death of an interpreter: it takes neither Node nor another interpreter's work with it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = (path) => JSON.stringify(new URL(path, import.meta.url).href);

/** An answer of a provider, as JSON. */
const answer = (message) =>
  JSON.stringify({ id: "1", choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", ...message } }] });

/** What a program prints, as JSON; it runs in a Node of its own, so that dying would be seen. */
async function printed(body) {
  const program = `
    import { Agent, boot } from ${here("../../web/index.js")};
    import { pythonTools } from ${here("../../web/agent/python-tools.js")};
    await boot({ runtimeURL: new URL(${here("../../wheels/")}) });
    console.error = () => {};
    const caught = (promise) => promise.then((value) => ({ value }), ({ name, code, retryable, message }) => ({ name, code, retryable, message }));
    const [die, later, count] = await pythonTools(\`
import asyncio
from staysail import tool

counted = 0

@tool
def die(how: str) -> str:
    "Ends the interpreter."
    nest = []
    for _ in range(100_000):
        nest = [nest]
    return repr(nest)

@tool
async def later(ms: int) -> str:
    "Goes on for a while."
    import js
    for _ in range(10):
        await asyncio.sleep(ms / 10_000)
        js.globalThis.ticks = (getattr(js.globalThis, "ticks", None) or 0) + 1
    return "done"

@tool
def count() -> int:
    "Counts its calls."
    global counted
    counted += 1
    return counted
\`);
    ${body}
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program]);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1));
}

test("what waits fails with an InterpreterError, the next call starts anew, and Node lives on", async () => {
  const told = await printed(`
    const before = await count.execute();
    const waiting = caught(later.execute({ ms: 400 }));
    const died = await caught(die.execute({ how: "nest" }));
    const lost = await waiting;
    const ticks = globalThis.ticks ?? 0;
    const after = await count.execute();
    await new Promise((resolve) => setTimeout(resolve, 600));
    console.log(JSON.stringify({ before, died, lost, after, zombie: (globalThis.ticks ?? 0) - ticks, again: await caught(die.execute({ how: "again" })), last: await count.execute() }));
  `);
  for (const error of [told.died, told.lost, told.again]) {
    assert.deepEqual([error.name, error.code, error.retryable], ["InterpreterError", "crashed", true]);
    assert.match(error.message, /Python crashed: .*The next call starts it anew/);
  }
  assert.deepEqual([told.before, told.after, told.last], [1, 1, 1]);
  assert.equal(told.zombie, 0, "the dead interpreter went on working");
});

test("runs, streams and chats of other agents are told at once, and each goes on with its next call", async () => {
  const told = await printed(`
    const { createServer } = await import("node:http");
    const { createChat } = await import(${here("../../web/chat.js")});
    let stalls = true;
    const head = { choices: [{ index: 0, delta: { role: "assistant", content: "So far" } }] };
    const server = createServer((request, response) => {
      response.writeHead(200, { "content-type": stalls ? "text/event-stream" : "application/json" });
      if (stalls) response.write("data: " + JSON.stringify(head) + "\\n\\n");
      else response.end(${JSON.stringify(answer({ content: "fine" }))});
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const agent = () => new Agent({ model: "openai-compatible:m", apiKey: "k-12345678", baseURL: \`http://127.0.0.1:\${server.address().port}/v1\` });
    const [running, streaming] = [agent(), agent()];
    const chat = createChat(agent());
    const texts = [];
    const follow = async () => {
      for await (const event of streaming.stream("go")) texts.push(event.text);
    };
    const work = [caught(running.run("go")), caught(follow())];
    chat.send("go");
    while (!texts.includes("So far") || chat.getSnapshot().messages.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    const began = Date.now();
    const died = await caught(die.execute({ how: "nest" }));
    const lost = await Promise.all(work);
    while (chat.getSnapshot().status === "streaming") await new Promise((resolve) => setTimeout(resolve, 10));
    const { status, error } = chat.getSnapshot();
    const ms = Date.now() - began;
    stalls = false;
    const again = await running.prompt("again");
    console.log(JSON.stringify({ died, lost, chat: { status, name: error?.name, code: error?.code }, ms, again }));
    process.exit(); // timers of the dead interpreter would hold the process for a minute
  `);
  for (const error of [told.died, ...told.lost]) assert.deepEqual([error.name, error.code], ["InterpreterError", "crashed"]);
  assert.deepEqual([told.chat.name, told.chat.code], ["InterpreterError", "crashed"]);
  assert.notEqual(told.chat.status, "streaming");
  assert.ok(told.ms < 5000, `told after ${told.ms} ms`);
  assert.equal(told.again, "fine");
});

test("a value as deep as the reader lets in survives every walk over it", async () => {
  const told = await printed(`
    const { readFile } = await import("node:fs/promises");
    const [walk] = await pythonTools(await readFile(new URL(${here("deep_values.py")}), "utf8"));
    console.log(JSON.stringify(await caught(walk.execute())));
  `);
  assert.deepEqual(told, { value: "alive" });
});

/** Answers of a provider that hold 8 kB of "[", at each door that JSON comes in by. */
const NEST = "[".repeat(8000);
const call = (args) => ({ id: "c", type: "function", function: { name: "look", arguments: args } });
const DOORS = {
  answer: { body: NEST },
  "answer's field": { body: `{"choices":${NEST}` },
  "error body": { status: 400, body: `{"error":${NEST}` },
  "tool arguments": { body: answer({ content: null, tool_calls: [call(NEST)] }) },
  "tool argument": { body: answer({ content: null, tool_calls: [call(`{"city":${NEST}`)] }) },
  "structured output": { body: answer({ content: `{"city":${NEST}` }), schema: true },
  stream: { stream: true, body: `data: ${NEST}\n\n` },
  "streamed arguments": {
    stream: true,
    body: `data: ${JSON.stringify({ choices: [{ index: 0, delta: { role: "assistant", tool_calls: [{ index: 0, ...call(NEST) }] } }] })}\n\ndata: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n`,
  },
};

test("8 kB of brackets at any door leave the interpreter alive", async () => {
  const told = await printed(`
    const { createServer } = await import("node:http");
    const doors = ${JSON.stringify(DOORS)};
    const counts = {};
    const server = createServer((request, response) => {
      const name = decodeURIComponent(request.url.split("/")[1]);
      const again = (counts[name] = (counts[name] ?? 0) + 1) > 1;
      const { status = 200, body, stream } = again ? { body: ${JSON.stringify(answer({ content: "fine" }))} } : doors[name];
      response.writeHead(status, { "content-type": stream && !again ? "text/event-stream" : "application/json" }).end(body);
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const ends = {};
    for (const [name, { stream, schema }] of Object.entries(doors)) {
      const agent = new Agent({
        model: "openai-compatible:m", apiKey: "k-12345678", retry: false,
        baseURL: \`http://127.0.0.1:\${server.address().port}/\${encodeURIComponent(name)}/v1\`,
        tools: schema ? [] : [{ name: "look", description: "", parameters: { type: "object", properties: { city: {} } }, execute: () => "seen" }],
        ...(schema && { outputSchema: { type: "object", properties: { city: { type: "string" } } } }),
      });
      const work = async () => {
        if (!stream) return (await agent.run("go")).text;
        for await (const event of agent.stream("go")) if (event.type === "run_done") return event.reply.text;
      };
      ends[name] = await caught(work());
    }
    server.close();
    console.log(JSON.stringify({ ends, alive: await count.execute() }));
  `);
  assert.equal(told.alive, 1, "the interpreter died");
  for (const [door, end] of Object.entries(told.ends)) {
    assert.ok(end.value === "fine" || /Error$/.test(end.name), `${door}: ${JSON.stringify(end)}`);
    assert.notEqual(end.name, "InterpreterError", door);
  }
});
