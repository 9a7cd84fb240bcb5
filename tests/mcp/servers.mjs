// Servers of the TypeScript SDK, both generations: `older` speaks the older era alone and keeps sessions and events, `newer` speaks both
// eras. Beside them servers written by hand: `odd` has one tool that is malformed, `flood` never ends,
// `slow` never answers, `tasked` makes tasks. Prints their addresses as a line of JSON, then serves until it is ended.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { resolve } = createRequire(new URL("../../web/package.json", import.meta.url));
const load = (name) => import(pathToFileURL(resolve(name)).href);
const { z } = await load("zod");

function fill(server, text) {
  server.registerTool(
    "add",
    { description: "Add two numbers.", inputSchema: text({ a: z.number(), b: z.number() }) },
    async ({ a, b }) => ({
      content: [{ type: "text", text: String(a + b) }],
    }),
  );
  server.registerTool("fail", { description: "Fails.", inputSchema: text({}) }, async () => {
    throw new Error("the reef was too shallow");
  });
  server.registerResource("log", "notes://log", { mimeType: "text/plain" }, async (uri) => ({
    contents: [{ uri: uri.href, text: "All well." }],
  }));
  server.registerPrompt("greet", { description: "A greeting.", argsSchema: text({ name: z.string() }) }, ({ name }) => ({
    messages: [{ role: "user", content: { type: "text", text: `Greet ${name}.` } }],
  }));
  return server;
}

async function older() {
  const { McpServer } = await load("@modelcontextprotocol/sdk/server/mcp.js");
  const { StreamableHTTPServerTransport } = await load("@modelcontextprotocol/sdk/server/streamableHttp.js");
  const { InMemoryTaskStore } = await load("@modelcontextprotocol/sdk/experimental/tasks");
  const { InMemoryEventStore } = await load("@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js");
  const [sessions, taskStore] = [new Map(), new InMemoryTaskStore()];
  return async (request, response) => {
    const id = request.headers["mcp-session-id"];
    let transport = sessions.get(id);
    if (id && !transport) return void response.writeHead(404).end();
    if (!transport) {
      transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        eventStore: new InMemoryEventStore(),
        retryInterval: 50,
        onsessioninitialized: (made) => sessions.set(made, transport),
        onsessionclosed: (gone) => sessions.delete(gone),
      });
      const capabilities = { logging: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } };
      const server = fill(new McpServer({ name: "older", version: "1.0.0" }, { capabilities, taskStore }), (shape) => shape);
      server.experimental.tasks.registerToolTask(
        "survey",
        { description: "Goes on for a while.", inputSchema: { ms: z.number() } },
        {
          async createTask({ ms }, { taskStore: store }) {
            const task = await store.createTask({ ttl: 60_000, pollInterval: 50 });
            const result = { content: [{ type: "text", text: "the reef is charted" }] };
            setTimeout(() => store.storeTaskResult(task.taskId, "completed", result).catch(() => {}), ms);
            return { task };
          },
          getTask: (_, { taskId, taskStore: store }) => store.getTask(taskId),
          getTaskResult: (_, { taskId, taskStore: store }) => store.getTaskResult(taskId),
        },
      );
      server.registerTool("tasks", { description: "The status of each task." }, async () => ({
        content: [{ type: "text", text: (await taskStore.listTasks()).tasks.map(({ status }) => status).join() }],
      }));
      server.registerTool("sessions", { description: "How many there are." }, async () => ({
        content: [{ type: "text", text: String(sessions.size) }],
      }));
      server.registerTool("ask_name", { description: "Asks the user." }, async () => {
        const requestedSchema = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
        const { action, content } = await server.server.elicitInput({ message: "Who are you?", requestedSchema });
        return { content: [{ type: "text", text: action === "accept" ? `hello ${content.name}` : action }] };
      });
      server.registerTool("cut", { description: "Its answer breaks off, and goes on elsewhere." }, async (extra) => {
        await extra.sendNotification({ method: "notifications/message", params: { level: "info", data: "before the cut" } });
        extra.closeSSEStream();
        await new Promise((done) => setTimeout(done, 200));
        return { content: [{ type: "text", text: "after the cut" }] };
      });
      await server.connect(transport);
    }
    await transport.handleRequest(request, response);
  };
}

async function newer() {
  const { createMcpHandler, McpServer } = await load("@modelcontextprotocol/server");
  const { toNodeHandler } = await load("@modelcontextprotocol/node");
  return toNodeHandler(createMcpHandler(() => fill(new McpServer({ name: "newer", version: "2.0.0" }), (shape) => z.object(shape))));
}

const SCHEMA = { type: "object", properties: {} };
const DEPTH = { type: "object", properties: { depth: { type: "number" } }, required: ["depth"] };
const ODD = [
  { name: "look", inputSchema: SCHEMA, outputSchema: DEPTH, annotations: { readOnlyHint: true, title: "Look" } },
  { name: "schemaless", inputSchema: "{}" },
  { name: "sink", inputSchema: SCHEMA, annotations: { destructiveHint: true, readOnlyHint: "no" } },
];

/** A server of the newer era: `results` by method, each a result or a function of the request and the response. */
function byHand(results) {
  const discovered = { supportedVersions: ["2026-07-28"], capabilities: { tools: {}, resources: {} } };
  return async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const message = JSON.parse(body);
    const result = { "server/discover": discovered, ...results }[message.method];
    if (typeof result === "function") return result(message, response);
    response.setHeader("content-type", "application/json").end(JSON.stringify({ jsonrpc: "2.0", id: message.id, result }));
  };
}

/** Answers with an event stream. */
function say(response, ...messages) {
  if (!response.headersSent) response.setHeader("content-type", "text/event-stream");
  for (const message of messages) response.write(`data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`);
}

const odd = byHand({
  "tools/list": { tools: ODD },
  "tools/call"({ id, params }, response) {
    const progressToken = params._meta.progressToken;
    const sounding = { progressToken, progress: 1, total: 2, message: "sounding" };
    say(response, { method: "notifications/progress", params: sounding }, { id, result: { content: [], structuredContent: { depth: 5 } } });
    response.end();
  },
});

let page = 0;
const flood = byHand({
  "tools/list": ({ id }, response) => {
    say(response, { id, result: { tools: [], nextCursor: String(++page) } });
    response.end();
  },
  "resources/list"(_, response) {
    const timer = setInterval(() => say(response, ...Array(20).fill({ method: "notifications/message", params: {} })), 1);
    response.on("close", () => clearInterval(timer));
  },
});

const tasks = new Map();
/** Makes a task of each call, as the extension io.modelcontextprotocol/tasks has it. */
const tasked = byHand({
  "tools/list": { tools: ["chart", "sink", "drift"].map((name) => ({ name, inputSchema: SCHEMA })) },
  "tools/call"({ id, params }, response) {
    const extensions = params._meta["io.modelcontextprotocol/clientCapabilities"].extensions ?? {};
    const taskId = `${params.name} ${id}`;
    tasks.set(taskId, { taskId, status: "working", ttlMs: null, pollIntervalMs: 10 });
    const error = { code: -32021, message: "the client has no tasks" };
    const body = "io.modelcontextprotocol/tasks" in extensions ? { result: { resultType: "task", ...tasks.get(taskId) } } : { error };
    say(response, { id, ...body });
    response.end();
  },
  "tasks/get"({ id, params: { taskId } }, response) {
    const task = tasks.get(taskId);
    if (task.status === "working" && task.name) {
      task.status = "completed";
      task.result = { content: [{ type: "text", text: `charted for ${task.name}` }] };
    } else if (taskId.startsWith("chart") && task.status === "working") {
      task.status = "input_required";
      task.inputRequests = { who: { method: "elicitation/create", params: { message: "For whom?", requestedSchema: DEPTH } } };
    } else if (taskId.startsWith("sink")) {
      task.status = "failed";
      task.error = { code: -32603, message: "the reef was too shallow" };
    }
    say(response, { id, result: { resultType: "complete", ...task } });
    response.end();
  },
  "tasks/update"({ id, params }, response) {
    const task = tasks.get(params.taskId);
    Object.assign(task, { status: "working", inputRequests: undefined, name: params.inputResponses.who.content.name });
    say(response, { id, result: {} });
    response.end();
  },
  "tasks/cancel"({ id, params }, response) {
    tasks.get(params.taskId).status = "cancelled";
    say(response, { id, result: {} });
    response.end();
  },
  "resources/list"({ id }, response) {
    say(response, {
      id,
      result: { resources: [...tasks.values()].map(({ taskId, status }) => ({ uri: `task:${taskId}`, name: status })) },
    });
    response.end();
  },
});

const slow = byHand({ "tools/list": () => {} });

async function serve(handle) {
  const server = createServer((request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "*, authorization");
    response.setHeader("access-control-allow-methods", "GET, POST, DELETE");
    response.setHeader("access-control-expose-headers", "*");
    if (request.method === "OPTIONS") return void response.writeHead(204).end();
    Promise.resolve(handle(request, response)).catch((error) => response.headersSent || response.writeHead(500).end(String(error)));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${server.address().port}/mcp`;
}

const handlers = { older: await older(), newer: await newer(), odd, flood, slow, tasked };
const addresses = await Promise.all(Object.entries(handlers).map(async ([name, handle]) => [name, await serve(handle)]));
console.log(JSON.stringify(Object.fromEntries(addresses)));
