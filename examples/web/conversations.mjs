// A conversation that is kept by its id, and a long history that fits the model: the oldest messages dropped.

import { Conversations } from "staysail";
import { Agent } from "staysail/openai";

const conversations = new Conversations(); // in a page: IndexedDB, so it is there after a reload
const agent = new Agent({
  apiKey: process.env.OPENAI_API_KEY,
  model: "gpt-6-luna",
  conversations,
  memory: { slidingWindow: 20, tokenWindow: 8000 },
});

await agent.prompt("My name is Ada.", { conversation: "crew" });
console.log(await agent.prompt("What is my name?", { conversation: "crew" }));

const copy = await conversations.fork("crew", 2, { title: "Another course" });
console.log(await agent.prompt("Where to?", { conversation: copy }));
for (const { title, messages } of await conversations.list()) console.log(`${title}: ${messages} messages`);
