// A page with useChat of the AI SDK and no route behind it: the agent runs in the page, asks before it pays, and goes on after a reload.

import { useChat } from "@ai-sdk/react";
import { isToolUIPart, lastAssistantMessageIsCompleteWithApprovalResponses } from "ai";
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { configure } from "staysail";
import { StaysailTransport } from "staysail/ai-sdk";
import { Agent } from "staysail/openai";

configure({ runtimeURL: "/wheels/" }); // Pyodide's files; leave it out, and they come from Pyodide's CDN
const baseURL = new URLSearchParams(location.search).get("base"); // a proxy of yours that adds the key
const pay = {
  name: "pay",
  description: "Pays a bill.",
  parameters: { type: "object", properties: { euros: { type: "number" } }, required: ["euros"] },
  needsApproval: true,
  execute: ({ euros }) => ({ paid: euros }),
};
const agent = new Agent({ model: "gpt-6-luna", baseURL, durable: true, tools: [pay] });
const transport = new StaysailTransport({ agent });
const stored = JSON.parse(localStorage.getItem("messages") ?? "[]");

function Part({ part, answer }) {
  if (part.type === "text") return <p>{part.text}</p>;
  if (!isToolUIPart(part)) return null;
  const { state, input, output, errorText, approval } = part;
  return (
    <div>
      <p>{`${part.type} ${JSON.stringify(input)}: ${JSON.stringify(output) ?? errorText ?? state}`}</p>
      {state === "approval-requested" && <button onClick={() => answer({ id: approval.id, approved: true })}>Approve</button>}
      {state === "approval-requested" && <button onClick={() => answer({ id: approval.id, approved: false })}>Refuse</button>}
    </div>
  );
}

function Chat() {
  const [text, setText] = useState("");
  const { messages, status, error, sendMessage, stop, regenerate, addToolApprovalResponse } = useChat({
    id: "harbour",
    messages: stored,
    transport,
    resume: true,
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  });
  useEffect(() => localStorage.setItem("messages", JSON.stringify(messages)), [messages]);
  const submit = (event) => (event.preventDefault(), sendMessage({ text }), setText(""));
  return (
    <>
      {messages.map(({ id, role, parts }) => (
        <article key={id} className={role}>{parts.map((part, at) => <Part key={at} part={part} answer={addToolApprovalResponse} />)}</article>
      ))}
      {error && <p role="alert">{error.message} <button onClick={() => regenerate()}>Try again</button></p>}
      <form onSubmit={submit}><input value={text} onChange={(event) => setText(event.target.value)} /><button>Send</button></form>
      <p>{status} {["submitted", "streaming"].includes(status) && <button onClick={stop}>Stop</button>}</p>
    </>
  );
}

createRoot(document.getElementById("root")).render(<StrictMode><Chat /></StrictMode>);
