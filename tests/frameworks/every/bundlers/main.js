// The app as its author writes it. The tests add ?base= with the provider's address.

import { configure, tool } from "staysail";
import { Agent } from "staysail/openai";

configure({ runtimeURL: "/pyodide/" });

const add = tool({
  name: "add",
  parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
  execute: ({ a, b }) => ({ sum: a + b }),
});

document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const baseURL = new URLSearchParams(location.search).get("base");
  const agent = new Agent({ apiKey: "k", model: "gpt-4o", baseURL, tools: [add] });
  const output = document.querySelector("output");
  for await (const event of agent.stream("2 + 3?")) if (event.type === "text_delta") output.append(event.text);
});
