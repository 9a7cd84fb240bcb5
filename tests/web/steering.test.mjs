// Messages to a run that is under way, and tools that report progress, from JavaScript.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ConfigError, Steering } from "../../web/index.js";

import { agentFor, call, collect, provider } from "./setup.mjs";

const said = (message) => message.content.map((part) => part.text ?? "").join("");

test("a message sent while a tool runs is in the next model call, and one for later is answered afterwards", async () => {
  const box = await provider.box(call("look", { at: "sea" }), { text: "All seen." }, { text: "And more." });
  const steering = new Steering();
  const look = {
    name: "look",
    execute: () => {
      steering.send("hurry");
      steering.send([{ type: "text", text: "more" }], { when: "after" });
      assert.equal(steering.pending.length, 2);
      return "seen";
    },
  };
  const events = await collect(agentFor(box, { tools: [look] }).stream("Go.", { steering }));
  const { reply } = events.at(-1);
  assert.deepEqual(reply.messages.map(said), ["Go.", "", "", "hurry", "All seen.", "more", "And more."]);
  assert.match(JSON.stringify((await box.seen())[1].json.input.at(-1)), /hurry/);
  assert.deepEqual(
    events.filter(({ type }) => type.startsWith("message_")).map(({ type, when }) => [type, when]),
    [
      ["message_queued", "next_step"],
      ["message_queued", "after"],
      ["message_delivered", "next_step"],
      ["message_delivered", "after"],
    ],
  );
  assert.deepEqual(steering.pending, []);
});

test("run() takes messages too, and a message that no run delivered waits for the next", async () => {
  const box = await provider.box({ status: 400, body: { error: { message: "no" } } }, { text: "one" }, { text: "two" });
  const steering = new Steering();
  const id = steering.send("more", { when: "after" });
  const gone = steering.send("never");
  assert.equal(steering.withdraw(gone), true);
  const agent = agentFor(box);
  await assert.rejects(agent.run("Go.", { steering }), /no/);
  assert.deepEqual(
    steering.pending.map((waiting) => waiting.id),
    [id],
  );
  assert.equal((await agent.run("Go.", { steering })).text, "two");
  assert.deepEqual(steering.pending, []);
  assert.throws(() => steering.send(""), ConfigError);
  assert.throws(() => steering.send("a", { when: "soon" }), ConfigError);
  await assert.rejects(agent.stream("Go.", { steering: {} }).next(), ConfigError);
});

test("the values that an async generator yields are progress, and the last or the returned value is the result", async () => {
  const box = await provider.box({ tool_calls: [{ name: "count" }, { name: "sum" }, { name: "fail" }] }, { text: "Done." });
  let closed = 0;
  const tools = [
    {
      name: "count",
      async *execute() {
        yield "one";
        yield { at_row: 2, of: 3n };
      },
    },
    {
      name: "sum",
      async *execute() {
        yield { type: "image", data: new Uint8Array([1]), mediaType: "image/png" };
        return { total: 3 };
      },
    },
    {
      name: "fail",
      async *execute() {
        yield "begun";
        closed++;
        throw new TypeError("broken");
      },
    },
  ];
  const events = await collect(agentFor(box, { tools }).stream("Go."));
  const progress = (wanted) =>
    events
      .filter(({ type, name }) => type === "tool_progress" && name === wanted)
      .map(({ text, value, part }) => value ?? part?.type ?? text);
  assert.deepEqual(progress("count"), ["one", { at_row: 2, of: 3 }]);
  assert.deepEqual(progress("sum"), ["image"]);
  assert.deepEqual(progress("fail"), ["begun"]);
  const results = Object.fromEntries(events.filter(({ type }) => type === "tool_result").map(({ name, text }) => [name, text]));
  assert.deepEqual(JSON.parse(results.count), { at_row: 2, of: 3 });
  assert.deepEqual(JSON.parse(results.sum), { total: 3 });
  assert.match(results.fail, /TypeError: broken/);
  assert.equal(closed, 1);
});

test("a tool that yields is closed when the run is stopped", async () => {
  const box = await provider.box(call("endless"), { text: "never" });
  const control = new AbortController();
  let closed = false;
  const endless = {
    name: "endless",
    async *execute() {
      try {
        for (let n = 0; ; n++) {
          yield n;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        closed = true;
      }
    },
  };
  const seen = [];
  await assert.rejects(async () => {
    for await (const event of agentFor(box, { tools: [endless] }).stream("Go.", { signal: control.signal })) {
      seen.push(event);
      if (event.type === "tool_progress" && event.value === 3) control.abort();
    }
  }, /abort|cancel/i);
  for (let tries = 0; !closed && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(closed, true);
});

test("the history of an error ends with the text that was already shown", async () => {
  const box = await provider.box({ text: "half of it", drop: -400 });
  const streamed = await collect(agentFor(box).stream("Go.")).catch((error) => error);
  assert.deepEqual(streamed.history.map(said), ["Go.", "half of it"]);
  const stopped = await (async () => {
    const control = new AbortController();
    const text = [];
    try {
      for await (const event of agentFor(await provider.box({ text: "slowly on and on", delay_s: 0.1 })).stream("Go.", {
        signal: control.signal,
      })) {
        if (event.type === "text_delta") text.push(event.text);
        if (text.length === 2) control.abort();
      }
    } catch (error) {
      return { error, text: text.join("") };
    }
  })();
  assert.equal(stopped.error.name, "AbortError");
  assert.equal(said(stopped.error.history.at(-1)).startsWith(stopped.text.trimEnd()), true);
  assert.equal(stopped.error.history.at(-1).role, "assistant");
});
