// Hooks look on, change, ask again or stop; limits end a run that uses too much.

import { UsageLimitError } from "staysail";
import { Agent } from "staysail/openai";

const agent = new Agent({
  apiKey: process.env.OPENAI_API_KEY,
  model: "gpt-6-luna",
  hooks: {
    beforeModel: ({ step }, { messages }) => console.log(`Call ${step}, ${messages.length} messages`),
    afterModel: (_context, { message }) =>
      JSON.stringify(message).includes("!") ? { askAgain: "Without exclamation marks, please." } : undefined,
  },
  usageLimits: { requests: 2, totalTokens: 5000 },
});

console.log(await agent.prompt("Greet the crew."));
try {
  await agent.prompt("Greet the whole fleet.");
} catch (error) {
  if (!(error instanceof UsageLimitError)) throw error;
  console.log(`Stopped: at most ${error.most} ${error.limit}; ${error.usage.totalTokens} tokens were used`);
}
