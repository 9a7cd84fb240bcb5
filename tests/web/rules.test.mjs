// Agents against providers that refuse what their documentation says they refuse.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Agent, ConfigError, boot, hostedMcp, webSearch } from "../../web/index.js";
import { startProvider } from "./provider.mjs";

let provider;
before(async () => {
  provider = await startProvider();
  await boot({ runtimeURL: new URL("../../wheels/", import.meta.url) });
});
after(() => provider.stop());

const collect = async (events) => {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
};

test("reasoning is asked for in each provider's own way, and comes with a summary", async () => {
  for (const [name, model, sent] of [
    ["openai", "gpt-6-sol", { reasoning: { effort: "max", summary: "auto" } }],
    ["anthropic", "claude-opus-5-5", { thinking: { type: "adaptive", display: "summarized" }, output_config: { effort: "max" } }],
    ["gemini", "gemini-3-flash-preview", { generationConfig: { thinkingConfig: { thinkingLevel: "high", includeThoughts: true } } }],
  ]) {
    const box = await provider.rules(name);
    const agent = new Agent({ model: `${name}:${model}`, apiKey: "k", baseURL: box.url, reasoning: "max" });
    const events = await collect(agent.stream("Hello?"));
    assert.equal(events.at(-1).reply.text, "Hello.", name);
    assert.match(events.map((event) => (event.type === "reasoning_delta" ? event.text : "")).join(""), /think/, name);
    const [{ json }] = await box.seen();
    for (const [field, value] of Object.entries(sent)) assert.deepEqual(json[field], value, name);
    agent.free();
  }
});

test("an option that a model does not take is left out, and the reply says so", async () => {
  const box = await provider.rules("openai");
  const agent = new Agent({
    model: "openai:gpt-6-sol",
    apiKey: "k",
    baseURL: box.url,
    temperature: 0.5,
    reasoning: { budgetTokens: 2000 },
  });
  const reply = await agent.run("Hello?");
  assert.deepEqual(reply.warnings, ["temperature was left out: openai:gpt-6-sol takes none"]);
  const events = await collect(agent.stream("Hello?"));
  assert.deepEqual(
    events.filter((event) => event.type === "request_adjusted").map((event) => event.message),
    reply.warnings,
  );
  const seen = await box.seen();
  assert.deepEqual([seen.length, seen[0].json.store, "temperature" in seen[0].json], [2, false, false]);
  agent.free();
});

test("reasoning that is none of the levels is refused at once", () => {
  for (const reasoning of ["much", 3, {}, { budgetTokens: -1 }])
    assert.throws(() => new Agent({ model: "openai:m", apiKey: "k", reasoning }), ConfigError);
});

test("of several models the next answers where one cannot, each with its own key", async () => {
  const [openai, anthropic] = [await provider.rules("openai"), await provider.rules("anthropic")];
  const agent = new Agent({
    model: [
      { model: "openai:overloaded", baseURL: openai.url },
      { model: "anthropic:claude-opus-5-5", baseURL: anthropic.url, apiKey: async () => "key-of-anthropic" },
    ],
    apiKey: { openai: "key-of-openai" },
    retry: false,
  });
  const events = await collect(agent.stream("Hello?"));
  const changed = events.find((event) => event.type === "model_changed");
  assert.deepEqual([changed.model, changed.previous, changed.status], ["anthropic:claude-opus-5-5", "openai:overloaded", 503]);
  assert.equal(events.at(-1).reply.text, "Hello.");
  assert.equal((await openai.seen())[0].headers.authorization, "Bearer key-of-openai");
  assert.equal((await anthropic.seen())[0].headers["x-api-key"], "key-of-anthropic");
  agent.free();
  for (const options of [{ model: [] }, { model: ["openai:a"], apiKey: "k" }, { model: ["openai:a"], baseURL: "http://x" }, { model: [3] }])
    assert.throws(() => new Agent(options), ConfigError);
});

test("a hosted tool is asked for in the provider's words, shown as events and cited, or a local one stands in", async () => {
  const box = await provider.rules("anthropic");
  const tools = [webSearch({ maxUses: 2 }), hostedMcp("https://mcp.example", { name: "docs", authorization: "token-of-docs" })];
  const agent = new Agent({ model: "anthropic:claude-opus-5-5", apiKey: "k", baseURL: box.url, tools });
  const events = await collect(agent.stream("Go."));
  const hosted = events.filter((event) => event.hosted).map(({ type, name }) => [type, name]);
  assert.deepEqual(hosted.slice(0, 2), [
    ["tool_call_done", "web_search"],
    ["tool_result", "web_search"],
  ]);
  const { reply } = events.at(-1);
  assert.equal(reply.usage.hostedCalls, 2);
  assert.deepEqual(
    reply.steps[0].sources.map(({ source }) => source),
    ["https://example.org/"],
  );
  const [{ json, headers }] = await box.seen();
  assert.deepEqual(
    json.tools.map(({ type }) => type),
    ["web_search_20250305", "mcp_toolset"],
  );
  assert.equal(json.tools[0].max_uses, 2);
  assert.equal(json.mcp_servers[0].authorization_token, "token-of-docs");
  assert.equal(headers["anthropic-beta"], "mcp-client-2025-11-20");
  agent.free();

  const deepseek = await provider.rules("deepseek");
  const access = { model: "deepseek:deepseek-v4-pro", apiKey: "k", baseURL: deepseek.url };
  await assert.rejects(new Agent({ ...access, tools: [webSearch()] }).run("Go."), /has no web_search/);
  const local = { name: "look_up", description: "Looks up.", parameters: { type: "object", properties: {} }, execute: () => "found" };
  const standing = await new Agent({ ...access, tools: [webSearch({ local })] }).run("Use look_up.");
  assert.equal(standing.steps[0].toolResults[0].text, "found");
});
