// Nothing that was forgotten grows: prompts, abandoned streams, agents that nobody freed. Needs node --expose-gc, which it asks for itself.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { Agent, boot, pythonTools } from "../../web/index.js";
import { connect } from "../../web/runtime/boot.js";
import { startProvider } from "./provider.mjs";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");
// Python's objects, tasks and references do not grow at all. Bytes of the heap here grow by less the more calls there are: code made ready, sockets
// that linger.
const [COUNT, WARM_UP, BYTES_A_PROMPT, BYTES_A_STREAM] = process.env.STAYSAIL_EVERY ? [1000, 100, 2000, 2000] : [250, 50, 4000, 20_000];

let provider;
let measure;
before(async () => {
  provider = await startProvider();
  await boot({ runtimeURL: new URL("../../wheels/", import.meta.url) });
  const [inspect] = await pythonTools(`
import asyncio, gc, sys
def inspect() -> dict:
    "What Python holds."
    gc.collect()
    import pyodide_js
    return {
        "objects": len(gc.get_objects()),
        "tasks": len(asyncio.all_tasks()),
        "references": pyodide_js._module._hiwire_num_refs(),
    }
`);
  measure = async () => {
    for (let round = 0; round < 5; round++) {
      collectGarbage();
      await pause(50);
    }
    const peer = await connect();
    return { ...(await inspect.execute({})), heap: process.memoryUsage().heapUsed, pending: peer.pending };
  };
});
after(() => provider.stop());

/** Does it some times to warm up, then measures around many. */
async function growth(act) {
  for (let count = 0; count < WARM_UP; count++) await act(count);
  const before = await measure();
  for (let count = 0; count < COUNT; count++) await act(count);
  const then = await measure();
  return { before, then, perCall: { objects: (then.objects - before.objects) / COUNT, heap: (then.heap - before.heap) / COUNT } };
}

function check({ before, then, perCall }, bytes) {
  const told = JSON.stringify({ before, then, perCall });
  assert.deepEqual([then.tasks, then.pending], [before.tasks, before.pending]);
  assert.ok(perCall.objects < 0.5 && then.references - before.references < 20, told);
  assert.ok(perCall.heap < bytes, told);
}

test("many prompts leave nothing behind", { timeout: 300_000 }, async () => {
  const box = await provider.box({ text: "Hello.", times: COUNT + WARM_UP });
  const tool = { name: "tool", execute: () => "x" };
  const seen = await growth(() => new Agent({ model: "openai:m", apiKey: "k", baseURL: box.url, tools: [tool] }).prompt("Hi."));
  check(seen, BYTES_A_PROMPT);
});

test("many abandoned streams leave nothing behind", { timeout: 300_000 }, async () => {
  const box = await provider.box({ text: "word ".repeat(20), stall: -10, times: COUNT + WARM_UP }); // never ends by itself
  const agent = new Agent({ model: "openai:m", apiKey: "k", baseURL: box.url });
  const seen = await growth(async (count) => {
    if (count % 2) {
      const reader = (await agent.prompt_stream("Hi.")).getReader();
      await reader.read();
    } else {
      await agent.stream("Hi.").next();
    }
    if (count % 25 === 24) {
      collectGarbage(); // what is abandoned is found when garbage is collected
      await pause(1);
    }
  });
  check(seen, BYTES_A_STREAM);
  const requests = await box.seen(COUNT + WARM_UP, COUNT + WARM_UP);
  assert.ok(requests.every((request) => request.ended === "client"));
});
