// A chat in React: streaming, tools, approvals, stop, history, and a reload in the middle of an answer.

import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { configure } from "staysail";
import { Agent } from "staysail/openai";
import { ToolView, useChat } from "staysail/react";

configure({ runtimeURL: "/wheels/" }); // Pyodide's files; leave it out, and they come from Pyodide's CDN
const baseURL = new URLSearchParams(location.search).get("base"); // a proxy of yours that adds the key
const pay = {
  name: "pay",
  description: "Pays a bill.",
  parameters: { type: "object", properties: { euros: { type: "number" } }, required: ["euros"] },
  needsApproval: true,
  execute: ({ euros }) => `paid ${euros}`,
};
const chart = {
  name: "chart",
  description: "Draws a line through points from 0 to 100.",
  parameters: { type: "object", properties: { points: { type: "array", items: { type: "number" } } }, required: ["points"] },
  execute: () => "The user sees the chart.",
};
const agent = new Agent({ model: "gpt-6-luna", baseURL, durable: true, tools: [pay, chart] });

function Chart({ call }) {
  const points = call.arguments?.points ?? []; // those that the model has written so far
  return <svg viewBox="0 0 100 100" width="200"><polyline fill="none" stroke="teal" points={points.map((y, x) => `${x * 10},${100 - y}`).join(" ")} /></svg>;
}

function Part({ part, approve, refuse }) {
  if (part.type === "text") return <p>{part.text}</p>;
  if (part.type !== "tool") return null;
  return (
    <ToolView call={part} views={{ chart: Chart }}>
      <p>{part.name}({part.argumentsText}): {part.result?.text ?? part.state}</p>
      {part.request && <button onClick={() => approve(part.request.id)}>Approve</button>}
      {part.request && <button onClick={() => refuse(part.request.id, "The user refused.")}>Refuse</button>}
    </ToolView>
  );
}

function Chat() {
  const { messages, status, error, queued, send, stop, retry, approve, refuse } = useChat(agent, { conversation: "harbour" });
  const [text, setText] = useState("");
  const isRunning = ["submitted", "streaming", "awaiting-approval"].includes(status);
  const submit = (event) => (event.preventDefault(), send(text), setText(""));
  return (
    <>
      {messages.map(({ id, role, parts }) => (
        <article key={id} className={role}>{parts.map((part, at) => <Part key={at} {...{ part, approve, refuse }} />)}</article>
      ))}
      {queued.map(({ id, prompt }) => <article key={id} className="queued">{prompt}</article>)}
      {error && <p role="alert">{error.message} <button onClick={retry}>Try again</button></p>}
      <form onSubmit={submit}><input value={text} onChange={(event) => setText(event.target.value)} /><button>Send</button></form>
      <p>{status} {isRunning && <button onClick={stop}>Stop</button>}</p>
    </>
  );
}

createRoot(document.getElementById("root")).render(<StrictMode><Chat /></StrictMode>);
