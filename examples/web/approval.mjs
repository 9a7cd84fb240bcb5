// A tool that asks first. The run pauses as plain JSON, to be kept for as long as the answer takes.

import { Agent } from "staysail/openai";

const agent = new Agent({
  apiKey: process.env.OPENAI_API_KEY,
  model: "gpt-6-luna",
  tools: [
    {
      name: "pay",
      description: "Pays a bill.",
      parameters: { type: "object", properties: { euros: { type: "number" } }, required: ["euros"] },
      needsApproval: ({ euros }) => euros > 20,
      execute: ({ euros }) => `paid ${euros}`,
    },
  ],
});

let reply = await agent.run("Pay the harbour fee.");
while (reply.pending) {
  const saved = JSON.stringify(reply.run);
  const approvals = {};
  for (const { id, tool, arguments: args } of reply.pending) {
    console.log(`May I ${tool}(${JSON.stringify(args)})?`);
    approvals[id] = args.euros < 100 ? true : { approve: true, arguments: { euros: 99 } }; // or { refuse: "Too much." }
  }
  reply = await agent.resume(JSON.parse(saved), { approvals });
}
console.log(reply.text);
