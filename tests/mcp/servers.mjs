// Servers of the TypeScript SDK, both generations: `sessions` speaks the older era alone and keeps sessions and events, `both` speaks both
// eras. Prints their addresses as a line of JSON, then serves until it is ended.

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
  const { InMemoryEventStore } = await load("@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js");
  const sessions = new Map();
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
      const server = fill(new McpServer({ name: "older", version: "1.0.0" }, { capabilities: { logging: {} } }), (shape) => shape);
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

console.log(JSON.stringify({ older: await serve(await older()), newer: await serve(await newer()) }));
