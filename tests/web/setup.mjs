// What most tests of agents in Node share: a provider that answers as it is told, the runtime, and small makers.

import { after, before } from "node:test";

import { boot } from "../../web/index.js";
import { Agent } from "../../web/providers/openai.js";
import { startProvider } from "./provider.mjs";

/** Runs while the tests of the file do. */
export let provider;
before(async () => {
  provider = await startProvider();
  await boot({ runtimeURL: new URL("../../wheels/", import.meta.url) });
});
after(() => provider.stop());

export const agentFor = (box, options = {}) => new Agent({ apiKey: "k", model: "gpt-4o", baseURL: box.url, ...options });
/** An answer that calls a tool. */
export const call = (name, args = {}, id = undefined) => ({ tool_calls: [{ name, arguments: args, id }] });
export const collect = async (values) => {
  const all = [];
  for await (const value of values) all.push(value);
  return all;
};
