// A model of the developer's own, and requests through the developer's `fetch`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import {
  Agent,
  CompletionModel,
  ConfigError,
  EmbeddingModel,
  InMemoryVectorStore,
  NetworkError,
  ProviderError,
  RateLimitError,
  Reranker,
  TranscriptionModel,
} from "../../web/index.js";
import * as openai from "../../web/providers/openai.js";
import { collect, provider } from "./setup.mjs";

/** A model that answers with the pieces of each script in turn, and keeps its requests. */
function scripted(...answers) {
  const requests = [];
  return {
    name: "scripted",
    requests,
    async *stream(request, { signal }) {
      requests.push(request);
      for (const piece of answers[requests.length - 1]) {
        signal.throwIfAborted();
        if (piece instanceof Error) throw piece;
        yield piece;
      }
    },
  };
}
const look = { name: "look", description: "Looks.", execute: ({ at }) => ({ seen: at }) };

test("an object with a name and a stream is a model", async () => {
  const model = scripted(["Ship ", "ahoy."]);
  const agent = new Agent({ model, preamble: "Be brief.", context: ["The ship is blue."], temperature: 0.5, maxTokens: 9 });
  const reply = await agent.run("Hello");
  assert.equal(reply.text, "Ship ahoy.");
  assert.equal(reply.finishReason, "stop");
  const [request] = model.requests;
  assert.deepEqual([request.preamble, request.temperature, request.maxTokens], ["Be brief.", 0.5, 9]);
  assert.match(request.messages[0].content[0].text, /The ship is blue/);
  assert.deepEqual(request.messages.at(-1), { role: "user", content: [{ type: "text", text: "Hello" }] });
});

test("its pieces become events, a message with signatures, and usage", async () => {
  const signed = { type: "reasoning", text: "", signature: "sig-1" };
  const model = scripted(
    [
      { type: "reasoning", text: "I should " },
      { type: "reasoning", text: "look." },
      signed,
      { type: "tool_call_delta", id: "c1", name: "look", argumentsDelta: '{"at":' },
      { type: "tool_call_delta", id: "c1", argumentsDelta: '"sea"}' },
      { type: "usage", inputTokens: 3, outputTokens: 4 },
      { type: "finish", finishReason: "tool_calls", requestId: "r1" },
    ],
    [
      { type: "text", text: "Blue." },
      { type: "image", data: "AAAA", mediaType: "image/png" },
    ],
  );
  const events = await collect(new Agent({ model, tools: [look] }).stream("Go"));
  const kinds = events.map(({ type }) => type);
  assert.deepEqual(kinds.slice(0, 8), [
    ...["step_started", "reasoning_delta", "reasoning_delta", "tool_call_delta", "tool_call_delta", "tool_call_done", "step_done"],
    "tool_result",
  ]);
  assert.deepEqual(events.find(({ type }) => type === "tool_result").value, { seen: "sea" });
  assert.equal(events.find(({ type }) => type === "file_created").part.mediaType, "image/png");
  const told = model.requests[1].messages.find(({ role }) => role === "assistant").content;
  assert.deepEqual(told[0], { type: "reasoning", text: "I should look.", signature: "sig-1" });
  assert.deepEqual(told[1], { type: "tool_call", id: "c1", name: "look", arguments: { at: "sea" } });
  const { reply } = events.at(-1);
  assert.deepEqual([reply.usage.inputTokens, reply.usage.totalTokens, reply.requestIds], [3, 7, ["r1"]]);
});

test("keys of arguments and of schemas keep their spelling", async () => {
  const seen = [];
  const tool = {
    name: "look",
    parameters: { type: "object", properties: { inPort: { type: "string" }, at_sea: { type: "boolean" } } },
    execute: (args) => void seen.push(args),
  };
  const model = scripted([{ type: "tool_call", name: "look", arguments: { inPort: "Rome", at_sea: true } }], ["done"]);
  await new Agent({ model, tools: [tool] }).prompt("Go");
  assert.deepEqual(seen, [{ inPort: "Rome", at_sea: true }]);
  assert.deepEqual(Object.keys(model.requests[0].tools[0].parameters.properties), ["inPort", "at_sea"]);
});

test("complete answers where nothing is streamed, and stands in for stream", async () => {
  const model = { name: "whole", complete: () => ({ text: "All at once.", usage: { inputTokens: 1, outputTokens: 2 } }) };
  assert.equal(await new Agent({ model }).prompt("Go"), "All at once.");
  const events = await collect(new Agent({ model }).stream("Go"));
  assert.equal(events.at(-1).reply.text, "All at once.");
  assert.equal(events.at(-1).reply.usage.totalTokens, 3);
  const completion = await new CompletionModel({ model }).complete("Go");
  assert.equal(completion.message.content[0].text, "All at once.");
});

test("a typed answer goes by a tool, or by the schema where the model takes one", async () => {
  const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
  const plain = scripted([{ type: "tool_call", name: "final_answer", arguments: { city: "Oslo" } }]);
  assert.deepEqual((await new Agent({ model: plain, outputSchema: schema }).run("Where?")).output, { city: "Oslo" });
  const native = { ...scripted(['{"city":"Rome"}']), traits: { nativeOutput: true } };
  assert.deepEqual((await new Agent({ model: native, outputSchema: schema }).run("Where?")).output, { city: "Rome" });
  assert.equal(native.requests[0].output.schema.properties.city.type, "string");
});

test("its errors are of the class that says whose move is next, and keep their cause", async () => {
  const busy = Object.assign(new Error("busy"), { status: 429 });
  const model = scripted([busy], ["At last."]);
  assert.equal(await new Agent({ model, retry: { attempts: 2, baseMs: 1 } }).prompt("Go"), "At last.");
  const refused = await new Agent({ model: scripted([busy]), retry: false }).prompt("Go").catch((error) => error);
  assert.ok(refused instanceof RateLimitError);
  assert.deepEqual([refused.status, refused.cause], [429, busy]);
  const bug = new RangeError("index");
  const failed = await new Agent({ model: scripted([bug]) }).prompt("Go").catch((error) => error);
  assert.ok(failed instanceof ProviderError);
  assert.match(failed.message, /scripted failed: RangeError: index/);
  assert.equal(failed.cause, bug);
});

test("leaving the loop aborts the model's signal", async () => {
  let aborted = false;
  const model = {
    name: "endless",
    async *stream(_request, { signal }) {
      signal.addEventListener("abort", () => (aborted = true));
      for (let n = 0; !signal.aborted; n++) {
        yield `${n} `;
        await pause(5);
      }
    },
  };
  for await (const event of new Agent({ model }).stream("Count")) if (event.type === "text_delta") break;
  for (let n = 0; n < 100 && !aborted; n++) await pause(10);
  assert.ok(aborted);
});

test("it takes its place in a chain", async () => {
  const down = { name: "down", stream: () => Promise.reject(Object.assign(new Error("overloaded"), { status: 503 })) };
  const box = await provider.box({ text: "From the net." });
  const agent = new Agent({
    model: [down, { model: "openai:gpt-4o", baseURL: box.url }],
    apiKey: { openai: "k" },
    retry: false,
  });
  const events = await collect(agent.stream("Go"));
  assert.equal(events.at(-1).reply.text, "From the net.");
  assert.equal(events.find(({ type }) => type === "model_changed").previous, "down");
});

test("what is no model is refused at once", () => {
  const refused = (options, message) =>
    assert.throws(
      () => new Agent(options),
      (error) => error instanceof ConfigError && message.test(error.message),
    );
  refused({ model: { stream() {} } }, /has a name/);
  refused({ model: { name: "x" } }, /neither stream/);
  refused({ model: { name: "x", stream() {} }, apiKey: "k" }, /apiKey belongs to a model named by text/);
  refused({ model: "openai:gpt-4o", fetch: "https://example.org" }, /fetch is a function/);
});

test("embedders, rerankers and transcribers are objects too", async () => {
  const vectors = { ship: [1, 0], sea: [0, 1], "a ship": [0.9, 0.1] };
  const embedder = new EmbeddingModel({ model: { name: "toy", embed: async (texts) => texts.map((text) => vectors[text]) } });
  const store = new InMemoryVectorStore(embedder);
  await store.addDocuments(["ship", "sea"]);
  assert.equal((await store.topN({ query: "a ship", samples: 1 }))[0][2].text, "ship");
  const reranker = new Reranker({
    model: { name: "toy", rerank: (_query, texts) => texts.map((text, index) => ({ index, score: text.length })) },
  });
  assert.deepEqual(
    (await reranker.rerank("q", ["a", "ccc", "bb"], { topN: 2 })).map(({ document }) => document),
    ["ccc", "bb"],
  );
  const heard = [];
  const model = { name: "toy", transcribe: (bytes, { mediaType }) => (heard.push([...bytes], mediaType), "ahoy") };
  const { text, usage } = await new TranscriptionModel({ model }).transcribe(new Blob([new Uint8Array([1, 2])], { type: "audio/wav" }));
  assert.deepEqual([text, usage.totalTokens, heard], ["ahoy", 0, [[1, 2], "audio/wav"]]);
});

// Requests through the developer's own fetch.

test("fetch carries each request, its key and the streamed bytes", async () => {
  const box = await provider.box({ text: "Ship ahoy." });
  const calls = [];
  const agent = new openai.Agent({
    model: "gpt-4o",
    apiKey: "sk-secret-1234567890",
    baseURL: box.url,
    fetch: async (url, init) => {
      calls.push({ url, ...init });
      return fetch(url, { ...init, headers: { ...init.headers, "x-proxy": "yes" } });
    },
  });
  const events = await collect(agent.stream("Hello"));
  assert.equal(events.at(-1).reply.text, "Ship ahoy.");
  assert.equal(calls.length, 1);
  assert.equal(calls[0].headers.authorization, "Bearer sk-secret-1234567890");
  assert.ok(calls[0].body instanceof Uint8Array);
  assert.equal(JSON.parse(new TextDecoder().decode(calls[0].body)).model, "gpt-4o");
  assert.equal((await box.seen())[0].headers["x-proxy"], "yes");
});

test("ending the run aborts fetch's signal and the body", async () => {
  const box = await provider.box({ text: "a b c d e f g h", stall: -40 });
  let signal;
  const send = (url, init) => {
    ({ signal } = init);
    return fetch(url, init);
  };
  const agent = new openai.Agent({ model: "gpt-4o", apiKey: "k", baseURL: box.url, fetch: send });
  for await (const event of agent.stream("Hello")) if (event.type === "text_delta") break;
  for (let n = 0; n < 100 && !signal.aborted; n++) await pause(10);
  assert.ok(signal.aborted);
  assert.equal((await box.seen(1, 1)).length, 1);
});

test("an error of fetch is a network error that shows no key; a failed connection is tried again", async () => {
  const fail = new Error("the proxy is closed");
  const options = { model: "gpt-4o", apiKey: "sk-secret-1234567890", baseURL: "http://127.0.0.1:9/v1", retry: { attempts: 2, baseMs: 1 } };
  let tries = 0;
  const agent = new openai.Agent({ ...options, fetch: () => Promise.reject((tries++, fail)) });
  const error = await agent.prompt("Hello").catch((caught) => caught);
  assert.ok(error instanceof NetworkError);
  assert.match(error.message, /the fetch function failed.*the proxy is closed/);
  assert.equal(error.cause, fail);
  assert.doesNotMatch(JSON.stringify([error.message, error.stack]), /sk-secret/);
  assert.equal(tries, 1);
  const unreachable = new openai.Agent({ ...options, fetch: (url, init) => (tries++, fetch(url, init)) });
  await assert.rejects(unreachable.prompt("Hello"), NetworkError);
  assert.equal(tries, 3);
});

test("models without an agent, and lists of models, go through it too", async () => {
  const box = await provider.box({ text: "Whole." });
  let calls = 0;
  const send = (url, init) => (calls++, fetch(url, init));
  const model = new openai.CompletionModel({ model: "gpt-4o", apiKey: "k", baseURL: box.url, fetch: send });
  const completion = await model.complete("Hello");
  assert.equal(completion.message.content[0].text, "Whole.");
  assert.equal(calls, 1);
});

test("a redirect to another origin is not followed with the key", async () => {
  const agent = new openai.Agent({
    model: "gpt-4o",
    apiKey: "k",
    baseURL: "https://models.example.org/v1",
    retry: false,
    fetch: async () => new Response(null, { status: 307, headers: { location: "https://elsewhere.example.com/v1" } }),
  });
  await assert.rejects(agent.prompt("Hello"), /redirects to https:\/\/elsewhere/);
});
