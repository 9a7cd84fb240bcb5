// A model of your own: any object with a name and a stream. Here it is a few lines of JavaScript that know one tool.

import { Agent } from "staysail";

const parrot = {
  name: "parrot",
  async *stream({ messages }) {
    const last = messages.at(-1);
    if (last.role === "user") yield { type: "tool_call", name: "shout", arguments: { text: last.content[0].text } };
    else yield* ["Squawk! ", last.content[0].content[0].text];
    yield { type: "usage", inputTokens: 4, outputTokens: 2 };
  },
};
const shout = { name: "shout", description: "Shouts.", execute: ({ text }) => text.toUpperCase() };

const agent = new Agent({ model: parrot, tools: [shout] });
const reply = await agent.run("Land ahoy");
console.log(`${reply.text}, ${reply.usage.totalTokens} tokens`);
