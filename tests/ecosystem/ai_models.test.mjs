// Models in both directions: provider packages of the AI SDK in a staysail Agent, and staysail's models in the AI SDK.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

import { languageModel } from "../../web/ai-sdk.js";
import { Agent, AuthError, ConfigError, EmbeddingModel, RateLimitError } from "../../web/index.js";
import { collect, provider } from "../web/setup.mjs";

const look = {
  name: "look",
  description: "Looks somewhere.",
  parameters: { type: "object", properties: { at: { type: "string" } }, required: ["at"] },
  execute: ({ at }) => ({ seen: at }),
};
const call = { tool_calls: [{ name: "look", arguments: { at: "sea" } }] };

for (const [name, path] of [
  ["responses", (openai) => openai("gpt-4o")],
  ["chat", (openai) => openai.chat("gpt-4o")],
])
  test(`@ai-sdk/openai answers as an agent's model (${name})`, async () => {
    const box = await provider.box(call, { text: "It is blue." });
    const openai = createOpenAI({ apiKey: "sk-of-the-sdk", baseURL: box.url });
    const agent = new Agent({ model: path(openai), preamble: "Be brief.", tools: [look], maxTokens: 100 });
    const events = await collect(agent.stream("How is the sea?"));
    const { reply } = events.at(-1);
    assert.equal(reply.text, "It is blue.");
    assert.deepEqual(events.find(({ type }) => type === "tool_result").value, { seen: "sea" });
    assert.ok(events.some(({ type }) => type === "tool_call_delta"));
    assert.equal(reply.usage.inputTokens, 20);
    const seen = await box.seen();
    assert.equal(seen.length, 2);
    assert.equal(seen[0].headers.authorization, "Bearer sk-of-the-sdk");
    assert.match(JSON.stringify(seen[1].json), /"seen\\*": \\*"sea/);
  });

test("@ai-sdk/anthropic keeps the signatures of its reasoning through tool calls and later turns", async () => {
  const box = await provider.rules("anthropic");
  const anthropic = createAnthropic({ apiKey: "k", baseURL: box.url });
  const agent = new Agent({ model: anthropic("claude-opus-5-5"), tools: [look], reasoning: "high", maxTokens: 4000 });
  const events = await collect(agent.stream("Please use the tool look."));
  const { reply } = events.at(-1);
  assert.equal(reply.text, "Hello.");
  const reasoning = reply.messages.flatMap(({ content }) => content).filter(({ type }) => type === "reasoning");
  assert.ok(reasoning.length && reasoning.every(({ signature }) => signature === "sig_1"), JSON.stringify(reply.messages));
  const next = await agent.run("And now?", { history: reply.messages });
  assert.equal(next.text, "Hello.");
  const last = (await box.seen()).at(-1).json;
  assert.ok(JSON.stringify(last).includes('"signature":"sig_1"'), JSON.stringify(last));
});

test("a provider package's errors are staysail's", async () => {
  const box = await provider.box(
    { status: 429, body: { error: { message: "slow down" } } },
    { status: 401, body: { error: { message: "bad key" } } },
  );
  const openai = createOpenAI({ apiKey: "k", baseURL: box.url });
  const agent = new Agent({ model: openai("gpt-4o"), retry: false });
  const busy = await agent.prompt("Hello").catch((error) => error);
  assert.ok(busy instanceof RateLimitError, String(busy));
  assert.ok(busy.retryable);
  await assert.rejects(agent.prompt("Hello"), AuthError);
});

test("a picture and a typed answer go through a provider package", async () => {
  const box = await provider.box({ text: '{"colour":"blue"}' });
  const openai = createOpenAI({ apiKey: "k", baseURL: box.url });
  const schema = { type: "object", properties: { colour: { type: "string" } }, required: ["colour"], additionalProperties: false };
  const agent = new Agent({ model: openai("gpt-4o"), outputSchema: schema });
  const reply = await agent.run([
    { type: "text", text: "Colour?" },
    { type: "image", data: "iVBORw0KGgo=", mediaType: "image/png" },
  ]);
  assert.deepEqual(reply.output, { colour: "blue" });
  const { json } = (await box.seen())[0];
  assert.equal(json.text.format.type, "json_schema");
  assert.match(JSON.stringify(json.input), /data:image\/png;base64,iVBORw0KGgo=/);
});

test("an embedding model of a provider package embeds, in as many calls as its limit needs", async () => {
  const answer = (count) => ({
    body: {
      object: "list",
      model: "m",
      usage: { prompt_tokens: 1, total_tokens: 1 },
      data: Array.from({ length: count }, (_, index) => ({ object: "embedding", index, embedding: [index, 1] })),
    },
  });
  const box = await provider.box(answer(2048), answer(2));
  const openai = createOpenAI({ apiKey: "k", baseURL: box.url });
  const model = new EmbeddingModel({ model: openai.embedding("text-embedding-3-small") });
  const embeddings = await model.embedTexts(Array.from({ length: 2050 }, (_, n) => `t${n}`));
  assert.equal(embeddings.length, 2050);
  assert.deepEqual(embeddings[1], { document: "t1", vec: [1, 1] });
  assert.equal((await box.seen()).length, 2);
  assert.throws(() => new Agent({ model: openai.embedding("text-embedding-3-small") }), ConfigError);
});

// The other direction.

const weather = tool({
  description: "Current weather.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, sky: "blue" }),
});

test("streamText runs on a staysail model, with tools, usage and several steps", async () => {
  const box = await provider.box({ reasoning: "Hm.", tool_calls: [{ name: "weather", arguments: { city: "Oslo" } }] }, { text: "Blue." });
  const model = languageModel("openai:gpt-4o", { apiKey: "k", baseURL: box.url });
  const result = streamText({ model, prompt: "Weather?", instructions: "Be brief.", tools: { weather }, stopWhen: stepCountIs(3) });
  const parts = await collect(result.fullStream);
  assert.equal(await result.text, "Blue.");
  const steps = await result.steps;
  assert.equal(steps.length, 2);
  assert.deepEqual(steps[0].toolResults[0].output, { city: "Oslo", sky: "blue" });
  assert.equal((await result.totalUsage).outputTokens, 10);
  assert.ok(parts.some(({ type }) => type === "tool-input-delta"));
  assert.ok(!parts.some(({ type }) => type === "error"));
  const seen = await box.seen();
  assert.match(JSON.stringify(seen[1].json.input), /function_call_output/);
});

test("signatures survive the way through the AI SDK and back to the provider", async () => {
  const box = await provider.rules("anthropic");
  const model = languageModel("anthropic:claude-opus-5-5", { apiKey: "k", baseURL: box.url });
  const tools = { weather };
  const asked = { model, tools, reasoning: "high", maxOutputTokens: 4000, stopWhen: stepCountIs(3) };
  const streamed = streamText({ ...asked, prompt: "Please use the tool weather." });
  assert.equal(await streamed.text, "Hello.");
  const whole = await generateText({ ...asked, prompt: "Please use the tool weather." });
  assert.equal(whole.text, "Hello.");
  const seen = await box.seen();
  for (const { json } of [seen[1], seen[3]]) assert.match(JSON.stringify(json.messages), /"signature":"sig_1"/);
});

test("an error of the provider reaches the AI SDK's retries", async () => {
  const box = await provider.box({ status: 503, body: { error: { message: "later" } } }, { text: "Now." });
  const model = languageModel("openai:gpt-4o", { apiKey: "k", baseURL: box.url, retry: false });
  const { text } = await generateText({ model, prompt: "Hello", maxRetries: 2 });
  assert.equal(text, "Now.");
  assert.equal((await box.seen()).length, 2);
});

test("aborting streamText closes the connection", async () => {
  const box = await provider.box({ text: "a b c d e f g", stall: -40 });
  const stop = new AbortController();
  const model = languageModel("openai:gpt-4o", { apiKey: "k", baseURL: box.url });
  const result = streamText({ model, prompt: "Hello", abortSignal: stop.signal });
  for await (const part of result.fullStream) if (part.type === "text-delta") stop.abort();
  assert.equal((await box.seen(1, 1)).length, 1);
});

test("options that have no common form are warnings", async () => {
  const box = await provider.box({ text: "Hello." });
  const model = languageModel("openai:gpt-4o", { apiKey: "k", baseURL: box.url });
  const { warnings, finishReason } = await generateText({ model, prompt: "Hello", topK: 3 });
  assert.deepEqual([warnings[0].feature, finishReason], ["topK", "stop"]);
});

test("a model of one's own is a language model too", async () => {
  const own = { name: "toy", complete: () => ({ text: "Toy." }) };
  assert.equal((await generateText({ model: languageModel(own), prompt: "Hello" })).text, "Toy.");
});
