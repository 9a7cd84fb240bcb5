/** Waits of the local engine, with a clock of their own: a worker that never speaks is replaced, then given up, and the next call begins anew. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { LocalEngine } from "../../web/local/engine.js";
import { within } from "../../web/local/patience.js";

class SilentWorker {
  /** @type {SilentWorker[]} */
  static made = [];
  messages = [];
  ended = false;
  constructor() {
    SilentWorker.made.push(this);
  }
  postMessage(message) {
    this.messages.push(message);
  }
  terminate() {
    this.ended = true;
  }
  say(data) {
    this.onmessage({ data });
  }
}

async function pass(ms) {
  mock.timers.tick(ms);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

test("a worker that says nothing is replaced twice, and then the call fails with a reason; the next call begins anew", async () => {
  globalThis.Worker = SilentWorker;
  globalThis.location ??= new URL("http://127.0.0.1/");
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const engine = new LocalEngine({ localURL: "http://127.0.0.1/local/" });
    const failed = assert.rejects(engine.embed(["a"]), (error) => error.code === "stalled" && /Try again/.test(error.message));
    await pass(0);
    for (const ms of [10_000, 30_000, 60_000]) await pass(ms);
    await failed;
    assert.equal(SilentWorker.made.length, 3);
    assert.ok(SilentWorker.made.every((worker) => worker.ended));
    assert.deepEqual(SilentWorker.made[2].messages, SilentWorker.made[0].messages);

    const again = engine.embed(["a"]);
    await pass(0);
    const worker = SilentWorker.made[3];
    worker.say({ type: "up" });
    await pass(100_000);
    assert.equal(worker.ended, false);
    worker.say({ type: "done", id: worker.messages.at(-1).id });
    await pass(0);
    worker.say({ type: "done", id: worker.messages.at(-1).id, value: ["vector"] });
    await pass(0);
    assert.deepEqual(await again, ["vector"]);
    engine.dispose();
  } finally {
    mock.timers.reset();
    delete globalThis.Worker;
  }
});

test("a wait has an end, a name and no timer afterwards", async () => {
  await assert.rejects(within(20, "The tide", new Promise(() => {})), { code: "stalled", message: /^The tide was given up/ });
  assert.equal(await within(60_000, "The tide", Promise.resolve(5)), 5);
});
