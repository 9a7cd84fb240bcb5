// Errors say whose move is next, and carry what was paid for.

import { Agent } from "staysail/openai";
import { MaxTurnsError, ProviderError, ToolError } from "staysail/errors";

const read = {
  name: "read",
  description: "Reads a page of the log.",
  parameters: { type: "object", properties: { page: { type: "integer" } }, required: ["page"] },
  execute({ page }) {
    if (page > 3) throw new ToolError("The log has 3 pages."); // goes to the model, which may try another page
    return `page ${page}`;
  },
};
const agent = new Agent({ apiKey: process.env.OPENAI_API_KEY, model: "gpt-6-luna", tools: [read], maxTurns: 2, retry: false });

for (const question of ["What does page 9 say?", "Is anybody there?"]) {
  try {
    console.log(await agent.prompt(question));
  } catch (error) {
    if (error instanceof MaxTurnsError) console.log(`too many turns: ${error.history.length} messages, ${error.usage.totalTokens} tokens`);
    else if (error instanceof ProviderError) console.log(`provider: ${error.status}, ${error.retryable ? "" : "do not "}try again`);
    else throw error;
  }
}
