// What fails for a moment is tried again, by itself, after the delay that the provider asks for; the stream tells of it.

import { Agent } from "staysail/openai";

const agent = new Agent({ apiKey: process.env.OPENAI_API_KEY, model: "gpt-6-luna", retry: { attempts: 4, baseMs: 250 } });

for await (const event of agent.stream("Write a line about resilience.")) {
  if (event.type === "retry_scheduled") console.log(`Status ${event.status}: call ${event.attempt} in a moment`);
  if (event.type === "run_done") console.log(event.reply.text);
}
