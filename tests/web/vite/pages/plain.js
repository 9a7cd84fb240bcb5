import { boot } from "/staysail/index.js";
import { Agent } from "/staysail/providers/openai.js";

boot({ runtimeURL: "/wheels/" }).catch(() => {});

globalThis.ask = async (baseURL, prompt) => ({ text: await new Agent({ apiKey: "k", model: "gpt-4o", baseURL }).prompt(prompt) });
