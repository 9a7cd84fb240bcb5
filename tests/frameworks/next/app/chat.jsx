"use client";

import { configure, tool } from "staysail";
import { Agent } from "staysail/openai";
import { useEffect, useState } from "react";

configure({ runtimeURL: "/pyodide/" });

const add = tool({
  name: "add",
  parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
  execute: ({ a, b }) => ({ sum: a + b }),
});

/** A prompt to the provider at the address in ?base=. */
export function Chat() {
  const [text, setText] = useState("");
  const [isMounted, setMounted] = useState(false);
  useEffect(() => setMounted(true), []);
  async function ask(event) {
    event.preventDefault();
    const baseURL = new URLSearchParams(location.search).get("base");
    const agent = new Agent({ apiKey: "k", model: "gpt-4o", baseURL, tools: [add] });
    for await (const event of agent.stream("2 + 3?")) if (event.type === "text_delta") setText((before) => before + event.text);
  }
  return (
    <form onSubmit={ask}>
      <button type="submit" disabled={!isMounted}>
        Ask
      </button>
      <output>{text}</output>
    </form>
  );
}
