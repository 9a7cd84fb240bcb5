// A conversation: an agent keeps none itself, each reply holds it.

import { Agent } from "staysail/openai";

const agent = new Agent({ apiKey: process.env.OPENAI_API_KEY, model: "gpt-6-luna" });

let history = [];
for (const question of ["My name is Ada.", "What is my name?"]) {
  const reply = await agent.run(question, { history });
  history = reply.messages;
  console.log(`> ${question}\n${reply.text}`);
}
