import { type FormEvent, StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { configure, tool } from "staysail";
import { Agent } from "staysail/openai";

configure({ runtimeURL: "/pyodide/", start: "idle" });

const add = tool({
  name: "add",
  parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
  execute: ({ a, b }: { a: number; b: number }) => ({ sum: a + b }),
});

function Chat() {
  const [text, setText] = useState("");
  async function ask(event: FormEvent) {
    event.preventDefault();
    const baseURL = new URLSearchParams(location.search).get("base") ?? undefined;
    const agent = new Agent({ apiKey: "k", model: "gpt-4o", baseURL, tools: [add] });
    for await (const event of agent.stream("2 + 3?")) if (event.type === "text_delta") setText((before) => before + event.text);
  }
  return (
    <form onSubmit={ask}>
      <button type="submit">Ask</button>
      <output>{text}</output>
    </form>
  );
}

createRoot(document.querySelector("#root")!).render(
  <StrictMode>
    <Chat />
  </StrictMode>,
);
