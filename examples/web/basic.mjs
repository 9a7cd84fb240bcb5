// One question, one answer.

import { Agent } from "staysail/openai";

const agent = new Agent({ apiKey: process.env.OPENAI_API_KEY, model: "gpt-4o", preamble: "Be brief." });

console.log(await agent.prompt("Why is the sky blue?"));
