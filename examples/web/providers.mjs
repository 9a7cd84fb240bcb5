// A provider by its name, and any server by its address.

import { Agent } from "staysail";

const key = process.env.OPENAI_API_KEY;
const agents = [
  new Agent({ model: "openai:gpt-6-luna", apiKey: key }),
  new Agent({ model: "openai-compatible:my-model", baseURL: process.env.SERVER_URL, apiKey: () => key }),
];
for (const agent of agents) console.log(await agent.prompt("Name a sail."));
