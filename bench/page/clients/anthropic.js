import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";

export function connect(baseURL, { name, description, parameters, execute }) {
  const client = new Anthropic({ baseURL, apiKey: "k", dangerouslyAllowBrowser: true });
  const known = betaTool({ name, description, inputSchema: parameters, run: async (args) => String(execute(args)) });
  const asking = (content) => ({ model: "m", max_tokens: 9, messages: [{ role: "user", content }] });
  return {
    prompt: async (text) => (await client.messages.create(asking(text))).content[0].text,
    rounds: async (text) => (await client.beta.messages.toolRunner({ ...asking(text), tools: [known] })).content[0].text,
    async *stream(text) {
      for await (const event of await client.messages.create({ ...asking(text), stream: true })) {
        if (event.type === "content_block_delta") yield event.delta.text;
      }
    },
  };
}
