// Stopping: the signal aborts the request itself, so the provider sees the connection close.

import { Agent } from "staysail/openai";

const agent = new Agent({ apiKey: process.env.OPENAI_API_KEY, model: "gpt-6-luna" });

const stop = new AbortController();
let text = "";
try {
  for await (const event of agent.stream("Count to a million.", { signal: stop.signal })) {
    if (event.type === "text_delta") text += event.text;
    if (text.length > 20) stop.abort();
  }
} catch (error) {
  if (error.name !== "AbortError") throw error;
  console.log(`Stopped after: ${text}`);
}
