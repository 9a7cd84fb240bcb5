// Everything that happens, as it happens. Leaving the loop ends the request.

import { Agent } from "staysail/openai";

const agent = new Agent({ apiKey: process.env.OPENAI_API_KEY, model: "gpt-6-luna" });

for await (const event of agent.stream("Tell me a short story.")) {
  if (event.type === "text_delta") process.stdout.write(event.text);
  if (event.type === "run_done") console.log(`\n${event.reply.usage.outputTokens} tokens, ended by ${event.reply.finishReason}`);
}
