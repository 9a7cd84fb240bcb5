// A client of AG-UI whose agent runs in the same process: its messages stream, and a tool of the page answers the agent.

import { HttpAgent } from "@ag-ui/client";
import { agUiAgent } from "staysail/ag-ui";
import { Agent } from "staysail/openai";

const agent = new Agent({ apiKey: process.env.OPENAI_API_KEY, model: "gpt-6-luna", preamble: "You paint the page." });
const client = agUiAgent(HttpAgent, { agent, threadId: "harbour" });
const paint = {
  name: "paint",
  description: "Paints the page.",
  parameters: { type: "object", properties: { colour: { type: "string" } }, required: ["colour"] },
};
const show = { onTextMessageContentEvent: ({ event }) => void process.stdout.write(event.delta) };

client.addMessage({ id: "1", role: "user", content: "Make it blue." });
await client.runAgent({ tools: [paint] }, show);
for (const { id, function: called } of client.messages.at(-1).toolCalls ?? []) {
  console.log(called.name, JSON.parse(called.arguments).colour);
  client.addMessage({ id: `${id}-result`, role: "tool", toolCallId: id, content: "painted" });
}
await client.runAgent({ tools: [paint] }, show);
console.log();
