// The JavaScript client in Node, as tests/mcp/conformance/client.py is the Python one: the suite starts it once for each scenario.

import { boot, mcpServer } from "../../../web/index.js";

const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? "";
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");
const url = process.argv.at(-1) ?? "";

/**
 * Follows the authorization server's redirect, as a person's browser would.
 * @param {string} address
 */
async function authorize(address) {
  const { headers } = await fetch(address, { redirect: "manual" });
  return headers.get("location") ?? "";
}

const oauth = {
  redirectURL: "http://localhost:3000/callback",
  authorize,
  clientURL: "https://conformance-test.local/client-metadata.json",
  clientId: context.client_id,
  clientSecret: context.client_secret,
};
const accept = () => ({ action: "accept", content: scenario === "sep-2322-client-request-state" ? { confirmed: true } : {} });

await boot({ runtimeURL: new URL("../../../wheels/", import.meta.url) });
const server = mcpServer({
  url,
  ...(scenario.startsWith("auth/") ? { oauth } : {}),
  ...(/elicitation|2322/.test(scenario) ? { answerers: { "elicitation/create": accept } } : {}),
});
const tools = Object.fromEntries((await server.tools()).map((tool) => [tool.name, tool]));
/** Calls that the scenario wants: names and arguments. @type {[string, object][]} */
const calls =
  {
    "json-schema-ref-no-deref": () => [],
    "json-schema-2020-12-preservation": () => [["json_schema_echo", { schema: tools.json_schema_2020_12_tool.parameters }]],
    "http-custom-headers": () => context.toolCalls.map((/** @type {any} */ call) => [call.name, call.arguments]),
    "http-invalid-tool-headers": () => [["valid_tool", { region: "us-west1" }]],
  }[scenario]?.() ?? Object.keys(tools).map((name) => [name, name === "add_numbers" ? { a: 2, b: 3 } : {}]);
for (const [name, args] of calls) await tools[name].execute(args);
await server.close();
process.exit(0);
