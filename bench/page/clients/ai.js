import { createOpenAI } from "@ai-sdk/openai";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";

export function connect(baseURL, { name, description, parameters, execute }) {
  const model = createOpenAI({ baseURL, apiKey: "k" }).chat("m");
  const tools = { [name]: tool({ description, inputSchema: jsonSchema(parameters), execute }) };
  return {
    prompt: async (prompt) => (await generateText({ model, prompt })).text,
    rounds: async (prompt) => (await generateText({ model, prompt, tools, stopWhen: stepCountIs(9) })).text,
    stream: (prompt) => streamText({ model, prompt }).textStream,
  };
}
