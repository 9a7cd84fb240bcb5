// Hooks and limits in JavaScript, around an agent in Node.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ConfigError, RunStopped, StaysailError, UsageLimitError } from "../../web/index.js";
import { connect } from "../../web/runtime/boot.js";

import { agentFor, call, provider } from "./setup.mjs";

const add = {
  name: "add",
  parameters: { type: "object", properties: { first_one: { type: "number" } } },
  execute: ({ first_one }) => first_one + 1,
};

test("hooks see the run, agent's before call's, and only those that are given cross", async () => {
  const box = await provider.box(call("add", { first_one: 2 }), { text: "3" });
  const log = [];
  const see = (name) => (context, value, result) =>
    void log.push([
      name,
      context.step,
      value?.text ?? value?.message?.role ?? value?.messages?.length ?? value?.name ?? null,
      result?.text,
    ]);
  const agent = agentFor(box, {
    tools: [add],
    hooks: { onStart: see("onStart"), beforeModel: see("beforeModel"), beforeTool: see("beforeTool"), onDone: see("onDone") },
  });
  const peer = await connect();
  const original = peer.receive.bind(peer);
  let crossings = 0;
  peer.receive = (text) => {
    if (text.includes('"method":"hook"')) crossings += 1;
    return original(text);
  };
  try {
    const types = [];
    for await (const event of agent.stream("2 + 1?", { hooks: [{ beforeModel: see("second") }, { afterTool: see("afterTool") }] }))
      types.push(event.type);
    assert.equal(types.at(-1), "run_done");
  } finally {
    delete peer.receive;
  }
  assert.deepEqual(log, [
    ["onStart", 1, null, undefined],
    ["beforeModel", 1, 1, undefined],
    ["second", 1, 1, undefined],
    ["beforeTool", 1, "add", undefined],
    ["afterTool", 1, "add", "3"],
    ["beforeModel", 2, 3, undefined],
    ["second", 2, 3, undefined],
    ["onDone", 2, "3", undefined],
  ]);
  assert.equal(crossings, log.length);
});

test("hooks change, skip, ask again and stop", async () => {
  const box = await provider.box(call("add", { first_one: 1 }), { text: "four!" }, { text: "Four." });
  const hooks = {
    beforeModel: (_, { preamble, messages }) => ({ request: { preamble: "Be calm.", maxTokens: 77, messages } }),
    beforeTool: (_, { arguments: { first_one } }) => ({ call: { arguments: { first_one: first_one + 2 } } }),
    afterTool: (_, __, { text }) => ({ result: { sum: Number(text), as_told: text } }),
    afterModel: (_, { message }) => (message.content.some((part) => part.text?.includes("!")) ? { askAgain: "Calmly." } : null),
  };
  const reply = await agentFor(box, { tools: [add], hooks }).run("Go");
  assert.equal(reply.text, "Four.");
  const [first, second, third] = (await box.seen()).map((request) => request.json);
  assert.deepEqual([first.instructions, first.max_output_tokens], ["Be calm.", 77]);
  assert.match(JSON.stringify(second.input), /\{\\"sum\\": 4, \\"as_told\\": \\"4\\"\}/);
  assert.match(JSON.stringify(third.input), /four!.*Calmly\./);

  const none = await provider.box();
  assert.equal(await agentFor(none, { hooks: { beforeModel: () => ({ skip: "Canned." }) } }).prompt("Hi"), "Canned.");
  await assert.rejects(
    agentFor(none, { hooks: { beforeModel: async () => ({ stop: "Not today." }) } }).prompt("Hi"),
    (error) => error instanceof RunStopped && error.message === "Not today." && error.history.length === 1,
  );
  const down = await provider.box({ status: 500, body: { error: { message: "down" } } });
  const told = [];
  const rescue = { onError: (_, error) => (told.push([error.name, error.status]), { skip: "Later." }) };
  assert.equal(await agentFor(down, { hooks: rescue, retry: false }).prompt("Hi"), "Later.");
  assert.deepEqual(told, [["ServerError", 500]]);
});

test("a hook that throws or answers what it may not ends the run and says so", async () => {
  const box = await provider.box({ text: "a" }, { text: "b" });
  const fails = (hooks, message) =>
    assert.rejects(
      agentFor(box, { hooks }).prompt("Hi"),
      (error) => error instanceof StaysailError && error.code === "hook" && message.test(error.message),
    );
  await fails(
    {
      afterModel: () => {
        throw new TypeError("mine");
      },
    },
    /^the hook after_model failed: TypeError: mine$/,
  );
  await fails(
    { afterModel: () => ({ request: {} }) },
    /afterModel returned request; it may return \{completion\}, \{askAgain\}, \{stop\} or nothing/,
  );
  for (const [hooks, message] of [
    [{ beforeModle() {} }, /there is no hook "beforeModle"/],
    [[{}], /hooks have some of the methods/],
  ]) {
    assert.throws(
      () => agentFor(box, { hooks }),
      (error) => error instanceof ConfigError && message.test(error.message),
    );
  }
});

test("limits end the run with what it used", async () => {
  const box = await provider.box(call("add", { first_one: 1 }), call("add", { first_one: 1 }));
  await assert.rejects(agentFor(box, { tools: [add], usageLimits: { toolCalls: 1 } }).prompt("Go"), (error) => {
    assert.ok(error instanceof UsageLimitError && error instanceof RunStopped);
    assert.deepEqual(
      [error.limit, error.most, error.used, error.usage.totalTokens, error.history.at(-1).role],
      ["toolCalls", 1, 2, 30, "tool"],
    );
    return true;
  });
  assert.throws(() => agentFor(box, { usageLimits: { tokens: 1 } }), /there is no option "tokens"; there are: requests/);
});

test("what a memory's functions keep is what the model is told, and the history stays whole", async () => {
  const history = [1, 2, 3].flatMap((n) => [
    { role: "user", content: `Question ${n}` },
    { role: "assistant", content: `Answer ${n}` },
  ]);
  const box = await provider.box(
    { text: "One." },
    { text: "Two." },
    ...Array.from({ length: 8 }, () => ({ text: "They talked of three things." })),
  );
  const told = async (at) => JSON.stringify((await box.seen()).at(at).json.input);

  const seen = [];
  const fit = (messages, { promptAt }) => (
    seen.push(messages.length, promptAt), [{ role: "user", content: [{ type: "text", text: "Before: three." }] }, messages[promptAt]]
  );
  const reply = await agentFor(box, { memory: { fit } }).run("And now?", { history });
  assert.deepEqual(seen, [7, 6]);
  assert.match(await told(0), /Before: three.*And now\?/);
  assert.doesNotMatch(await told(0), /Question/);
  assert.equal(reply.messages.length, 8);

  // A counter of one's own, where every text is 10 tokens: what it may answer is a number, or the tokens.
  const counted = [];
  const count = async (text) => (counted.push(text), Array.from({ length: 10 }));
  await agentFor(box, { memory: { tokenWindow: { tokens: 45, count } } }).run("And now?", { history });
  assert.ok(counted.includes("And now?"), counted.join());
  assert.match(await told(1), /Question 3.*And now/);
  assert.doesNotMatch(await told(1), /Question 2/);

  await agentFor(box, { memory: { summary: { overTokens: 45, summaryTokens: 20, keepLast: 2, count } } }).run("And now?", { history });
  assert.match(await told(2), /Question 1/); // to be summed up
  assert.match(await told(-1), /They talked of three things.*And now/);
  assert.doesNotMatch(await told(-1), /Question 1/);

  await assert.rejects(agentFor(box, { memory: { fit: () => "none" } }).run("x", { history }), {
    name: "ConfigError",
    message: /fit gives an array/,
  });
  await assert.rejects(agentFor(box, { memory: { fit: () => [] } }).run("x", { history }), {
    name: "ConfigError",
    message: /left no message/,
  });
});
