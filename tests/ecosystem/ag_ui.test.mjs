// An agent under AG-UI's own client, which parses, verifies and applies each event.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { HttpAgent, verifyEvents } from "@ag-ui/client";

import { agUiAgent, agUiEvents, agUiFetch } from "../../web/ag-ui.js";
import { Agent, ConfigError } from "../../web/index.js";
import { provider } from "../web/setup.mjs";

const weather = {
  name: "weather",
  description: "Current weather.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  execute: ({ city }) => ({ city, celsius: 7 }),
};
const call = (args, name = "weather") => ({ tool_calls: [{ name, arguments: args }] });
const agentFor = (box, options = {}) => new Agent({ model: "openai:gpt-4o", apiKey: "k", baseURL: box.url, retry: false, ...options });
const user = (content, id = "u1") => ({ id, role: "user", content });

/** AG-UI's client on an agent, with the events that passed its checks. */
function clientOf(agent, messages, options = {}) {
  const client = agUiAgent(HttpAgent, { agent, threadId: "t", initialMessages: messages, ...options });
  const events = [];
  client.subscribe({ onEvent: ({ event }) => void events.push(event) });
  return { client, events };
}

test("text, reasoning and tools become messages of AG-UI's client", async () => {
  assert.equal(typeof verifyEvents, "function"); // runAgent has each event pass it
  const box = await provider.box({ reasoning: "I should look.", ...call({ city: "Oslo" }) }, { text: "It is cold." }, { text: "Rome." });
  const { client, events } = clientOf(agentFor(box, { tools: [weather] }), [user("Weather in Oslo?")]);
  const { newMessages, result } = await client.runAgent();
  assert.deepEqual(
    newMessages.map(({ role }) => role),
    ["reasoning", "assistant", "tool", "assistant"],
  );
  const [thought, called, told, said] = newMessages;
  assert.equal(thought.content, "I should look.");
  assert.deepEqual(called.toolCalls[0].function, { name: "weather", arguments: '{"city": "Oslo"}' });
  assert.deepEqual(JSON.parse(told.content), { city: "Oslo", celsius: 7 });
  assert.equal(said.content, "It is cold.");
  assert.deepEqual([result.text, result.finishReason], ["It is cold.", "stop"]);
  const kinds = events.map(({ type }) => type);
  assert.deepEqual([kinds[0], kinds[1], kinds.at(-2), kinds.at(-1)], ["RUN_STARTED", "STEP_STARTED", "STEP_FINISHED", "RUN_FINISHED"]);
  assert.equal(events.at(-1).usage[0].inputTokens, 20);

  client.addMessage(user("And in Rome?", "u2"));
  await client.runAgent();
  assert.equal(client.messages.at(-1).content, "Rome.");
  const asked = JSON.stringify((await box.seen())[2].json.input);
  for (const word of ["Weather in Oslo?", "function_call_output", "It is cold.", "And in Rome?"]) assert.ok(asked.includes(word), word);
});

test("signatures survive in the client's messages, also when they were stored as JSON", async () => {
  const box = await provider.rules("anthropic");
  const agent = new Agent({ model: "anthropic:claude-opus-5-5", apiKey: "k", baseURL: box.url, tools: [weather], reasoning: "high" });
  const first = clientOf(agent, [user("Please use the tool weather.")]);
  await first.client.runAgent();
  const stored = JSON.parse(JSON.stringify(first.client.messages));
  const second = clientOf(agent, [...stored, user("And now?", "u2")]);
  await second.client.runAgent();
  assert.equal(second.client.messages.at(-1).content, "Hello.");
  assert.ok(JSON.stringify((await box.seen()).at(-1).json).includes('"signature":"sig_1"'));
});

for (const durable of [false, ":memory:"])
  test(`an approval is an interrupt, and its answer resumes the run (${durable ? "durable" : "plain"})`, async () => {
    const box = await provider.box(call({ city: "Oslo" }), { text: "It is cold." }, call({ city: "Rome" }), { text: "Then not." });
    const agent = agentFor(box, { tools: [{ ...weather, needsApproval: true }], durable });
    const { client, events } = clientOf(agent, [user("Weather?")]);
    await client.runAgent();
    const { outcome } = events.at(-1);
    assert.equal(outcome.type, "interrupt");
    const [{ id, toolCallId, metadata }] = outcome.interrupts;
    assert.deepEqual(
      [metadata.tool, metadata.arguments, toolCallId],
      ["weather", { city: "Oslo" }, client.messages.at(-1).toolCalls[0].id],
    );
    const stored = clientOf(agent, JSON.parse(JSON.stringify(client.messages)));
    stored.client.pendingInterrupts = client.pendingInterrupts;
    await stored.client.runAgent({ resume: [{ interruptId: id, status: "resolved", payload: { approved: true } }] });
    assert.equal(stored.client.messages.at(-1).content, "It is cold.");
    assert.equal(stored.client.messages.filter(({ role }) => role === "tool").length, 1);

    stored.client.addMessage(user("And Rome?", "u2"));
    await stored.client.runAgent();
    const [again] = stored.client.pendingInterrupts;
    await stored.client.runAgent({ resume: [{ interruptId: again.id, status: "cancelled" }] });
    assert.equal(stored.client.messages.at(-1).content, "Then not.");
    assert.match(JSON.stringify((await box.seen())[3].json), /refused this call/);
  });

test("a tool that the page runs ends the run, and its result goes on with it", async () => {
  const box = await provider.box(call({ colour: "blue" }, "paint"), { text: "Painted." });
  const { client, events } = clientOf(agentFor(box, { tools: [weather] }), [user("Paint it blue.")]);
  const paint = {
    name: "paint",
    description: "Paints the page.",
    parameters: { type: "object", properties: { colour: { type: "string" } } },
  };
  await client.runAgent({ tools: [paint] });
  const { id, function: called } = client.messages.at(-1).toolCalls[0];
  assert.deepEqual([called.name, events.at(-1).outcome], ["paint", { type: "success" }]);
  client.addMessage({ id: "r1", role: "tool", toolCallId: id, content: "done: blue" });
  await client.runAgent({ tools: [paint] });
  assert.equal(client.messages.at(-1).content, "Painted.");
  const seen = await box.seen();
  assert.deepEqual(seen[0].json.tools.map(({ name }) => name).sort(), ["paint", "weather"]);
  assert.match(JSON.stringify(seen[1].json.input), /done: blue/);
});

test("context reaches the model, and options may depend on the input", async () => {
  const box = await provider.box({ text: "Ahoy." });
  const options = ({ forwardedProps }) => ({ preamble: `You are ${forwardedProps.who}.` });
  const { client } = clientOf(agentFor(box), [user("Hello")], { options });
  await client.runAgent({ context: [{ description: "the page", value: "a harbour" }], forwardedProps: { who: "a parrot" } });
  const { json } = (await box.seen())[0];
  assert.equal(json.instructions, "You are a parrot.");
  assert.match(JSON.stringify(json.input), /a harbour/);
});

test("an error is an event, and abortRun closes the connection", async () => {
  const box = await provider.box({ status: 500, body: { error: { message: "broken pipe" } } }, { text: "a b c d e f", stall: -40 });
  const failed = clientOf(agentFor(box), [user("Hello")]);
  await failed.client.runAgent().catch(() => {});
  assert.deepEqual([failed.events.at(-1).type, failed.events.at(-1).code], ["RUN_ERROR", "server"]);
  assert.match(failed.events.at(-1).message, /broken pipe/);
  const { client } = clientOf(agentFor(box), [user("Hello")]);
  const ran = client.runAgent().catch((error) => error);
  while (!client.messages.at(-1)?.content?.includes?.("a ")) await pause(5);
  client.abortRun();
  await ran;
  assert.equal((await box.seen(2, 2)).length, 2);
});

test("the events come without a client too, and wrong input is an error event", async () => {
  const box = await provider.box({ text: "Ahoy." });
  const events = [];
  for await (const event of agUiEvents({ agent: agentFor(box) }, { threadId: "t", runId: "r", messages: [user("Hello")] }))
    events.push(event);
  assert.deepEqual([events[0].runId, events.at(-1).result.text], ["r", "Ahoy."]);
  const none = [];
  for await (const event of agUiEvents({ agent: agentFor(box) }, { threadId: "t", runId: "r", messages: [] })) none.push(event);
  assert.equal(none.at(-1).type, "RUN_ERROR");
  assert.throws(() => agUiFetch({}), ConfigError);
});
