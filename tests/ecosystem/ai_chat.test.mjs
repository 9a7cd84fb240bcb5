// StaysailTransport under the AI SDK's own Chat, each chunk checked by the AI SDK's own schema.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { safeValidateTypes } from "@ai-sdk/provider-utils";
import { Chat } from "@ai-sdk/react";
import { lastAssistantMessageIsCompleteWithApprovalResponses, uiMessageChunkSchema, validateUIMessages } from "ai";

import { StaysailTransport } from "../../web/ai-sdk.js";
import { Agent, ConfigError } from "../../web/index.js";
import { provider } from "../web/setup.mjs";

/** A transport that keeps its chunks and has each checked. */
class Checked extends StaysailTransport {
  chunks = [];

  async sendMessages(request) {
    return this.#checked(await super.sendMessages(request));
  }

  async reconnectToStream(request) {
    const stream = await super.reconnectToStream(request);
    return stream && this.#checked(stream);
  }

  #checked(stream) {
    const { chunks } = this;
    return stream.pipeThrough(
      new TransformStream({
        async transform(chunk, controller) {
          const checked = await safeValidateTypes({ value: JSON.parse(JSON.stringify(chunk)), schema: uiMessageChunkSchema });
          assert.ok(checked.success, `${JSON.stringify(chunk)}: ${checked.error}`);
          chunks.push(chunk);
          controller.enqueue(chunk);
        },
      }),
    );
  }
}

function storage() {
  const items = new Map();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
}

function chatOn(agent, { id = "chat", messages, transport = {}, ...options } = {}) {
  const link = new Checked({ agent, storage: storage(), ...transport });
  const errors = [];
  const chat = new Chat({ id, transport: link, messages, onError: (error) => errors.push(error), ...options });
  return { chat, link, errors };
}

const kinds = ({ parts }) => parts.map(({ type }) => type);
const weather = {
  name: "weather",
  description: "Current weather.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  execute: ({ city }) => {
    if (city === "Atlantis") throw new Error("it sank");
    return { city, celsius: 7, wind: [3, null] };
  },
};
const call = (args, name = "weather") => ({ tool_calls: [{ name, arguments: args }] });
const agentFor = (box, options = {}) => new Agent({ model: "openai:gpt-4o", apiKey: "k", baseURL: box.url, retry: false, ...options });

test("text, reasoning and tools stream into one message, with steps and usage", async () => {
  const box = await provider.box({ reasoning: "I should look.", ...call({ city: "Oslo" }) }, { text: "It is cold." }, { text: "Rome." });
  const { chat, link, errors } = chatOn(agentFor(box, { tools: [weather] }));
  await chat.sendMessage({ text: "Weather in Oslo?" });
  assert.deepEqual(errors, []);
  assert.equal(chat.status, "ready");
  const answer = chat.lastMessage;
  assert.deepEqual(kinds(answer), ["step-start", "reasoning", "tool-weather", "step-start", "text"]);
  assert.equal(answer.parts.find(({ type }) => type === "reasoning").state, "done");
  const tool = answer.parts.find(({ type }) => type === "tool-weather");
  assert.deepEqual(
    [tool.state, tool.input, tool.output],
    ["output-available", { city: "Oslo" }, { city: "Oslo", celsius: 7, wind: [3, null] }],
  );
  assert.equal(answer.parts.at(-1).text, "It is cold.");
  assert.equal(answer.metadata.usage.inputTokens, 20);
  assert.equal(answer.metadata.finishReason, "stop");
  assert.ok(link.chunks.some(({ type }) => type === "tool-input-delta"));
  assert.deepEqual([link.chunks[0].type, link.chunks.at(-1).type, link.chunks.at(-1).finishReason], ["start", "finish", "stop"]);
  await validateUIMessages({ messages: chat.messages });

  await chat.sendMessage({ text: "And in Rome?" });
  assert.equal(chat.lastMessage.parts.at(-1).text, "Rome.");
  const { input } = (await box.seen())[2].json;
  const told = JSON.stringify(input);
  for (const word of ["Weather in Oslo?", "function_call", "function_call_output", "It is cold.", "And in Rome?"])
    assert.ok(told.includes(word), word);
  assert.match(input.find(({ type }) => type === "function_call_output").output, /^\{"city": "Oslo", "celsius": 7, "wind": \[3, null\]\}$/);
});

test("signatures of reasoning survive in the messages, also when they were stored as JSON", async () => {
  const box = await provider.rules("anthropic");
  const agent = new Agent({ model: "anthropic:claude-opus-5-5", apiKey: "k", baseURL: box.url, tools: [weather], reasoning: "high" });
  const first = chatOn(agent);
  await first.chat.sendMessage({ text: "Please use the tool weather." });
  assert.deepEqual(first.errors, []);
  const stored = JSON.parse(JSON.stringify(first.chat.messages));
  await validateUIMessages({ messages: stored });
  const second = chatOn(agent, { messages: stored });
  await second.chat.sendMessage({ text: "And now?" });
  assert.deepEqual(second.errors, []);
  const { messages } = (await box.seen()).at(-1).json;
  assert.ok(JSON.stringify(messages).includes('"signature":"sig_1"'));
  assert.equal(second.chat.lastMessage.parts.at(-1).text, "Hello.");
});

test("a tool's error is its output, and the run goes on", async () => {
  const box = await provider.box(call({ city: "Atlantis" }), { text: "It sank." });
  const { chat } = chatOn(agentFor(box, { tools: [weather] }));
  await chat.sendMessage({ text: "Weather?" });
  const tool = chat.lastMessage.parts.find(({ type }) => type === "tool-weather");
  assert.deepEqual([tool.state, tool.errorText], ["output-error", "Error: it sank"]);
  assert.equal(chat.lastMessage.parts.at(-1).text, "It sank.");
});

for (const durable of [false, true]) {
  const asks = { ...weather, needsApproval: true };
  const during = (options) => (durable ? { durable: ":memory:", ...options } : options);

  test(`an approval goes out to the page and its answer back (${durable ? "durable" : "plain"})`, async () => {
    const box = await provider.box(call({ city: "Oslo" }), { text: "It is cold." });
    const agent = agentFor(box, during({ tools: [asks] }));
    const { chat, errors } = chatOn(agent, { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses });
    await chat.sendMessage({ text: "Weather?" });
    const asked = chat.lastMessage.parts.find(({ type }) => type === "tool-weather");
    assert.deepEqual([asked.state, asked.input, asked.approval.descriptor.tool], ["approval-requested", { city: "Oslo" }, "weather"]);
    await chat.addToolApprovalResponse({ id: asked.approval.id, approved: true });
    while (chat.status !== "ready" || chat.lastMessage.parts.at(-1).type !== "text") await pause(10);
    assert.deepEqual(errors, []);
    assert.equal(chat.messages.length, 2);
    assert.deepEqual(kinds(chat.lastMessage), ["step-start", "tool-weather", "step-start", "text"]);
    const tool = chat.lastMessage.parts[1];
    assert.deepEqual([tool.state, tool.output.celsius, tool.approval.approved], ["output-available", 7, true]);
    assert.equal((await box.seen()).length, 2);
  });

  test(`a refusal is told to the model, also after the messages were stored (${durable ? "durable" : "plain"})`, async () => {
    const box = await provider.box(call({ city: "Oslo" }), { text: "Then not." });
    const agent = agentFor(box, during({ tools: [asks] }));
    const before = chatOn(agent);
    await before.chat.sendMessage({ text: "Weather?" });
    const messages = JSON.parse(JSON.stringify(before.chat.messages));
    const { chat, errors } = chatOn(agent, { messages });
    const { approval } = chat.lastMessage.parts.find(({ type }) => type === "tool-weather");
    await chat.addToolApprovalResponse({ id: approval.id, approved: false, reason: "too nosy" });
    await chat.sendMessage();
    assert.deepEqual(errors, []);
    const tool = chat.lastMessage.parts.find(({ type }) => type === "tool-weather");
    assert.deepEqual([tool.state, tool.approval.reason], ["output-denied", "too nosy"]);
    assert.match(JSON.stringify((await box.seen())[1].json), /refused this call: too nosy/);
    assert.equal(chat.lastMessage.parts.at(-1).text, "Then not.");
  });
}

test("pages and documents are sources, and what a model draws is a file", async () => {
  const model = {
    name: "artist",
    async *stream() {
      yield { type: "text", text: "Here.", citations: [{ type: "url_citation", url: "https://example.org/a", title: "A" }] };
      yield { type: "image", data: "iVBORw0KGgo=", mediaType: "image/png" };
    },
  };
  const store = { search: () => [[0.9, "ship.md#0", { text: "The ship is blue.", metadata: { source: "ship.md" } }]] };
  const { chat, errors } = chatOn(new Agent({ model, dynamicContext: { sample: 1, dynamicTools: store } }));
  await chat.sendMessage({ text: "Draw." });
  assert.deepEqual(errors, []);
  const { parts } = chat.lastMessage;
  const page = parts.find(({ type }) => type === "source-url");
  assert.deepEqual([page.url, page.title], ["https://example.org/a", "A"]);
  const document = parts.find(({ type }) => type === "source-document");
  assert.equal(document.providerMetadata.staysail.text, "The ship is blue.");
  assert.equal(parts.find(({ type }) => type === "file").url, "data:image/png;base64,iVBORw0KGgo=");
  await validateUIMessages({ messages: chat.messages });
});

test("a file that the user attaches reaches the model", async () => {
  const box = await provider.box({ text: "A ship." });
  const { chat } = chatOn(agentFor(box));
  const files = [{ type: "file", mediaType: "image/png", filename: "a.png", url: "data:image/png;base64,iVBORw0KGgo=" }];
  await chat.sendMessage({ text: "What is this?", files });
  assert.match(JSON.stringify((await box.seen())[0].json.input), /data:image\/png;base64,iVBORw0KGgo=/);
});

test("an error ends the answer with its text, and the next message works", async () => {
  const box = await provider.box({ status: 500, body: { error: { message: "broken pipe" } } }, { text: "Better." });
  const caught = [];
  const onError = (error) => (caught.push(error), error.message);
  const { chat, errors } = chatOn(agentFor(box), { transport: { onError } });
  await chat.sendMessage({ text: "Hello" });
  assert.equal(chat.status, "error");
  assert.match(chat.error.message, /broken pipe/);
  assert.deepEqual([errors.length, caught[0].status], [1, 500]);
  await chat.regenerate();
  assert.equal(chat.lastMessage.parts.at(-1).text, "Better.");
  assert.equal(chat.status, "ready");
});

test("stop closes the connection and keeps the text so far", async () => {
  const box = await provider.box({ text: "a b c d e f g", stall: -40 }, { text: "Again." });
  const { chat, errors } = chatOn(agentFor(box));
  const sent = chat.sendMessage({ text: "Count" });
  while (!chat.lastMessage?.parts?.some(({ text }) => text?.includes("a"))) await pause(5);
  await pause(50);
  await chat.stop();
  await sent;
  assert.deepEqual([chat.status, errors], ["ready", []]);
  assert.equal((await box.seen(1, 1)).length, 1);
  assert.match(chat.lastMessage.parts.at(-1).text, /^a /);
  await chat.sendMessage({ text: "Go on" });
  assert.equal(chat.lastMessage.parts.at(-1).text, "Again.");
});

test("regenerate answers the same message anew, and an edited message replaces what followed", async () => {
  const box = await provider.box({ text: "One." }, { text: "Two." }, { text: "Three." });
  const { chat } = chatOn(agentFor(box));
  await chat.sendMessage({ text: "Count" });
  const first = chat.lastMessage.id;
  await chat.regenerate();
  assert.equal(chat.messages.length, 2);
  assert.notEqual(chat.lastMessage.id, first);
  assert.equal(chat.lastMessage.parts.at(-1).text, "Two.");
  await chat.sendMessage({ text: "Count on", messageId: chat.messages[0].id });
  assert.deepEqual([chat.messages.length, chat.lastMessage.parts.at(-1).text], [2, "Three."]);
  const { input } = (await box.seen())[2].json;
  assert.ok(!JSON.stringify(input).includes("Two."));
});

test("after a reload in the middle of an answer, a durable run goes on", async () => {
  const box = await provider.box(call({ city: "Oslo" }), { text: "It is very cold in Oslo today.", stall: -60 }, { text: "It is cold." });
  const options = { tools: [weather], durable: ":memory:" };
  const kept = storage();
  const page = chatOn(agentFor(box, options), { transport: { storage: kept } });
  const left = page.chat.sendMessage({ text: "Weather?" });
  while (!page.chat.lastMessage?.parts?.some(({ type, text }) => type === "text" && text)) await pause(5);
  const stored = JSON.parse(JSON.stringify(page.chat.messages));
  const underway = new Map(kept.items);
  await page.chat.stop(); // the page is gone: its interpreter with it
  await left;
  for (const [key, value] of underway) kept.setItem(key, value);

  const { chat, errors, link } = chatOn(agentFor(box, options), { messages: stored, transport: { storage: kept } });
  await chat.resumeStream();
  assert.deepEqual(errors, []);
  assert.equal(chat.messages.length, 2);
  assert.equal(chat.lastMessage.id, stored[1].id);
  assert.deepEqual(kinds(chat.lastMessage), ["step-start", "tool-weather", "step-start", "text"]);
  assert.equal(chat.lastMessage.parts.at(-1).text, "It is cold.");
  assert.deepEqual(chat.lastMessage.parts[1].output.celsius, 7);
  assert.equal((await box.seen()).length, 3); // the first step was not asked for again
  assert.equal(link.chunks[0].type, "start");
  assert.equal(await link.reconnectToStream({ chatId: "chat" }), null);
});

test("a chat without a run under way, or whose run is no longer on record, has nothing to reconnect to", async () => {
  const agent = agentFor({ url: "http://127.0.0.1:9/v1" }, { durable: ":memory:" });
  const kept = storage();
  const { link } = chatOn(agent, { transport: { storage: kept } });
  assert.equal(await link.reconnectToStream({ chatId: "chat" }), null);
  kept.setItem("staysail:run-of-chat:chat", JSON.stringify({ runId: "gone", messageId: "m" }));
  assert.equal(await link.reconnectToStream({ chatId: "chat" }), null);
  assert.equal(kept.items.size, 0);
});

test("options and agents may depend on the chat, and metadata is the developer's too", async () => {
  const box = await provider.box({ text: "Ahoy." });
  const transport = {
    agent: ({ body }) => agentFor(box, { preamble: `You are ${body.who}.` }),
    options: ({ chatId }) => ({ additionalParams: { user: chatId } }),
    messageMetadata: (event) => (event.type === "step_started" ? { step: event.step } : undefined),
  };
  const { chat } = chatOn(undefined, { id: "c9", transport });
  await chat.sendMessage({ text: "Hello" }, { body: { who: "a parrot" } });
  const { json } = (await box.seen())[0];
  assert.deepEqual([json.instructions, json.user], ["You are a parrot.", "c9"]);
  assert.deepEqual([chat.lastMessage.metadata.step, chat.lastMessage.metadata.finishReason], [1, "stop"]);
});

test("wrong options are refused at once", () => {
  assert.throws(() => new StaysailTransport({}), ConfigError);
  assert.throws(() => new StaysailTransport({ agent: {}, agnet: {} }), /there is no option "agnet"/);
});
