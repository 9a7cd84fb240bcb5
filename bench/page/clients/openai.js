import OpenAI from "openai";

export function connect(baseURL, { name, description, parameters, execute }) {
  const { completions } = new OpenAI({ baseURL, apiKey: "k", dangerouslyAllowBrowser: true }).chat;
  const tools = [{ type: "function", function: { name, description, parameters, parse: JSON.parse, function: execute } }];
  const asking = (content) => ({ model: "m", messages: [{ role: "user", content }] });
  return {
    prompt: async (text) => (await completions.create(asking(text))).choices[0].message.content,
    rounds: (text) => completions.runTools({ ...asking(text), tools }).finalContent(),
    async *stream(text) {
      for await (const chunk of await completions.create({ ...asking(text), stream: true })) {
        const delta = chunk.choices[0]?.delta.content;
        if (delta) yield delta;
      }
    },
  };
}
