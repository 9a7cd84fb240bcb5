// Approval, agents as tools and handing over in JavaScript, in Node.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Agent as AnyAgent, ConfigError, UsageLimitError, handoff } from "../../web/index.js";

import { agentFor, call, collect, provider } from "./setup.mjs";

function fileTools(needsApproval) {
  const done = [];
  const parameters = { type: "object", properties: { file_path: { type: "string" } }, required: ["file_path"] };
  const tool = {
    name: "remove",
    parameters,
    needsApproval,
    execute: ({ file_path }, { runId, callId }) => (done.push([file_path, callId, typeof runId]), "gone"),
  };
  return { done, tools: [tool] };
}

test("a run pauses as plain JSON and goes on with the answer", async () => {
  const box = await provider.box(
    call("remove", { file_path: "/a" }, "callId_A"),
    { text: "Removed." },
    call("remove", { file_path: "/a" }, "x"),
    { text: "Kept." },
  );
  const { done, tools } = fileTools(true);
  const agent = agentFor(box, { tools });
  const paused = await agent.run("Clean up.");
  assert.deepEqual([paused.finishReason, paused.text, done], ["paused", "", []]);
  assert.deepEqual(paused.pending, [{ id: "callId_A", tool: "remove", arguments: { file_path: "/a" }, uncertain: false, expiresAt: null }]);
  const kept = JSON.parse(JSON.stringify(paused.run));
  const reply = await agent.resume(kept, { approvals: { callId_A: { approve: true, arguments: { file_path: "/b" } } } });
  assert.equal(reply.text, "Removed.");
  assert.equal("pending" in reply, false);
  assert.deepEqual(done, [["/b", "callId_A", "string"]]);
  assert.match(JSON.stringify((await box.seen())[1].json.input), /The user changed the arguments to .*file_path.*\/b/);

  const events = await collect(agent.stream("Again."));
  assert.deepEqual(
    events.slice(-2).map(({ type }) => type),
    ["approval_needed", "run_done"],
  );
  const rest = await collect(agent.resumeStream(events.at(-1).reply, { approvals: { x: { refuse: "I need it." } } }));
  assert.equal(rest[0].type, "tool_result");
  assert.equal(rest.at(-1).reply.text, "Kept.");
  assert.match(rest[0].text, /refused this call: I need it\./);
  assert.throws(
    () => agent.resume(reply),
    (error) => error instanceof ConfigError && /is final/.test(error.message),
  );
  await assert.rejects(
    agent.resume(kept, { approvals: { nobody: true } }),
    /no tool call 'nobody' waits for approval; those that do: callId_A/,
  );
});

test("approve answers in the page, a function of the arguments decides who asks, and silence refuses", async () => {
  const both = {
    tool_calls: [
      { name: "remove", arguments: { file_path: "/scratch/a" } },
      { name: "remove", arguments: { file_path: "/home" } },
    ],
  };
  const box = await provider.box(both, { text: "One." }, both, { text: "Two." }, both, { text: "Three." });
  const { done, tools } = fileTools(async ({ file_path }) => !file_path.startsWith("/scratch"));
  const asked = [];
  const agent = agentFor(box, {
    tools,
    approve: async (request, { signal }) => (asked.push([request.arguments.file_path, signal.aborted]), true),
  });
  assert.equal(await agent.prompt("Go"), "One.");
  assert.deepEqual([asked, done.map(([path]) => path).sort()], [[["/home", false]], ["/home", "/scratch/a"]]);
  const never = { approve: () => new Promise(() => {}), approvalTimeoutMs: 30 };
  const reply = await agent.run("Go", never);
  assert.match(reply.messages[2].content[1].content[0].text, /nobody answered in time/);
  await assert.rejects(
    agent.prompt("Go", {
      approve: () => {
        throw new Error("mine");
      },
    }),
    /approve failed: Error: mine/,
  );
  assert.throws(
    () => agentFor(box, { tools: [{ ...tools[0], needsApproval: "always" }] }),
    /needsApproval of the tool remove is true, false or a function/,
  );
});

test("an agent is a tool of another, with hooks, tools and limits of its own", async () => {
  const small = await provider.box(call("remove", { file_path: "/x" }, "c9"), { text: "Inner is done." }, { text: "Inner again." });
  const large = await provider.box(
    call("cleaner", { prompt: "Remove /x" }, "c1"),
    { text: "All done." },
    call("cleaner", { prompt: "Again" }),
    { text: "no" },
  );
  const { done, tools } = fileTools(true);
  const inner = agentFor(small, {
    name: "Cleaner",
    apiKey: () => "inner-key",
    tools,
    hooks: { beforeTool: (context) => void seen.push([context.agent, Boolean(context.parentId)]) },
  });
  const seen = [];
  const chief = agentFor(large, {
    apiKey: () => "chief-key",
    tools: [inner.asTool({ description: "Removes files.", events: true })],
    approve: ({ tool }) => tool === "remove",
  });
  const events = await collect(chief.stream("Clean up."));
  const nested = events.filter(({ type }) => type === "nested_event");
  assert.deepEqual(
    nested
      .filter(({ event }) => event.type === "text_delta")
      .map(({ event }) => event.text)
      .join(""),
    "Inner is done.",
  );
  assert.deepEqual([nested[0].callId, nested[0].agent], ["c1", "cleaner"]);
  assert.ok(nested.some(({ event }) => event.type === "tool_result" && event.durationS >= 0));
  const { reply } = events.at(-1);
  assert.deepEqual([reply.text, reply.usage.totalTokens, done.length], ["All done.", 60, 1]);
  assert.deepEqual(seen, [["Cleaner", true]]);
  const keys = async (box) => new Set((await box.seen()).map(({ headers }) => headers.authorization));
  assert.deepEqual([await keys(small), await keys(large)], [new Set(["Bearer inner-key"]), new Set(["Bearer chief-key"])]);
  await assert.rejects(
    chief.run("Again", { usageLimits: { requests: 2 } }),
    (error) => error instanceof UsageLimitError && error.usage.totalTokens === 30,
  );
  assert.throws(() => agentFor(large).asTool(), /needs a name/);
});

test("a conversation is handed over, between agents that know one another", async () => {
  const desk = await provider.box(call("transfer_to_billing"), { text: "Desk again." });
  const money = await provider.box(call("refund"), call("back_to_desk"));
  const refunds = [];
  const refund = { name: "refund", execute: () => refunds.push(1) && "refunded" };
  const billing = agentFor(money, {
    name: "Billing",
    preamble: "You refund.",
    tools: [refund, handoff(() => triage, { name: "back_to_desk" })],
  });
  const triage = agentFor(desk, { name: "desk", preamble: "You route.", tools: [handoff(billing, { description: "For money." })] });
  const events = await collect(triage.stream("My money!"));
  assert.deepEqual(
    events.filter(({ type }) => type === "handed_over").map(({ agent }) => agent),
    ["Billing", "desk"],
  );
  assert.equal(events.at(-1).reply.text, "Desk again.");
  assert.equal(refunds.length, 1);
  const [first] = await money.seen();
  assert.equal(first.json.instructions, "You refund.");
  assert.match(JSON.stringify(first.json.input), /My money!.*handed over/);
  assert.throws(() => handoff(() => triage), /needs a name/);
  assert.equal(new AnyAgent({ model: "openai:m", tools: [handoff(billing)] }) instanceof AnyAgent, true);
});

test("what an agent within asks pauses the outer run, as plain JSON, and goes on with the answer", async () => {
  const { done, tools } = fileTools(true);
  const build = (box) => {
    const keeper = agentFor(box, { name: "keeper", tools });
    return agentFor(box, { tools: [keeper.asTool({ description: "Keeps the files.", events: true })] });
  };
  const box = await provider.box(call("keeper", { prompt: "Remove /a." }, "outer"), call("remove", { file_path: "/a" }, "inner"));
  const paused = await build(box).run("Clean up.");
  assert.deepEqual(paused.pending, [
    { id: "outer/inner", tool: "remove", arguments: { file_path: "/a" }, uncertain: false, expiresAt: null, agent: "keeper" },
  ]);
  const later = await provider.box({ text: "It is gone." }, { text: "Clean." });
  const reply = await build(later).resume(JSON.parse(JSON.stringify(paused.run)), { approvals: { "outer/inner": true } });
  assert.deepEqual([reply.text, done.map(([path]) => path)], ["Clean.", ["/a"]]);
  assert.match(JSON.stringify((await later.seen())[1].json.input), /It is gone/);

  const asked = [];
  const both = await provider.box(
    call("keeper", { prompt: "Remove /b." }, "outer"),
    call("remove", { file_path: "/b" }, "inner"),
    { text: "Not done." },
    { text: "Still there." },
  );
  const approve = ({ id, agent }) => (asked.push([id, agent]), { refuse: "mine" });
  const events = await collect(build(both).stream("Clean up.", { approve }));
  assert.deepEqual(asked, [["outer/inner", "keeper"]]);
  assert.ok(events.some(({ type, agent, event }) => type === "nested_event" && agent === "keeper" && event.type === "tool_result"));
  assert.deepEqual([events.at(-1).reply.text, done.length], ["Still there.", 1]);
});
