// Tracing in JavaScript, of agents in Node.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { ConfigError } from "../../web/index.js";
import { Agent } from "../../web/providers/openai.js";
import { call, provider } from "./setup.mjs";

const KEY = "sk-marked-0123456789";
const agentFor = (box, options) => new Agent({ apiKey: KEY, model: "gpt-4o", baseURL: box.url, ...options });

test("a function is given each span, with attributes under their own names, before the run ends", async () => {
  const box = await provider.box(
    { status: 503, headers: { "retry-after": "0" }, body: { error: { message: `busy, ${KEY}` } } },
    call("add", { first_one: 1 }),
    { text: "2." },
  );
  const spans = [];
  const add = {
    name: "add",
    parameters: { type: "object", properties: { first_one: { type: "number" } } },
    execute: ({ first_one }) => first_one + 1,
  };
  await agentFor(box, { name: "adder", tools: [add], tracer: { exporter: (span) => void spans.push(span), raw: true, content: true } }).run(
    "1 + 1?",
  );
  assert.deepEqual(
    spans.map(({ name }) => name),
    ["chat gpt-4o", "execute_tool add", "chat gpt-4o", "invoke_agent adder"],
  );
  const [first, tool, last, run] = spans;
  assert.ok(spans.every(({ traceId }) => traceId === run.traceId));
  assert.deepEqual(
    spans.map(({ parentId }) => parentId),
    [run.spanId, run.spanId, run.spanId, null],
  );
  assert.ok(
    run.startMs <= first.startMs && first.endMs <= last.startMs && last.endMs <= run.endMs && Math.abs(run.endMs - Date.now()) < 60_000,
  );
  assert.equal(tool.attributes["gen_ai.tool.call.arguments"], '{"first_one": 1}');
  assert.deepEqual(last.attributes["gen_ai.response.finish_reasons"], ["stop"]);
  assert.deepEqual(
    first.events.map(({ name }) => name),
    ["staysail.exchange", "staysail.retry", "staysail.exchange"],
  );
  assert.deepEqual(
    first.events.map(({ attributes }) => attributes["http.response.status_code"]),
    [503, 503, 200],
  );
  assert.ok(!JSON.stringify(spans).includes(KEY));
});

test("agents that were given the same tracer are one trace, and one that fails breaks no run", async () => {
  const box = await provider.box(call("helper", { prompt: "help" }), { text: "inner" }, { text: "outer" });
  const spans = [];
  const tracer = {
    exporter(span) {
      spans.push(span);
      throw new Error("nobody takes spans today");
    },
  };
  const helper = agentFor(box, { name: "helper", tracer });
  const reply = await agentFor(box, { name: "boss", tracer, tools: [helper.asTool()] }).run("go");
  assert.equal(reply.text, "outer");
  assert.deepEqual(
    spans.map(({ name }) => name),
    ["chat gpt-4o", "chat gpt-4o", "invoke_agent helper", "execute_tool helper", "chat gpt-4o", "invoke_agent boss"],
  );
  const [, , inner, around, , run] = spans;
  assert.deepEqual([inner.parentId, around.parentId, run.parentId], [around.spanId, run.spanId, null]);
});

test("a collector gets a trace as OTLP", async () => {
  const got = Promise.withResolvers ? Promise.withResolvers() : {};
  const arrived = got.promise ?? new Promise((resolve) => (got.resolve = resolve));
  const collector = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    response.end("{}");
    got.resolve({ url: request.url, headers: request.headers, body: JSON.parse(body) });
  }).listen(0, "127.0.0.1");
  try {
    const box = await provider.box({ text: "Well." });
    const otlp = `http://127.0.0.1:${collector.address().port}`;
    await agentFor(box, { tracer: { exporter: { otlp, headers: { authorization: "Bearer collector" } } } }).prompt("go");
    const { url, headers, body } = await arrived;
    assert.equal(url, "/v1/traces");
    assert.equal(headers.authorization, "Bearer collector");
    const [{ spans }] = body.resourceSpans[0].scopeSpans;
    assert.deepEqual(
      spans.map(({ name }) => name),
      ["chat gpt-4o", "invoke_agent"],
    );
    assert.equal(spans[0].parentSpanId, spans[1].spanId);
  } finally {
    collector.close();
  }
});

test("what is no tracer is refused at once", () => {
  for (const tracer of [{ exporter: "file" }, { exporter: {} }, { exporter: "console", contents: true }]) {
    assert.throws(() => new Agent({ model: "gpt-4o", apiKey: "k", tracer }), ConfigError);
  }
});
