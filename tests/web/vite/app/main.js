// The app as its author writes it: package names, no addresses but the runtime's.

import { boot, tool } from "staysail";
import { Agent } from "staysail/openai";
import { decodeReadableStream } from "staysail/streaming";
import "staysail/element";

boot({ runtimeURL: "/wheels/" }).catch(() => {});

const add = tool({
  name: "add",
  parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
  execute: ({ a, b }) => ({ sum: a + b, here: typeof document }),
});

/** What the agent says, and what its tool was asked on the way. */
export async function ask(baseURL, prompt) {
  const agent = new Agent({ apiKey: "k", model: "gpt-4o", baseURL, tools: [add] });
  const told = { text: "", results: [] };
  for await (const choice of decodeReadableStream(await agent.prompt_stream(prompt))) {
    told.text += choice.text ?? "";
    if (choice.tool_result) told.results.push(choice.tool_result.text);
  }
  return told;
}

globalThis.ask = ask;
