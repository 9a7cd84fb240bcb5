// MCP servers from JavaScript, in Node, against the servers of the official TypeScript SDK.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ConfigError, boot, mcpServer, publishTools, tool, webMCP } from "../../web/index.js";
import { Agent } from "../../web/providers/openai.js";
import { startServers } from "./mcp_servers.mjs";
import { startProvider } from "./provider.mjs";

let provider, servers;
before(async () => {
  [provider, servers] = await Promise.all([startProvider(), startServers()]);
  await boot({ runtimeURL: new URL("../../wheels/", import.meta.url) });
});
after(() => {
  provider.stop();
  servers.stop();
});

for (const [kind, protocol] of [
  ["older", "2025-11-25"],
  ["newer", "2026-07-28"],
]) {
  test(`tools, resources and prompts of a server that speaks ${protocol}`, async () => {
    const server = mcpServer({ url: servers[kind] });
    const info = await server.connect();
    assert.deepEqual([info.name, info.protocol], [kind, protocol]);
    const [add] = await server.tools({ allow: ["add"] });
    assert.equal(add.description, "Add two numbers.");
    assert.deepEqual(add.parameters.required, ["a", "b"]);
    assert.equal(await add.execute({ a: 2, b: 3 }), 5);
    const [fail] = await server.tools({ allow: ["fail"] });
    await assert.rejects(fail.execute({}), { name: "ToolError", message: /the reef was too shallow/ });
    assert.deepEqual(
      (await server.resources()).map(({ uri }) => uri),
      ["notes://log"],
    );
    assert.deepEqual(await server.resourceTemplates(), []);
    assert.deepEqual(await server.readResource("notes://log"), [{ type: "text", text: "All well." }]);
    assert.deepEqual(
      (await server.prompts()).map(({ name }) => name),
      ["greet"],
    );
    const [greeting] = await server.getPrompt("greet", { name: "Ada" });
    assert.deepEqual([greeting.role, greeting.content[0].text], ["user", "Greet Ada."]);
    await server.close();
  });
}

test("an agent calls a server's tools, and asks first where it is to", async () => {
  const server = mcpServer({ url: servers.newer });
  const call = { tool_calls: [{ name: "math_add", arguments: { a: 2, b: 3 } }] };
  const box = await provider.box(call, { text: "5." }, call);
  const agent = new Agent({ apiKey: "k", model: "m", baseURL: box.url, tools: await server.tools({ prefix: "math_" }) });
  assert.equal(await agent.prompt("2 + 3?"), "5.");
  assert.match(JSON.stringify((await box.seen())[1].json.input), /function_call_output.*"5"/);
  const careful = new Agent({
    apiKey: "k",
    model: "m",
    baseURL: box.url,
    tools: await server.tools({ prefix: "math_", needsApproval: true }),
  });
  const { pending } = await careful.run("2 + 3?");
  assert.deepEqual(
    pending.map((asked) => [asked.tool, asked.arguments]),
    [["math_add", { a: 2, b: 3 }]],
  );
});

test("an answer of an older server goes on where it broke off, and closing ends the session", async () => {
  const count = async (server) => (await server.tools({ allow: ["sessions"] }))[0].execute({});
  const [one, other] = [mcpServer({ url: servers.older }), mcpServer({ url: servers.older })];
  const [cut] = await one.tools({ allow: ["cut"] });
  assert.equal(await cut.execute({}), "after the cut");
  const open = await count(other);
  await one.close();
  assert.equal(await count(other), open - 1);
});

test("what a server asks in the middle of a call is answered here", async () => {
  const seen = [];
  const answerers = {
    "elicitation/create": async (params) => {
      seen.push(params.message);
      return { action: "accept", content: { name: "Ada" } };
    },
  };
  const server = mcpServer({ url: servers.older, answerers });
  const [ask] = await server.tools({ allow: ["ask_name"] });
  assert.equal(await ask.execute({}), "hello Ada");
  assert.deepEqual(seen, ["Who are you?"]);
  await server.close();
  const [unanswered] = await mcpServer({ url: servers.older }).tools({ allow: ["ask_name"] });
  await assert.rejects(unanswered.execute({}), { name: "ToolError" });
  assert.throws(() => mcpServer({ url: servers.older, answerers: { "elicitation/create": "yes" } }), {
    name: "ConfigError",
    message: /that of elicitation\/create is none/,
  });
});

test("a tool that makes a task is called as any other, in both eras", async () => {
  const older = mcpServer({ url: servers.older });
  const [survey, status] = await older.tools({ allow: ["survey", "tasks"] });
  assert.equal(await survey.execute({ ms: 100 }), "the reef is charted");
  const [early] = await mcpServer({ url: servers.older, timeoutMs: 300 }).tools({ allow: ["survey"] });
  await assert.rejects(early.execute({ ms: 60_000 }), { name: "NetworkError", code: "timeout" });
  await until(async () => (await status.execute({})) === "completed,cancelled");
  await older.close();

  const answerers = { "elicitation/create": () => ({ action: "accept", content: { name: "Ada" } }) };
  const newer = mcpServer({ url: servers.tasked, answerers });
  const [chart, sink] = await newer.tools();
  assert.equal(await chart.execute({}), "charted for Ada");
  await assert.rejects(sink.execute({}), { message: /the reef was too shallow/ });
  const [, , drift] = await mcpServer({ url: servers.tasked, timeoutMs: 300 }).tools();
  await assert.rejects(drift.execute({}), { name: "NetworkError", code: "timeout" });
  await until(async () => (await newer.resources()).map(({ name }) => name).join() === "completed,failed,cancelled");
});

/** Waits, for ten seconds at most, until a condition holds. */
async function until(holds) {
  for (const end = Date.now() + 10_000; !(await holds()); ) {
    assert.ok(Date.now() < end, "it did not happen within ten seconds");
    await new Promise((done) => setTimeout(done, 50));
  }
}

test("a token's function is asked here, and what it throws is told", async () => {
  let asked = 0;
  const token = () => ((asked += 1), "a-token-of-mine");
  assert.equal((await mcpServer({ url: servers.newer, token }).tools()).length, 2);
  assert.ok(asked > 0);
  const lost = mcpServer({
    url: servers.newer,
    token: () => {
      throw new Error("nobody is signed in");
    },
  });
  await assert.rejects(lost.tools(), { name: "AuthError", message: /nobody is signed in/ });
});

test("tools say what they do, and a function decides which calls need approval", async () => {
  const server = mcpServer({ url: servers.odd });
  const tools = await server.tools({ needsApproval: ({ annotations }) => !annotations.readOnlyHint });
  const told = tools.map(({ name, title, needsApproval, annotations, idempotent }) => [
    name,
    title,
    needsApproval,
    annotations,
    idempotent,
  ]);
  assert.deepEqual(told, [
    ["look", "Look", undefined, { readOnlyHint: true, title: "Look" }, true],
    ["sink", null, true, { destructiveHint: true }, undefined],
  ]);
  assert.deepEqual(tools[0].outputSchema.required, ["depth"]);
  assert.deepEqual(await tools[0].execute({}), { depth: 5 });
  assert.deepEqual(server.warnings, ["the tool 'schemaless' is left out: its inputSchema is no JSON Schema"]);
  const box = await provider.box({ tool_calls: [{ name: "sink", arguments: {} }] });
  const { pending } = await new Agent({ apiKey: "k", model: "m", baseURL: box.url, tools }).run("Sink it.");
  assert.deepEqual(
    pending.map(({ tool: name }) => name),
    ["sink"],
  );
});

test("a server that never ends is given up, with the name of the option", async () => {
  const limits = { messages: 50, pages: 10 };
  const flood = mcpServer({ url: servers.flood, limits, timeoutMs: 20_000 });
  await assert.rejects(flood.tools(), { name: "StreamError", message: /more than 10 pages/ });
  await assert.rejects(flood.resources(), { name: "StreamError", message: /more than 50 messages/ });
  const slow = mcpServer({ url: servers.slow, timeoutMs: 400 });
  await assert.rejects(slow.tools(), { name: "NetworkError", message: /within 0.4 s/ });
  assert.throws(() => mcpServer({ url: servers.slow, timeoutMs: 0 }), { message: /timeoutMs is more than 0/ });
  assert.throws(() => mcpServer({ url: servers.slow, limits: { pages: 0.5 } }), { message: /pages of limits is a whole number/ });
  assert.throws(() => mcpServer({ url: servers.slow, limits: { page: 1 } }), { message: /there is no option "page"/ });
});

test("progress is told to a listener, and to an agent's stream", async () => {
  const heard = [];
  const server = mcpServer({ url: servers.odd });
  const tools = await server.tools({ allow: ["look"], onProgress: (progress) => heard.push(progress) });
  assert.deepEqual(await tools[0].execute({}), { depth: 5 });
  const expected = { tool: "look", progress: 1, total: 2, message: "sounding" };
  assert.deepEqual(heard, [expected]);
  const box = await provider.box({ tool_calls: [{ name: "look", arguments: {} }] }, { text: "Five." });
  const agent = new Agent({ apiKey: "k", model: "m", baseURL: box.url, tools });
  const events = [];
  for await (const event of agent.stream("How deep?")) events.push(event);
  const progress = events.filter(({ type }) => type === "tool_progress");
  assert.deepEqual(
    progress.map(({ name, stream, text }) => [name, stream, text]),
    [["look", "progress", "1 of 2: sounding\n"]],
  );
});

test("options are checked at once, and faults say what to do", async () => {
  assert.throws(() => mcpServer({ url: "example.com" }), ConfigError);
  assert.throws(() => mcpServer({ url: "https://example.com", tokn: "x" }), { message: /there is no option "tokn"/ });
  assert.throws(() => mcpServer({ url: "https://example.com", oauth: {} }), { message: /redirectURL and authorize/ });
  await assert.rejects(mcpServer({ url: servers.newer }).tools({ allow: ["subtract"] }), {
    name: "ConfigError",
    message: /it has add, fail/,
  });
  await assert.rejects(mcpServer({ url: "http://127.0.0.1:9/mcp" }).connect(), { name: "NetworkError" });
});

test("where there is no WebMCP, that is said", async () => {
  assert.deepEqual(webMCP(), { publish: false, use: false });
  await assert.rejects(publishTools([tool({ name: "x", execute: () => 1 })]), { name: "ConfigError", message: /no WebMCP/ });
});
