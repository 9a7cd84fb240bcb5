// Apps of MCP servers in Node: the policy that an app is under, the page's end of the protocol, and the way of both to a real server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { boot, mcpServer } from "../../web/index.js";
import { readHistory } from "../../web/chat/history.js";
import { AppHost } from "../../web/mcp-apps/app-host.js";
import { mcpApps } from "../../web/mcp-apps/mcp-apps.js";
import { reachableHosts, writePolicy } from "../../web/mcp-apps/policy.js";
import { startServers } from "./mcp_servers.mjs";

const CLOSED = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:",
  "style-src 'unsafe-inline'",
  "img-src data: blob:",
  "font-src data:",
  "media-src data: blob:",
  "connect-src 'none'",
  "frame-src 'none'",
  "base-uri 'none'",
  "object-src 'none'",
  "form-action 'none'",
].join("; ");

test("an app that declares nothing, or nonsense, reaches nothing", () => {
  const nonsense = [
    "*",
    "https:",
    "https://*",
    "https://a",
    "data:",
    "'self'",
    "https://a.example/path",
    "https://a.example; script-src *",
  ];
  const own = [
    "http://a.example",
    "https://192.168.0.1",
    "https://10.0.0.1:8443",
    "https://[::1]",
    "https://printer.local",
    "http://localhost:8000",
  ];
  const lists = [
    undefined,
    null,
    "https://a.example",
    {},
    [null, 1, {}, ["https://a.example"]],
    nonsense,
    own,
    ["https://a.example\nx", "https://a.example "],
  ];
  for (const list of lists) {
    const declared = { connectDomains: list, resourceDomains: list, frameDomains: list, baseUriDomains: list };
    assert.equal(writePolicy(declared), CLOSED);
    assert.deepEqual(reachableHosts(declared), []);
  }
  assert.equal(writePolicy(), CLOSED);
});

test("an app reaches the hosts that its server names, and a page of this machine lets it reach this machine", () => {
  const declared = { connectDomains: ["https://api.a.example", "wss://*.a.example:8443"], resourceDomains: ["https://cdn.a.example"] };
  const policy = writePolicy(declared);
  assert.match(policy, /connect-src https:\/\/api\.a\.example wss:\/\/\*\.a\.example:8443;/);
  assert.match(policy, /script-src 'unsafe-inline' 'wasm-unsafe-eval' blob: https:\/\/cdn\.a\.example;/);
  assert.match(policy, /frame-src 'none';/);
  assert.deepEqual(reachableHosts(declared), ["api.a.example", "*.a.example:8443", "cdn.a.example"]);
  assert.match(writePolicy({ connectDomains: ["http://127.0.0.1:8000"] }, { isLocal: true }), /connect-src http:\/\/127\.0\.0\.1:8000;/);
});

const PARTS = [
  { type: "text", text: "words" },
  { type: "image", data: "AA==", mediaType: "image/png" },
];

/** A host whose services note what they are asked for. */
function host(services = {}) {
  const sent = [];
  const asked = [];
  const made = new AppHost(
    (message) => sent.push(message),
    { id: "1", state: "done", arguments: { a: 1 }, result: { text: "words", content: PARTS, value: { b: 2 }, isError: false } },
    {
      callTool: async (name, args) => (asked.push([name, args]), { content: [], structuredContent: { name } }),
      openLink: async (url) => (asked.push(url), true),
      resize: (height) => asked.push(height),
      ...services,
    },
    () => ({ theme: "dark" }),
  );
  const receive = (message) => made.receive(JSON.stringify(message));
  const request = async (id, method, params) => {
    await receive({ jsonrpc: "2.0", id, method, params });
    return sent.find((answer) => answer.id === id);
  };
  return { host: made, sent, asked, receive, request };
}

test("requests of an app are answered, and what is none is dropped", async () => {
  const { sent, asked, receive, request } = host();
  for (const odd of [
    null,
    1,
    "x",
    [],
    {},
    { jsonrpc: "2.0", id: 1, result: {} },
    { jsonrpc: "2.0", method: {} },
    { method: "ping", id: 1 },
  ])
    await receive(odd);
  assert.deepEqual(sent, []);
  const { result } = await request("a", "ui/initialize", { protocolVersion: "2099-01-01" });
  assert.deepEqual(
    [result.protocolVersion, result.hostContext, result.hostCapabilities],
    ["2026-01-26", { theme: "dark" }, { openLinks: {}, serverTools: {} }],
  );
  assert.deepEqual((await request("b", "ping")).result, {});
  assert.deepEqual((await request("c", "tools/call", { name: "add" })).result.structuredContent, { name: "add" });
  for (const params of [{}, { name: 1 }, { name: "add", arguments: [] }, { name: "add", arguments: "x" }, []])
    assert.equal((await request(JSON.stringify(params), "tools/call", params)).error.code, -32602);
  for (const url of [
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "blob:x",
    "//a.example",
    1,
    `https://a.example/${"x".repeat(5000)}`,
  ])
    assert.equal((await request(`link ${url}`, "ui/open-link", { url })).error.code, -32602);
  assert.deepEqual((await request("d", "ui/open-link", { url: "https://a.example" })).result, {});
  assert.equal((await request("e", "ui/message", { content: [{ type: "text", text: "x" }] })).error.code, -32602);
  assert.equal((await request("f", "resources/read", { uri: "file:///etc/passwd" })).error.code, -32601);
  assert.deepEqual((await request("g", "ui/request-display-mode", { mode: "fullscreen" })).result, { mode: "inline" });
  await receive({ jsonrpc: "2.0", method: "ui/notifications/size-changed", params: { height: "100" } });
  await receive({ jsonrpc: "2.0", method: "ui/notifications/size-changed", params: { height: 100 } });
  assert.deepEqual(asked, [["add", {}], "https://a.example/", 100]);
});

test("an app that asks too much at a time is refused, and a document that is gone gets no answer", async () => {
  let answer;
  const waiting = new Promise((resolve) => (answer = resolve));
  const { host: made, sent, receive } = host({ callTool: () => waiting });
  for (let id = 1; id <= 25; id++) void receive({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "add" } });
  assert.deepEqual(
    sent.map(({ id, error }) => [id, error.code]),
    [21, 22, 23, 24, 25].map((id) => [id, -32600]),
  );
  made.reset();
  answer({ content: [] });
  await waiting;
  await new Promise(setImmediate);
  assert.equal(sent.length, 5);
});

test("an app gets its input and its result once it is ready, each once", async () => {
  const { sent, receive } = host();
  assert.deepEqual(sent, []);
  for (let time = 0; time < 2; time++) await receive({ jsonrpc: "2.0", method: "ui/notifications/initialized" });
  assert.deepEqual(
    sent.map(({ method, params }) => [method, params]),
    [
      ["ui/notifications/tool-input", { arguments: { a: 1 } }],
      [
        "ui/notifications/tool-result",
        {
          content: [PARTS[0], { type: "image", data: "AA==", mimeType: "image/png" }],
          structuredContent: { b: 2 },
          isError: false,
        },
      ],
    ],
  );
});

test("a value beside a result's parts comes back from a stored history", () => {
  const part = { type: "tool_result", id: "1", name: "t", content: [{ type: "text", text: "words" }], extra: { value: { b: 2 } } };
  const [message] = readHistory([{ role: "tool", content: [part] }]);
  assert.deepEqual(message.parts.at(-1).result.value, { b: 2 });
});

let servers;
before(async () => {
  servers = await startServers("app_servers.mjs");
  await boot({ runtimeURL: new URL("../../wheels/", import.meta.url) });
});
after(() => servers.stop());

test("a server's apps are read, and call the tools that are for them", async () => {
  const server = mcpServer({ url: servers.apps, apps: true });
  const tools = await server.tools();
  assert.deepEqual(
    tools.map(({ name, app }) => [name, app]),
    [
      ["chart", "ui://harbour/chart"],
      ["hostile", "ui://harbour/hostile"],
      ["reaching", "ui://harbour/reaching"],
      ["for_model", null],
      ["told", null],
    ],
  );
  assert.deepEqual(await tools.at(-1).execute({}), { mimeTypes: ["text/html;profile=mcp-app"] });
  assert.match((await server.readApp("ui://harbour/chart")).html, /^<!DOCTYPE html>/);
  await assert.rejects(server.readApp("ui://harbour/plain"), { name: "StreamError" });
  assert.equal((await server.callAppTool("refresh", { by: 1 })).content[0].text, "refreshed");
  await assert.rejects(server.callAppTool("for_model"), { name: "BadRequestError" });
  assert.deepEqual(Object.keys(mcpApps(server, tools)), ["chart", "hostile", "reaching"]);
  assert.equal(mcpApps(server, tools).chart({ id: "1", state: "asking" }), null);
  assert.throws(() => mcpApps(server, tools, { alow: [] }), /no option alow/);
  await server.close();
});
