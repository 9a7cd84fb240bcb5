// The JavaScript Agent in Node, with Python in the calling thread.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import {
  Agent,
  AuthError,
  CompletionModel,
  ConfigError,
  IndexedDBVectorStore,
  MaxTurnsError,
  Message,
  NetworkError,
  ProviderError,
  RateLimitError,
  RunCancelled,
  StaysailError,
  decodeReadableStream,
  pythonTools,
} from "../../web/index.js";
import { connect } from "../../web/runtime/boot.js";
import * as openai from "../../web/providers/openai.js";
import { call, provider } from "./setup.mjs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { z } = require("zod");
const v = require("valibot");
const { toJsonSchema } = require("@valibot/to-json-schema");

const providers = new URL("../../web/providers/", import.meta.url);

const agentFor = (box, options = {}) => new openai.Agent({ apiKey: "k", model: "gpt-4o", baseURL: box.url, ...options });

describe("the constructor refuses at once", () => {
  for (const [options, message] of [
    [{ apiKey: "", model: "m" }, "API key cannot be empty"],
    [{ apiKey: "k", model: "" }, "Model cannot be empty"],
    [{ apiKey: "k" }, "model property of Agent is required"],
    [{ apiKey: "k", model: "m", temperature: 2.1 }, "Temperature must be between 0 and 2"],
    [{ apiKey: "k", model: "m", temperature: Number.NaN }, "Temperature must be between 0 and 2"],
    [{ apiKey: "k", model: "m", maxTokens: 0 }, "Max tokens must be greater than 0"],
    [{ apiKey: "k", model: "m", preample: "x" }, 'there is no option "preample"'],
    [{ apiKey: "k", model: "m", tools: [{ name: "x" }] }, "a tool is"],
    [
      {
        apiKey: "k",
        model: "m",
        tools: [
          { name: "x", execute() {} },
          { name: "x", execute() {} },
        ],
      },
      'two tools have the name "x"',
    ],
    [{ apiKey: "k", model: "m", dynamicContext: { sample: 3, dynamicTools: {} } }, "dynamicContext.dynamicTools is a vector store"],
  ]) {
    test(message, () => {
      assert.throws(
        () => new openai.Agent(options),
        (error) => error instanceof ConfigError && error.message.startsWith(message),
      );
    });
  }
});

test("prompt gives the text, and run everything that belongs to it", async () => {
  const box = await provider.box({ text: "Hello there." }, { text: "Hello again." });
  const agent = agentFor(box, { preamble: "Be kind.", temperature: 0.5, maxTokens: 50, additionalParams: { service_tier: "flex" } });
  assert.equal(await agent.prompt("Hi."), "Hello there.");
  const reply = await agent.run("Hi again.");
  assert.equal(reply.text, "Hello again.");
  assert.deepEqual(
    reply.messages.map((message) => message.role),
    ["user", "assistant"],
  );
  assert.deepEqual([reply.usage.inputTokens, reply.usage.outputTokens, reply.finishReason], [10, 5, "stop"]);
  assert.equal(reply.requestIds.length, 1);
  const [{ json, headers }] = await box.seen();
  assert.deepEqual([json.instructions, json.temperature, json.max_output_tokens, json.service_tier], ["Be kind.", 0.5, 50, "flex"]);
  assert.equal(headers.authorization, "Bearer k");
});

test("chat takes plain messages in either spelling, Message objects, and a reply's own messages", async () => {
  const box = await provider.box({ text: "One." }, { text: "Two." }, { text: "Three." });
  const agent = agentFor(box);
  const history = [
    { role: "user", content: [{ type: "text", text: "first" }] },
    { role: "assistant", content: [{ type: "tool_call", id: "c1", name: "look", arguments: { some_key: 1, someKey: 2 } }] },
    { role: "tool", content: [{ type: "tool_result", id: "c1", name: "look", content: [{ type: "text", text: "seen" }], isError: true }] },
    { role: "assistant", content: "second" },
  ];
  assert.equal(await agent.chat("Third?", history), "One.");
  assert.equal(await agent.chat("Third?", [Message.user("first"), Message.assistant("second")]), "Two.");
  const reply = await agent.run("Third?", { history });
  assert.equal(reply.messages.length, 6);
  const [first, second] = (await box.seen()).map((request) => request.json.input);
  const asked = first.find((item) => item.type === "function_call");
  assert.deepEqual(JSON.parse(asked.arguments), { some_key: 1, someKey: 2 });
  assert.equal(first.find((item) => item.type === "function_call_output").output, "Error: seen");
  assert.equal(second.length, 3);
});

test("both kinds of tools run where they were defined, with their own this, arguments as plain objects, and side by side", async () => {
  const started = [];
  let begin;
  const both = new Promise((resolve) => {
    begin = resolve;
  });
  const rig = {
    count: 41,
    name() {
      return "counter";
    },
    async definition(prompt) {
      return { name: "counter", description: `counts for: ${prompt}`, parameters: { type: "object", properties: {} } };
    },
    async call(args) {
      started.push("counter");
      await both;
      this.count += 1;
      return { result: this.count, keys: Object.keys(args) };
    },
  };
  const plain = {
    name: "add",
    description: "adds",
    parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
    async execute({ a, b }) {
      started.push("add");
      begin();
      return a + b;
    },
  };
  const box = await provider.box(
    {
      tool_calls: [
        { name: "counter", arguments: {} },
        { name: "add", arguments: { a: 1, b: 2 } },
      ],
    },
    { text: "Done." },
  );
  const reply = await agentFor(box, { tools: [rig, plain], toolTimeoutMs: 5000 }).run("Count.");
  assert.deepEqual(started, ["counter", "add"]);
  assert.deepEqual(
    reply.steps[0].toolResults.map((result) => result.text),
    ['{"result": 42, "keys": []}', "3"],
  );
  const [{ json }] = await box.seen();
  assert.equal(json.tools[0].description, "counts for: Count.");
});

test("what a tool throws is told to the model, and so are arguments that do not fit", async () => {
  const box = await provider.box(
    { tool_calls: [{ name: "sync" }, { name: "later" }, { name: "typed", arguments: { n: "many" } }, { name: "unknown" }] },
    { text: "Sorry." },
  );
  const tools = [
    {
      name: "sync",
      execute() {
        throw new Error("Division by zero");
      },
    },
    {
      name: "later",
      async execute() {
        throw "a string";
      },
    },
    { name: "typed", parameters: { type: "object", properties: { n: { type: "number" } } }, execute: () => assert.fail("not with these") },
  ];
  const {
    steps: [{ toolResults }],
    text,
  } = await agentFor(box, { tools }).run("Go.");
  assert.ok(toolResults.every((result) => result.isError));
  assert.deepEqual(
    toolResults.slice(0, 2).map((result) => result.text),
    ["Error: Division by zero", "Error: a string"],
  );
  assert.match(toolResults[2].text, /n: expected number/);
  assert.match(toolResults[3].text, /there is no tool 'unknown'/);
  assert.equal(text, "Sorry.");
});

test("Zod and Valibot describe parameters, apply defaults and transformations, and say what is wrong", async () => {
  const seen = [];
  const zod = {
    name: "zod",
    parameters: z.object({ city: z.string().min(2), unit: z.enum(["C", "F"]).default("C") }),
    execute: (args) => {
      seen.push(args);
      return "ok";
    },
  };
  const schema = v.object({ n: v.pipe(v.string(), v.transform(Number)) });
  const valibot = { name: "valibot", parameters: toJsonSchema(schema, { typeMode: "input" }), execute: ({ n }) => `${typeof n}` };
  const box = await provider.box(
    {
      tool_calls: [
        { name: "zod", arguments: { city: "Oslo" } },
        { name: "zod", arguments: { city: "O" } },
        { name: "valibot", arguments: { n: "4" } },
      ],
    },
    { text: "Done." },
  );
  const {
    steps: [{ toolResults }],
  } = await agentFor(box, { tools: [zod, valibot] }).run("Go.");
  assert.deepEqual(seen, [{ city: "Oslo", unit: "C" }]);
  assert.match(toolResults[1].text, /city/);
  const [{ json }] = await box.seen();
  assert.deepEqual(json.tools[0].parameters.required, ["city"]);
  assert.throws(
    () => agentFor(box, { tools: [{ name: "x", parameters: schema, execute() {} }] }),
    /valibot schema cannot say itself as JSON Schema/,
  );
});

test("outputSchema types the output", async () => {
  const box = await provider.box({ text: '{"name": "Ada", "age": 36}' });
  const reply = await agentFor(box, { outputSchema: z.object({ name: z.string(), age: z.number() }) }).run("Who?");
  assert.deepEqual(reply.output, { name: "Ada", age: 36 });
});

test("outputCheck sees the output as the reply holds it, and what it throws goes back to the model", async () => {
  const box = await provider.box({ text: '{"name": "Ada", "age": 3}' }, { text: '{"name": "Ada", "age": 36}' });
  const seen = [];
  const agent = agentFor(box, {
    outputSchema: z.object({ name: z.string(), age: z.number().transform(BigInt) }),
    outputCheck(output, context) {
      seen.push([output.age, context.step]);
      if (output.age < 18n) throw new Error(`${output.name} is no child`);
    },
  });
  const reply = await agent.run("Who?");
  assert.deepEqual(reply.output, { name: "Ada", age: 36n });
  assert.deepEqual(
    seen.map(([age]) => age),
    [3n, 36n],
  );
  const [, second] = await box.seen();
  assert.match(JSON.stringify(second.json), /Ada is no child/);
  const strict = agentFor(await provider.box({ text: "Ahoy." }), { outputCheck: () => false });
  await assert.rejects(strict.run("Hi."), { name: "ConfigError", message: /outputCheck throws to refuse/ });
  assert.throws(() => agentFor(box, { outputCheck: true }), ConfigError);
});

test("functions write the preamble before each model call", async () => {
  const box = await provider.box(call("look", { at: "it" }), { text: "Seen." });
  const look = { name: "look", parameters: { type: "object", properties: { at: { type: "string" } } }, execute: () => "seen" };
  await agentFor(box, { tools: [look], preamble: ["Be brief.", async ({ step }) => `Call ${step}.`, () => null] }).run("Look.");
  const sent = (await box.seen()).map(({ json }) => JSON.stringify(json));
  assert.match(sent[0], /Be brief\.\\n\\nCall 1\./);
  assert.match(sent[1], /Be brief\.\\n\\nCall 2\./);
  const broken = agentFor(await provider.box({ text: "a" }), { preamble: () => 3 });
  await assert.rejects(broken.run("Hi."), /preamble's function returned number/);
  assert.throws(() => agentFor(box, { preamble: 3 }), ConfigError);
});

test("prompt_stream is decoded into rig's shapes, and its text is null where it is no text", async () => {
  const box = await provider.box({ reasoning: "Hm.", ...call("look", { at: "it" }) }, { text: "I looked at it." });
  const look = { name: "look", parameters: { type: "object", properties: { at: { type: "string" } } }, execute: () => "seen" };
  const chunks = await collect(decodeReadableStream(await agentFor(box, { tools: [look] }).prompt_stream("Look.")));
  assert.equal(chunks.map((chunk) => chunk.text ?? "").join(""), "I looked at it.");
  assert.ok(chunks.every((chunk) => chunk.text === null || typeof chunk.text === "string"));
  assert.equal(chunks.map((chunk) => chunk.reasoning ?? "").join(""), "Hm.");
  const asked = chunks.find((chunk) => chunk.function);
  assert.deepEqual([asked.function, asked.id === asked.call_id], [{ name: "look", arguments: { at: "it" } }, true]);
  assert.equal(chunks.find((chunk) => chunk.tool_result).tool_result.text, "seen");
  assert.equal(chunks.at(-1).usage.inputTokens, 20);
});

test("a buffered stream comes in arrays, and decodes to the same", async () => {
  const box = await provider.box({ text: "a b c d e f g h i j" }, { text: "a b c d e f g h i j" });
  const chunks = await collect(await agentFor(box).prompt_stream("Go.", { chunkSize: 4 }));
  assert.deepEqual(
    chunks.map((chunk) => chunk.length),
    [4, 4, 4, 1],
  );
  const decoded = await collect(decodeReadableStream(await agentFor(box).promptStream("Go.", { chunkSize: 4 })));
  assert.equal(decoded.map((chunk) => chunk.text ?? "").join(""), "a b c d e f g h i j");
});

test("what fails before the model began rejects prompt_stream itself", async () => {
  const box = await provider.box({
    status: 401,
    body: { error: { message: "Incorrect API key provided: k-secret-key.", code: "invalid_api_key" } },
  });
  const error = await agentFor(box, { apiKey: "k-secret-key" })
    .prompt_stream("Hi.")
    .catch((thrown) => thrown);
  assert.ok(error instanceof AuthError && error instanceof ProviderError && error instanceof StaysailError && error instanceof Error);
  assert.deepEqual(
    [error.name, error.code, error.status, error.retryable, error.provider],
    ["AuthError", "invalid_api_key", 401, false, "openai"],
  );
  assert.ok(!JSON.stringify([error, error.message, error.stack]).includes("k-secret-key"));
});

test("an abort rejects at once, the server sees the close, and the reason is kept", async () => {
  const box = await provider.box({ stall: "headers" }, { stall: "headers" }, { stall: "headers" });
  const agent = agentFor(box);
  const controller = new AbortController();
  const stopped = agent.run("Wait.", { signal: controller.signal }).catch((error) => error);
  await box.seen(1);
  controller.abort();
  const error = await stopped;
  assert.ok(error instanceof RunCancelled);
  assert.deepEqual([error.name, error.code, error.cause], ["AbortError", "cancelled", controller.signal.reason]);
  assert.equal(error.history[0].content[0].text, "Wait.");
  assert.equal((await box.seen(1, 1))[0].ended, "client");

  assert.equal((await agent.run("Wait.", { signal: AbortSignal.timeout(80) }).catch((thrown) => thrown)).name, "TimeoutError");
  const reason = new Error("the user left");
  const custom = new AbortController();
  setTimeout(() => custom.abort(reason), 80);
  assert.equal(await agent.run("Wait.", { signal: custom.signal }).catch((thrown) => thrown), reason);
  assert.equal(await agent.run("Wait.", { signal: AbortSignal.abort(reason) }).catch((thrown) => thrown), reason);
});

test("breaking out of a stream closes the connection", async () => {
  const box = await provider.box({ text: "word ".repeat(5000), delay_s: 0.005 }, { text: "word ".repeat(5000), delay_s: 0.005 });
  for await (const event of agentFor(box).stream("Talk.")) if (event.type === "text_delta") break;
  for await (const chunk of decodeReadableStream(await agentFor(box).prompt_stream("Talk."))) if (chunk.text) break;
  assert.deepEqual(
    (await box.seen(2, 2)).map((request) => request.ended),
    ["client", "client"],
  );
});

test("a reader that stops reading holds up the server", async () => {
  const box = await provider.box({ text: "word ".repeat(300_000), chunk_bytes: 65536 });
  const reader = (await agentFor(box).prompt_stream("Talk.")).getReader();
  for (let count = 0; count < 20; count++) await reader.read();
  await pause(1000);
  const [{ ended, sent_bytes: sentBytes }] = await box.seen();
  assert.equal(ended, null);
  assert.ok(sentBytes < 12_000_000, `${sentBytes} bytes of some 50 million were taken`);
  await reader.cancel();
  assert.equal((await box.seen(1, 1))[0].ended, "client");
});

test("retries are told in the stream; without them the error has what the provider said", async () => {
  const limited = {
    status: 429,
    headers: { "retry-after-ms": "20" },
    body: { error: { message: "slow down", code: "rate_limit_exceeded" } },
  };
  const box = await provider.box(limited, { text: "Here." }, limited);
  const events = await collect(agentFor(box).stream("Hi."));
  assert.deepEqual(
    { ...events[0], error: "" },
    { type: "retry_scheduled", attempt: 2, delayS: 0.02, error: "", code: "rate_limit_exceeded", status: 429 },
  );
  const error = await agentFor(box, { retry: false })
    .prompt("Hi.")
    .catch((thrown) => thrown);
  assert.ok(error instanceof RateLimitError);
  assert.deepEqual([error.status, error.retryAfterS, error.body.error.message], [429, 0.02, "slow down"]);
});

test("a dead server is a NetworkError with words", async () => {
  const agent = new Agent({ model: "openai:m", apiKey: "k", baseURL: "http://127.0.0.1:9", retry: false });
  const error = await agent.prompt("Hi.").catch((thrown) => thrown);
  assert.ok(error instanceof NetworkError);
  assert.match(error.message, /127\.0\.0\.1:9/);
});

test("a run out of turns brings its history and usage", async () => {
  const box = await provider.box(call("again"), call("again"));
  const again = { name: "again", execute: () => "once more" };
  const error = await agentFor(box, { tools: [again] })
    .prompt_multi_turn("Go.", 1)
    .catch((thrown) => thrown);
  assert.ok(error instanceof MaxTurnsError);
  assert.deepEqual(
    error.history.map((message) => message.role),
    ["user", "assistant", "tool", "assistant", "tool"],
  );
  assert.equal(error.usage.inputTokens, 20);
});

test("batch_prompt answers in order, and an error stands where its prompt stood", async () => {
  const box = await provider.box(
    { if: "one", text: "1", before_s: 0.2 },
    { if: "two", status: 400, body: { error: { message: "no" } } },
    { if: "three", text: "3" },
  );
  const answers = await agentFor(box).batch_prompt(["one", "two", "three"]);
  assert.deepEqual([answers[0], answers[2]], ["1", "3"]);
  assert.equal(answers[1].name, "BadRequestError");
});

test("documents come from a store with topN or search", async () => {
  const box = await provider.box({ text: "From search." }, { text: "From topN." });
  const asked = [];
  const searching = { search: (query, n) => (asked.push([query, n]), [[0.9, "a", { text: "Oslo is rainy." }]]) };
  const ranking = { topN: async ({ query, samples }) => (asked.push([query, samples]), [{ score: 1, id: 7, document: "Rome is sunny." }]) };
  const reply = await agentFor(box, { dynamicContext: { sample: 2, dynamicTools: searching } }).run("Weather?");
  assert.deepEqual(reply.steps[0].sources, [{ id: "a", score: 0.9, document: { id: "a", text: "Oslo is rainy." } }]);
  await agentFor(box, { dynamicContext: [{ sample: 1, dynamicTools: ranking }] }).prompt("Weather?");
  assert.deepEqual(asked, [
    ["Weather?", 2],
    ["Weather?", 1],
  ]);
  const bodies = (await box.seen()).map((request) => request.body);
  assert.ok(bodies[0].includes("Oslo is rainy.") && bodies[1].includes("Rome is sunny."));
});

test("an apiKey function is asked for each request", async () => {
  const box = await provider.box({ text: "1" }, { text: "2" });
  let count = 0;
  const agent = agentFor(box, { apiKey: async () => `key-${++count}` });
  await agent.prompt("Hi.");
  await agent.prompt("Hi.");
  assert.deepEqual(
    (await box.seen()).map((request) => request.headers.authorization),
    ["Bearer key-1", "Bearer key-2"],
  );
});

test("a cache answers the same request once", async () => {
  const box = await provider.box({ text: "Once." });
  const agent = agentFor(box, { cache: { maxEntries: 2 } });
  assert.deepEqual([await agent.prompt("Hi."), await agent.prompt("Hi.")], ["Once.", "Once."]);
  assert.equal((await box.seen()).length, 1);
});

test("Python's functions are tools, called by the model and by JavaScript", async () => {
  const tools = await pythonTools(`
from dataclasses import dataclass
from staysail import tool, ToolError, Image

@dataclass
class Point:
    x: int
    y: int = 0

@tool
async def double(point: Point) -> dict:
    """Doubles a point."""
    return {"x": point.x * 2, "y": point.y * 2}

@tool
def fail() -> str:
    raise ToolError("not today")

@tool
def picture() -> Image:
    return Image(data=b"png", media_type="image/png")
`);
  assert.deepEqual(
    tools.map((tool) => tool.name),
    ["double", "fail", "picture"],
  );
  assert.deepEqual(await tools[0].execute({ point: { x: 2 } }), { x: 4, y: 0 });
  assert.equal((await tools[1].execute({}).catch((error) => error)).message, "not today");
  assert.equal((await tools[2].execute({})).content[0].type, "image");
  const box = await provider.box(call("double", { point: { x: 21 } }), { text: "42" });
  const reply = await agentFor(box, { tools }).run("Double 21.");
  assert.equal(reply.steps[0].toolResults[0].text, '{"x": 42, "y": 0}');
  await assert.rejects(pythonTools("x = 1\n"), { name: "ConfigError", message: /has no tools/ });
  await assert.rejects(pythonTools("def f(:\n"), { name: "ConfigError", message: /SyntaxError/ });
});

test("models without an agent: completions, whole and streamed, and embeddings in order", async () => {
  const box = await provider.box(
    { text: "Whole." },
    { text: "In pieces." },
    {
      body: {
        data: [
          { index: 1, embedding: [0, 1] },
          { index: 0, embedding: [1, 0] },
        ],
      },
    },
  );
  const model = new openai.CompletionsCompletionModel({ apiKey: "k", modelName: "gpt-4o", baseURL: box.url });
  const completion = await model.completion({ preamble: "Short.", messages: ["Hi."], temperature: 0 });
  assert.deepEqual([completion.message.content[0].text, completion.finishReason], ["Whole.", "stop"]);
  const events = await collect(new CompletionModel({ apiKey: "k", model: "openai:gpt-4o", baseURL: box.url }).stream("Hi."));
  assert.equal(events.at(-1).type, "completion");
  assert.equal(
    events
      .filter((event) => event.type === "text_delta")
      .map((event) => event.text)
      .join(""),
    "In pieces.",
  );
  const embedder = new openai.EmbeddingModel({ apiKey: "k", modelName: "text-embedding-3-small", baseURL: box.url });
  assert.deepEqual(await embedder.embedTexts(["a", "b"]), [
    { document: "a", vec: [1, 0] },
    { document: "b", vec: [0, 1] },
  ]);
  assert.deepEqual(
    (await box.seen()).map((request) => request.path.split("/v1")[1]),
    ["/chat/completions", "/responses", "/embeddings"],
  );
});

async function collect(iterable) {
  const values = [];
  for await (const value of iterable) values.push(value);
  return values;
}

test("every provider has a subpath with the classes that it has services for", async () => {
  const classes = {
    chat: ["Agent", "CompletionModel"],
    embeddings: ["EmbeddingModel"],
    transcription: ["TranscriptionModel"],
    images: ["ImageGenerationModel"],
    speech: ["AudioGenerationModel"],
    ocr: ["OcrModel"],
    rerank: ["Reranker"],
  };
  const expected = new Map((await readdir(providers)).map((file) => [file.replace(".js", ""), []]));
  const peer = await connect();
  for (const [service, names] of Object.entries(classes)) {
    for (const provider of await peer.call("providers", { service }))
      expected.get(provider)?.push(...names) ?? assert.fail(`${provider} has no subpath`);
  }
  expected.get("local").push("EmbeddingModel");
  expected.get("openai").push("ResponsesCompletionModel", "CompletionsCompletionModel");
  for (const [name, wanted] of expected) {
    const module = await import(new URL(`${name}.js`, providers).href);
    const found = Object.keys(module).filter((key) => /^[A-Z]/.test(key));
    assert.deepEqual(found.sort(), [...new Set(wanted)].sort(), name);
    for (const key of found) assert.ok(module[key].provider.startsWith(name), `${name} ${key}`);
  }
});

test("an agent that is made and not asked starts nothing, and Node exits by itself", () => {
  const source = `import { Agent } from ${JSON.stringify(new URL("../../web/index.js", import.meta.url).href)};
    new Agent({ model: "openai:gpt-4o", apiKey: "k" });
    console.log(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length);`;
  const ran = spawnSync(process.execPath, ["--input-type=module", "--eval", source], { encoding: "utf8", timeout: 60_000 });
  assert.deepEqual([ran.status, ran.stdout, ran.stderr], [0, "0\n", ""]);
});

test("a vector store in Node is kept in memory, and one that should be kept says that there is no IndexedDB", async () => {
  const store = new IndexedDBVectorStore(":memory:", { embedder: async (texts) => texts.map((text) => [text.length, 1]) });
  const [a] = await store.add(["a", { id: "long", text: "a longer text", metadata: { kind: "long" } }]);
  assert.deepEqual(
    (await store.search("b", 1)).map(([, id]) => id),
    [a],
  );
  assert.equal(await store.count({ where: { kind: "long" } }), 1);
  await assert.rejects(new IndexedDBVectorStore("kept").count(), { name: "ConfigError", message: /no IndexedDB.*:memory:/ });
  await store.close();
});
