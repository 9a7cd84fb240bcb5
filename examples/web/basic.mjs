// One question, one answer.

import { Agent } from "staysail/openai";

const agent = new Agent({ apiKey: process.env.OPENAI_API_KEY, model: "gpt-6-luna", preamble: "Be brief." });

console.log(await agent.prompt("Why is the sky blue?"));
