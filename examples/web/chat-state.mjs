// A chat without a framework: one object holds the messages, and tells when something changed.

import { createChat, textOf } from "staysail/chat";
import { Agent } from "staysail/openai";

const agent = new Agent({
  apiKey: process.env.OPENAI_API_KEY,
  model: "gpt-6-luna",
  tools: [
    {
      name: "pay",
      description: "Pays a bill.",
      parameters: { type: "object", properties: { euros: { type: "number" } }, required: ["euros"] },
      needsApproval: true,
      execute: ({ euros }) => `paid ${euros}`,
    },
  ],
});

const chat = createChat(agent);
const leave = chat.subscribe(() => {
  for (const { id, tool } of chat.getSnapshot().approvals) {
    console.log(`${tool} is approved`);
    chat.approve(id); // or chat.refuse(id, "Too much."), from a button
  }
});

const sent = chat.send("Pay the harbour fee.");
chat.queue("Is all paid now?"); // waits for the answer, and is then the next prompt
await sent;

for (const message of chat.getSnapshot().messages) console.log(`${message.role}: ${textOf(message)}`);
leave();
