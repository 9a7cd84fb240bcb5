// What the package's root promises to TypeScript: its types are importable from it, and slips of the pen are errors.

import {
  Agent,
  type AgentEvent,
  type AgentOptions,
  type ApprovalAnswer,
  type ApprovalRequest,
  type McpOptions,
  type McpTool,
  type Part,
  type Reply,
  type RunInfo,
  type Source,
  type Tool,
  type ToolResult,
  type Usage,
  handoff,
  mcpServer,
} from "staysail";
import { mcpApps } from "staysail/mcp-apps";
import { Agent as OpenAI } from "staysail/openai";
import { is } from "./is.js";

export type Types = [AgentOptions, AgentEvent, Part, Tool, Reply, Usage, ToolResult, ApprovalRequest, ApprovalAnswer, RunInfo, Source];
export type Mcp = [McpTool, McpOptions];

const agent = new Agent({ model: "openai:m", tools: [handoff(new Agent({ name: "other", model: "openai:m" }))] });
// @ts-expect-error: a tool has something to run
new Agent({ model: "openai:m", tools: [{ name: "x" }] });
// @ts-expect-error: required
new Agent({ model: "openai:m", toolChoice: "requird" });
// @ts-expect-error: "openai:gpt-6-luna"
new Agent({ model: "gpt-6-luna" });
// @ts-expect-error: a provider, also where an option is a schema
new Agent({ model: "claude-opus-5-5", outputSchema: { type: "object" } });
new OpenAI({ model: "gpt-6-luna" });
declare const chosen: string;
const settings = { model: "gpt-6-luna", temperature: 1 };
is<Agent>()(new Agent({ model: chosen }));
is<Agent>()(new Agent({ model: `anthropic:${chosen}` }));
is<Agent>()(new Agent(settings)); // known at run time
new Agent({ model: ["openai:gpt-6-luna", { model: chosen, apiKey: "k" }] });
new Agent({ model: { name: "mine", complete: ({ preamble }) => preamble ?? "" } });
class Sailor extends Agent {
  constructor() {
    super({ model: chosen, tools: [{ name: "reef", execute: () => "reefed" }] });
  }
  reef = () => this.prompt("Reef!");
}
handoff(new Sailor());
new Sailor().reef();
// @ts-expect-error: image
agent.prompt([{ type: "imag", data: "x" }]);
agent.prompt(["What is it?", { type: "image_url", image_url: { url: "https://a.example/a.png" } }]);
// @ts-expect-error: user
agent.prompt("Hello", { history: [{ role: "usr", content: "Hi" }] });
agent.chat("Hello", [{ role: "developer", content: "Be brief." }]);

is<ReadableStream<AgentEvent>>()(await agent.prompt_stream("Hello"));
is<ReadableStream<AgentEvent[]>>()(await agent.prompt_stream("Hello", { chunkSize: 5 }));
is<ReadableStream<AgentEvent[]>>()(await agent.promptStream("Hello", { chunkSize: 5 }));

const server = mcpServer({ url: "https://a.example/mcp", apps: true });
const tools = await server.tools();
mcpApps(server, tools, { allow: ({ name, annotations }, args) => name === "x" && annotations?.readOnlyHint === true && "a" in args });
// @ts-expect-error: allow
mcpApps(server, tools, { alow: [] });
