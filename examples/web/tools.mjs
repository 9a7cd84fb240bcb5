// Functions that the model may call. What one returns goes back to the model; so does what it throws.

import { Agent } from "staysail/openai";

const agent = new Agent({
  apiKey: process.env.OPENAI_API_KEY,
  model: "gpt-6-luna",
  tools: [
    {
      name: "weather",
      description: "Current weather of a city.",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
      async execute({ city }, { signal }) {
        signal.throwIfAborted(); // hand it to fetch: it aborts with the run
        return { city, sky: "clear", celsius: 7 };
      },
    },
  ],
});

const { text, steps, usage } = await agent.run("What is the weather in Oslo?");
console.log(text);
console.log(`${steps.length} model calls, ${usage.totalTokens} tokens`);
