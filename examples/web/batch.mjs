// Many questions at once, some at a time. Answers come in the questions' order; one that failed is an Error in its place.

import { Agent } from "staysail/openai";

const agent = new Agent({ apiKey: process.env.OPENAI_API_KEY, model: "gpt-6-luna", retry: false });

const words = ["ship", "sail", "stay"];
const answers = await agent.batch_prompt(
  words.map((word) => `Translate into French: ${word}`),
  { concurrency: 2 },
);
for (const [position, answer] of answers.entries()) {
  console.log(words[position], answer instanceof Error ? `failed: ${answer.name}, status ${answer.status}` : answer);
}
