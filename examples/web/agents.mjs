// Two agents: one serves as a tool of the other, and one takes the conversation over.

import { handoff } from "staysail";
import { Agent } from "staysail/openai";

const common = { apiKey: process.env.OPENAI_API_KEY, model: "gpt-6-luna" };
const translator = new Agent({ ...common, name: "translator", preamble: "Translate into French. Give the translation alone." });
const billing = new Agent({ ...common, name: "billing", preamble: "You answer questions about bills." });
const desk = new Agent({
  ...common,
  preamble: "You greet, translate and route.",
  tools: [translator.asTool({ usageLimits: { requests: 1 } }), handoff(billing)],
});

console.log(await desk.prompt("What is 'ahoy' in French?"));

for await (const event of desk.stream("Why is my bill so high?")) {
  if (event.type === "handed_over") console.log(`[${event.agent}]`);
  if (event.type === "run_done") console.log(event.reply.text, event.reply.usage.totalTokens, "tokens");
}
