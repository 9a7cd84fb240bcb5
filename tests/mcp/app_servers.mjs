// A server with apps, whose guests are in guests/, and `outside`, which records each request that reaches it (/seen tells them). Prints their
// addresses as a line of JSON, then serves until it is ended.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const web = fileURLToPath(new URL("../../web/", import.meta.url));
const { resolve } = createRequire(`${web}package.json`);
const load = (name) => import(pathToFileURL(resolve(name)).href);
const { z } = await load("zod");
const { build } = await load("esbuild");
const { createMcpHandler, McpServer } = await load("@modelcontextprotocol/server");
const { toNodeHandler } = await load("@modelcontextprotocol/node");
const { registerAppResource, registerAppTool, RESOURCE_MIME_TYPE, getUiCapability } = await import(
  pathToFileURL(`${web}node_modules/@modelcontextprotocol/ext-apps/dist/src/server/index.js`).href
);

/** A guest as one document. */
async function guest(name, body, replace = {}) {
  const entry = fileURLToPath(new URL(`guests/${name}.js`, import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
    nodePaths: [`${web}node_modules`],
  });
  let script = outputFiles[0].text.replaceAll("</script", "<\\/script");
  for (const [from, to] of Object.entries(replace)) script = script.replaceAll(from, to);
  return `<!DOCTYPE html><html lang="en"><head><title>${name}</title></head><body>${body}<script type="module">${script}</script></body></html>`;
}

const buttons = (...ids) => ids.map((id) => `<button id="${id}">${id}</button>`).join("");
const lines = (...ids) => ids.map((id) => `<p id="${id}"></p>`).join("");

async function serve(handle) {
  const server = createServer((request, response) => {
    for (const name of ["origin", "headers", "methods"])
      response.setHeader(`access-control-allow-${name}`, name === "methods" ? "GET, POST, DELETE" : "*");
    response.setHeader("access-control-expose-headers", "*");
    if (request.method === "OPTIONS") return void response.writeHead(204).end();
    Promise.resolve(handle(request, response)).catch((error) => response.headersSent || response.writeHead(500).end(String(error)));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${server.address().port}/`;
}

const seen = [];
const outside = await serve((request, response) => {
  if (request.url !== "/seen") seen.push(request.url);
  response.setHeader("content-type", "application/json").end(JSON.stringify(seen));
});

const chart = await guest(
  "chart",
  lines("host", "theme", "input", "result", "answer") + buttons("refresh", "model", "other", "say", "link", "script", "grow"),
);
const hostile = await guest("hostile", `<pre id="found"></pre>${buttons("flood", "stray", "long", "leave", "form", "spin")}`, {
  "@OUTSIDE@": outside,
});
const reaching = `<!doctype html><p id="found"></p><script>
  fetch("${outside}declared").then((response) => response.json()).then(() => (found.textContent = "reached"), (error) => (found.textContent = error.name));
</script>`;

let total = 6;
const handler = createMcpHandler(({ clientCapabilities } = {}) => {
  const server = new McpServer({ name: "apps", version: "1.0.0" });
  const page = (name, text, meta) =>
    registerAppResource(server, name, `ui://harbour/${name}`, {}, async (uri) => ({
      contents: [{ uri: uri.href, mimeType: RESOURCE_MIME_TYPE, text, ...(meta ? { _meta: { ui: meta } } : {}) }],
    }));
  page("chart", chart);
  page("hostile", hostile);
  page("reaching", reaching, { csp: { connectDomains: [outside.slice(0, -1), "https://192.168.0.1", "* ; script-src *"] } });
  const tool = (name, config, call) =>
    registerAppTool(server, name, { description: `Does ${name}.`, inputSchema: z.object({}), ...config }, call);
  tool(
    "chart",
    { inputSchema: z.object({ points: z.array(z.number()) }), _meta: { ui: { resourceUri: "ui://harbour/chart" } } },
    async ({ points }) => ({
      content: [{ type: "text", text: `A chart of ${points.length} points.` }],
      structuredContent: { total },
    }),
  );
  tool("hostile", { _meta: { ui: { resourceUri: "ui://harbour/hostile" } } }, async () => ({ content: [{ type: "text", text: "fine" }] }));
  tool("reaching", { _meta: { ui: { resourceUri: "ui://harbour/reaching" } } }, async () => ({
    content: [{ type: "text", text: "fine" }],
  }));
  tool("refresh", { inputSchema: z.object({ by: z.number() }), _meta: { ui: { visibility: ["app"] } } }, async ({ by }) => ({
    content: [{ type: "text", text: "refreshed" }],
    structuredContent: { total: (total += by) },
  }));
  tool("for_model", { _meta: { ui: { visibility: ["model"] } } }, async () => ({ content: [{ type: "text", text: "for the model" }] }));
  server.registerTool("told", { description: "What the client says of itself.", inputSchema: z.object({}) }, async () => ({
    content: [{ type: "text", text: JSON.stringify(getUiCapability(clientCapabilities ?? server.server.getClientCapabilities()) ?? null) }],
  }));
  server.registerResource("plain", "ui://harbour/plain", { mimeType: "text/html" }, async (uri) => ({
    contents: [{ uri: uri.href, mimeType: "text/html", text: "x" }],
  }));
  server.registerResource("huge", "ui://harbour/huge", { mimeType: RESOURCE_MIME_TYPE }, async (uri) => ({
    contents: [{ uri: uri.href, mimeType: RESOURCE_MIME_TYPE, text: "x".repeat((4 << 20) + 1) }],
  }));
  server.registerResource(
    "listed",
    "ui://harbour/listed",
    { mimeType: RESOURCE_MIME_TYPE, _meta: { ui: { csp: { connectDomains: ["https://a.example"] } } } },
    async (uri) => ({
      contents: [{ uri: uri.href, mimeType: "text/html; profile=mcp-app", blob: Buffer.from("<p>é</p>").toString("base64") }],
    }),
  );
  return server;
});

const apps = `${await serve(toNodeHandler(handler))}mcp`;
console.log(JSON.stringify({ apps, outside }));
