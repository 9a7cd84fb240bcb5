// The tools of an MCP server, for an agent.

import { mcpServer } from "staysail";
import { Agent } from "staysail/openai";

const server = mcpServer({ url: process.env.MCP_URL ?? "https://example.com/mcp" });
const { name, protocol } = await server.connect();
console.log(`${name} speaks ${protocol}`);

const agent = new Agent({ apiKey: process.env.OPENAI_API_KEY, model: "gpt-6-luna", tools: await server.tools({ allow: ["add"] }) });
console.log(await agent.prompt("What is 2 + 3?"));
await server.close();
