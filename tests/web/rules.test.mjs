// Agents against providers that refuse what their documentation says they refuse.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Agent, ConfigError, OcrModel, ProviderFiles, bashTool, customTool, hostedMcp, webSearch } from "../../web/index.js";
import { ToolFS } from "../../web/toolfs.js";
import { collect, provider } from "./setup.mjs";

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

test("tools that models were trained on are called as those models call them", async () => {
  const openai = await provider.rules("openai");
  const asked = [];
  const calculate = customTool({ name: "calculate", grammar: "start: /[0-9+ ]+/", execute: (text) => (asked.push(text), "2") });
  const agent = new Agent({
    model: "openai:gpt-6-sol",
    apiKey: "k",
    baseURL: openai.url,
    tools: [calculate, bashTool({ execute: () => "a.txt" })],
  });
  assert.equal((await agent.run("Use calculate.")).text, "Hello.");
  assert.deepEqual(asked, ["1 + 1"]);
  assert.deepEqual(
    (await openai.seen())[0].json.tools.map((tool) => tool.type),
    ["custom", "shell"],
  );

  const toolfs = await ToolFS.open({ mounts: { "/toolfs/data": {} } });
  const session = toolfs.session({ name: "agent", paths: { "/toolfs/data": "read list write delete" } });
  await toolfs.write("/toolfs/data/memories/likes.md", "Tea.", session);
  const anthropic = await provider.rules("anthropic");
  const tools = [await toolfs.memoryTool(session, "/toolfs/data/memories"), await toolfs.textEditor(session)];
  const claude = new Agent({ model: "anthropic:claude-opus-5-5", apiKey: "k", baseURL: anthropic.url, tools });
  const reply = await claude.run("Use memory.");
  assert.match(reply.steps[0].toolResults[0].content[0].text, /\/memories\/likes\.md/);
  assert.deepEqual(
    (await anthropic.seen())[0].json.tools.map((tool) => tool.type),
    ["memory_20250818", "text_editor_20250728"],
  );
  await toolfs.close();
  agent.free();
  claude.free();
});

test("a provider's MCP tool waits for approval, and is refused with the reason", async () => {
  const box = await provider.rules("openai");
  const tools = [hostedMcp("https://mcp.example/sse", { name: "docs", approval: "always" })];
  const asked = [];
  const agent = new Agent({
    model: "openai:gpt-6-sol",
    apiKey: "k",
    baseURL: box.url,
    tools,
    approve: (request) => (asked.push([request.tool, request.arguments]), asked.length === 1),
  });
  assert.equal((await agent.run("Look it up.")).text, "Hello.");
  assert.equal((await agent.run("Look it up.")).text, "Hello.");
  assert.deepEqual(asked[0], ["mcp_docs", { tool: "lookup", arguments: { q: "x" } }]);
  const answers = (await box.seen()).flatMap(({ json }) => json.input.filter((item) => item.type === "mcp_approval_response"));
  assert.deepEqual(
    answers.map((item) => item.approve),
    [true, false],
  );
  agent.free();
});

test("a batch is given, survives as JSON, and is answered in the order of its prompts", async () => {
  const box = await provider.rules("anthropic");
  const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
  const make = () => new Agent({ model: "anthropic:claude-opus-5-5", apiKey: "k", baseURL: box.url, outputSchema: schema });
  const batch = await make().batch(["One?", "Two?"]);
  assert.equal((await batch.state()).phase, "running");
  const again = make().openBatch(JSON.parse(JSON.stringify(batch)));
  await again.wait({ pollMs: 1 });
  const replies = await again.replies();
  assert.deepEqual(
    replies.map((reply) => [reply.output, reply.messages[0].content[0].text]),
    [
      [{ city: "x" }, "One?"],
      [{ city: "x" }, "Two?"],
    ],
  );
  await assert.rejects(make().openBatch("batch_9").state(), /No such/);
  assert.throws(() => make().openBatch({}), ConfigError);
});

test("a file is sent once and named in messages", async () => {
  const box = await provider.rules("openai");
  const files = new ProviderFiles("openai", { apiKey: "k", baseURL: box.url });
  const file = await files.upload(new File(["%PDF-1.7"], "a.pdf", { type: "application/pdf" }));
  assert.deepEqual([file.name, file.mediaType, file.sizeBytes, file.part.type], ["a.pdf", "application/pdf", 8, "file"]);
  const agent = new Agent({ model: "openai:gpt-6-sol", apiKey: "k", baseURL: box.url });
  assert.equal((await agent.run([file.part, "What is this?"])).text, "Hello.");
  assert.deepEqual((await box.seen()).at(-1).json.input[0].content[0], { type: "input_file", file_id: file.id });
  assert.equal(new TextDecoder().decode(await files.content(file.id)), "%PDF-1.7");
  await files.delete(file.id);
  assert.deepEqual(await files.list(), []);
});

test("a document is read as Markdown, page by page, with its pictures", async () => {
  const box = await provider.rules("mistral");
  const model = new OcrModel({ model: "mistral:mistral-ocr-latest", apiKey: "k", baseURL: box.url, retry: false });
  const pdf = new Blob(["%PDF"], { type: "application/pdf" });
  const read = await model.read(pdf, { pages: [0, 2], images: true });
  assert.equal(read.markdown, "# Page 0\n\n![img-0.jpeg](img-0.jpeg)\n\n# Page 2\n\n![img-2.jpeg](img-2.jpeg)");
  assert.deepEqual([read.pages.map(({ index }) => index), read.pagesRead], [[0, 2], 2]);
  assert.equal(read.pages[1].images["img-2.jpeg"].mediaType, "image/jpeg");
  const whole = await model.read(new Uint8Array([37, 80, 68, 70]));
  assert.deepEqual([whole.pages.length, whole.pages[0].images], [3, {}]);
  assert.equal((await model.read(new Blob(["x"], { type: "image/webp" }))).pages.length, 1);
  assert.equal((await model.read({ type: "file", url: "https://x.example/a.pdf", name: "a" })).pages.length, 3);
  assert.equal((await model.read({ type: "file", fileId: "f1" })).pages.length, 3);
  const kinds = (await box.seen()).map(({ json }) => json.document.type);
  assert.deepEqual(kinds, ["document_url", "document_url", "image_url", "document_url", "file"]);
  await assert.rejects(model.read(pdf, { pages: [] }), { name: "ConfigError", message: /at least one page/ });
  await assert.rejects(model.read(new Uint8Array()), (error) => error.name === "BadRequestError" || error.name === "ConfigError");
  const wrong = new OcrModel({ model: "mistral:mistral-small-latest", apiKey: "k", baseURL: box.url, retry: false });
  await assert.rejects(wrong.read(pdf), { name: "BadRequestError", status: 400, message: /Invalid model/ });
  const aborting = AbortSignal.abort();
  await assert.rejects(model.read(pdf, { signal: aborting }), { name: "AbortError" });
});
