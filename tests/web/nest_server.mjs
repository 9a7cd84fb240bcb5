// A server whose every answer nests as deep as it can, as a program: `node nest_server.mjs` prints its address.

import { createServer } from "node:http";

import { NESTS } from "./nests.mjs";

const result = (id, value) => `{"jsonrpc":"2.0","id":${id},"result":${value}}`;
const INITIALIZED = JSON.stringify({
  protocolVersion: "2025-11-25",
  capabilities: { tools: {}, resources: {}, prompts: {} },
  serverInfo: { name: "nests", version: "1" },
});
const TOOLS = '{"tools":[{"name":"look","inputSchema":{"type":"object"}}]}';

/** What an MCP server answers, by the part that nests. */
function speak(part, { id, method }, nest) {
  if (method === "server/discover") return `{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"unknown"}}`;
  if (method === "initialize") return result(id, part === "greeting" ? nest : INITIALIZED);
  if (method === "tools/list") {
    if (part === "tools") return result(id, nest);
    if (part === "schema") return result(id, `{"tools":[{"name":"look","inputSchema":{"properties":{"a":{"enum":${nest}}}}}]}`);
    return result(id, TOOLS);
  }
  if (part === "error") return `{"jsonrpc":"2.0","id":${id},"error":{"code":1,"message":"no","data":${nest}}}`;
  if (part === "structured") return result(id, `{"content":[],"structuredContent":${nest}}`);
  if (part === "text") return result(id, JSON.stringify({ content: [{ type: "text", text: nest }] }));
  return result(id, nest);
}

/** A body, by its kind. */
const BODIES = {
  body: (nest) => nest,
  field: (nest) => `{"data":${nest}}`,
  error: (nest) => `{"error":${nest}}`,
  stream: (nest) => `data: ${nest}\n\n`,
  plugin: (nest, method) => (method === "GET" ? '{"version":"1"}' : nest),
};

const server = createServer(async (request, response) => {
  const headers = { "access-control-allow-origin": "*", "access-control-allow-headers": "*", "access-control-allow-methods": "*" };
  if (request.method === "OPTIONS") return response.writeHead(204, headers).end();
  const [, nest, kind, part] = request.url.split(/[/?]/);
  let text = "";
  for await (const piece of request) text += piece;
  if (kind === "mcp" || kind === "mcp-stream") {
    if (request.method !== "POST") return response.writeHead(405, headers).end();
    const message = JSON.parse(text);
    if (message.id === undefined) return response.writeHead(202, headers).end();
    const answer = speak(part, message, NESTS[nest]);
    const streams = kind === "mcp-stream";
    return response
      .writeHead(200, { ...headers, "content-type": streams ? "text/event-stream" : "application/json" })
      .end(streams ? `data: ${answer}\n\n` : answer);
  }
  response
    .writeHead(kind === "error" ? 400 : 200, { ...headers, "content-type": kind === "stream" ? "text/event-stream" : "application/json" })
    .end(BODIES[kind](NESTS[nest], request.method));
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })));
process.stdin.on("end", () => process.exit()).resume();
