// A run that outlives what began it: every step is on record, and what was done is not done again.

import { Agent } from "staysail/openai";

let bookings = 0;
const agent = new Agent({
  apiKey: process.env.OPENAI_API_KEY,
  model: "gpt-6-luna",
  durable: ":memory:", // in a page `true`: IndexedDB, so that it outlives a reload, a crash and a closed tab
  tools: [
    {
      name: "book",
      description: "Books a berth.",
      parameters: { type: "object", properties: { nights: { type: "integer" } }, required: ["nights"] },
      execute: ({ nights }) => `berth ${++bookings} for ${nights} nights`,
    },
  ],
});

try {
  console.log(await agent.prompt("Book a berth for two nights."));
} catch (error) {
  console.log(`cut off: ${error.name}`); // or the page was closed, or crashed
}

const [{ id, state, prompt }] = await agent.runs();
console.log(`${state}: ${prompt}`);
for await (const event of agent.resumeStream(id)) {
  if (event.type === "tool_result") console.log(`on record: ${event.text}`);
  if (event.type === "run_done") console.log(event.reply.text);
}
console.log(`${bookings} booking`);
await agent.forgetRun(id);
