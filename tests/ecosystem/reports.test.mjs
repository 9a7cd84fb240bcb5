// What went wrong elsewhere, as people reported it of other chats, tried on agents here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { HttpAgent } from "@ag-ui/client";
import { Chat } from "@ai-sdk/react";
import { lastAssistantMessageIsCompleteWithApprovalResponses } from "ai";

import { handlerFor } from "../../examples/frameworks/deep-chat/handler.mjs";
import { agUiAgent } from "../../web/ag-ui.js";
import { StaysailTransport } from "../../web/ai-sdk.js";
import { Agent } from "../../web/index.js";
import { provider } from "../web/setup.mjs";

const weather = {
  name: "weather",
  description: "Current weather.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  execute: ({ city }) => ({ city, celsius: 7 }),
};
const asks = { ...weather, needsApproval: true };
const calls = (...cities) => ({ tool_calls: cities.map((city) => ({ name: "weather", arguments: { city } })) });
const agentFor = (box, options = {}) => new Agent({ model: "openai:gpt-4o", apiKey: "k", baseURL: box.url, retry: false, ...options });
const user = (content, id = "u1") => ({ id, role: "user", content });

function storage() {
  const items = new Map();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
}

function chatOn(agent, { kept = storage(), ...options } = {}) {
  const errors = [];
  const transport = new StaysailTransport({ agent, storage: kept });
  return { chat: new Chat({ id: "chat", transport, onError: (error) => errors.push(error), ...options }), errors };
}

/** What the model was told of calls: each with the result that stands for it. */
const pairs = ({ json: { input } }) => [
  input.filter(({ type }) => type === "function_call").map(({ call_id: id }) => id),
  input.filter(({ type }) => type === "function_call_output").map(({ call_id: id }) => id),
];

// vercel/ai#7665
test("an answer that was resumed after a reload can be stopped", async () => {
  const long = { text: "It is very cold in Oslo today.", stall: -60 };
  const box = await provider.box(long, long, { text: "Yes." });
  const kept = storage();
  const agent = agentFor(box, { durable: ":memory:" });
  const page = chatOn(agent, { kept });
  const left = page.chat.sendMessage({ text: "Weather?" });
  while (!page.chat.lastMessage?.parts?.some(({ text }) => text?.startsWith("It"))) await pause(5);
  const stored = JSON.parse(JSON.stringify(page.chat.messages));
  const underway = new Map(kept.items);
  await page.chat.stop();
  await left;
  for (const [key, value] of underway) kept.setItem(key, value);

  const { chat, errors } = chatOn(agent, { kept, messages: stored });
  const resumed = chat.resumeStream();
  while ((await box.seen()).length < 2 || chat.status !== "streaming") await pause(5);
  await chat.stop();
  await resumed;
  assert.equal(chat.status, "ready");
  assert.deepEqual(errors, []);
  assert.equal((await box.seen(2, 2)).length, 2);
  await chat.sendMessage({ text: "Still there?" });
  assert.equal(chat.lastMessage.parts.at(-1).text, "Yes.");
});

// vercel/ai#12709, assistant-ui#4195
for (const durable of [false, ":memory:"])
  test(`a message sent while a call waits for approval goes out, and each call has a result (${durable ? "durable" : "plain"})`, async () => {
    const box = await provider.box(calls("Oslo"), { text: "Never mind, then." });
    const { chat, errors } = chatOn(agentFor(box, { tools: [asks], durable }));
    await chat.sendMessage({ text: "Weather?" });
    await chat.sendMessage({ text: "Forget it." });
    assert.deepEqual(errors, []);
    assert.equal(chat.lastMessage.parts.at(-1).text, "Never mind, then.");
    const seen = await box.seen();
    assert.equal(seen.length, 2);
    const [asked, answered] = pairs(seen[1]);
    assert.deepEqual(answered, asked);
    assert.match(JSON.stringify(seen[1].json.input), /Forget it/);
  });

// vercel/chatbot#1493, and others: the answer to one of two requests sent the chat off
test("of two calls one is approved and one refused, and the run goes on once", async () => {
  const box = await provider.box(calls("Oslo", "Rome"), { text: "Oslo is cold." });
  const { chat, errors } = chatOn(agentFor(box, { tools: [asks] }), {
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  });
  await chat.sendMessage({ text: "Weather?" });
  const [oslo, rome] = chat.lastMessage.parts.filter(({ type }) => type === "tool-weather");
  await chat.addToolApprovalResponse({ id: oslo.approval.id, approved: true });
  await pause(50);
  assert.equal((await box.seen()).length, 1);
  await chat.addToolApprovalResponse({ id: rome.approval.id, approved: false });
  while (chat.status !== "ready" || chat.lastMessage.parts.at(-1).type !== "text") await pause(5);
  await pause(50);
  assert.deepEqual(errors, []);
  const states = chat.lastMessage.parts.filter(({ type }) => type === "tool-weather").map(({ state }) => state);
  assert.deepEqual(states, ["output-available", "output-denied"]);
  const seen = await box.seen();
  assert.equal(seen.length, 2);
  assert.equal(pairs(seen[1])[1].length, 2);
});

// CopilotKit#2587, #2684, #3884
test("text and several calls at once pass AG-UI's own checks, and the next turn has each result once", async () => {
  const box = await provider.box({ text: "I look twice.", ...calls("Oslo", "Rome") }, { text: "Both are cold." }, { text: "15." });
  const client = agUiAgent(HttpAgent, {
    agent: agentFor(box, { tools: [weather] }),
    threadId: "t",
    initialMessages: [user("Oslo and Rome?")],
  });
  await client.runAgent();
  client.addMessage(user("3 times 5?", "u2"));
  await client.runAgent();
  assert.equal(client.messages.at(-1).content, "15.");
  const [asked, answered] = pairs((await box.seen())[2]);
  assert.equal(asked.length, 2);
  assert.deepEqual(answered, asked);
});

// deep-chat#246
test("stopping deep-chat's handler closes the connection, tells no error, and the next message works", async () => {
  const box = await provider.box({ text: "It is very cold in Oslo today.", stall: -60 }, { text: "Yes." });
  const handler = handlerFor(agentFor(box));
  const told = [];
  const signals = {
    stopClicked: {},
    onOpen: () => told.push("open"),
    onClose: () => told.push("close"),
    onResponse: async (said) => void told.push(said),
  };
  const handled = handler({ messages: [{ role: "user", text: "Weather?" }] }, signals);
  while (!told.some(({ text }) => text)) await pause(5);
  signals.stopClicked.listener();
  await handled;
  assert.equal(told.at(-1), "close");
  assert.ok(!told.some(({ error }) => error));
  assert.equal((await box.seen(1, 1)).length, 1);
  await handler(
    {
      messages: [
        { role: "user", text: "Weather?" },
        { role: "ai", text: "It is" },
        { role: "user", text: "Still there?" },
      ],
    },
    signals,
  );
  assert.equal(told.at(-2).text, "Yes.");
});
