// An agent under assistant-ui's local runtime, rendered by React in jsdom.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><div id=root></div>", { url: "https://example.org/", pretendToBeVisual: true });
for (const name of ["window", "document", "HTMLElement", "Element", "Node", "MutationObserver", "localStorage", "navigator"])
  Object.defineProperty(globalThis, name, { value: name === "window" ? window : window[name], configurable: true });
globalThis.IS_REACT_ACT_ENVIRONMENT = false;

const { AssistantRuntimeProvider, useLocalRuntime } = await import("@assistant-ui/react");
const { createElement } = await import("react");
const { createRoot } = await import("react-dom/client");
const { chatModelAdapter, threadHistory } = await import("../../web/assistant-ui.js");
const { Agent, ConfigError, boot } = await import("../../web/index.js");
const { startProvider } = await import("../web/provider.mjs");

let provider;
before(async () => {
  provider = await startProvider();
  await boot({ mode: "main", runtimeURL: new URL("../../wheels/", import.meta.url) });
});
after(() => provider.stop());

const weather = {
  name: "weather",
  description: "Current weather.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  execute: ({ city }) => ({ city, celsius: 7 }),
};
const call = (args) => ({ tool_calls: [{ name: "weather", arguments: args }] });
const agentFor = (box, options = {}) => new Agent({ model: "openai:gpt-4o", apiKey: "k", baseURL: box.url, retry: false, ...options });

function storage() {
  const items = new Map();
  return { items, getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
}

/** A thread of assistant-ui in a React tree of its own. */
async function open(adapter, history) {
  let thread;
  function App() {
    const runtime = useLocalRuntime(adapter, history ? { adapters: { history } } : {});
    thread = runtime.thread;
    return createElement(AssistantRuntimeProvider, { runtime });
  }
  const root = createRoot(document.createElement("div"));
  root.render(createElement(App));
  while (!thread || thread.getState().isLoading) await pause(5);
  const until = async (fits) => {
    for (let n = 0; n < 2000 && !fits(thread.getState()); n++) await pause(5);
    assert.ok(fits(thread.getState()), JSON.stringify(thread.getState().messages.at(-1)));
    return thread.getState();
  };
  return {
    until,
    get thread() {
      return thread;
    },
    close: () => root.unmount(),
  };
}
const done = ({ isRunning, messages }) => !isRunning && messages.at(-1)?.role === "assistant" && messages.at(-1).status.type === "complete";
const typesOf = ({ content }) => content.map(({ type }) => type);

test("text, reasoning and tools are parts of an assistant's message, and later turns have them", async () => {
  const box = await provider.box({ reasoning: "I should look.", ...call({ city: "Oslo" }) }, { text: "It is cold." }, { text: "Rome." });
  const page = await open(chatModelAdapter({ agent: agentFor(box, { tools: [weather] }) }));
  page.thread.append("Weather in Oslo?");
  const { messages } = await page.until(done);
  assert.deepEqual(typesOf(messages[1]), ["reasoning", "tool-call", "text"]);
  assert.deepEqual(messages[1].content[1].result, { city: "Oslo", celsius: 7 });
  assert.equal(messages[1].metadata.custom.staysail.usage.inputTokens, 20);
  page.thread.append("And in Rome?");
  await page.until((state) => state.messages.length === 4 && done(state));
  assert.match(JSON.stringify((await box.seen())[2].json.input), /function_call_output.*It is cold.*And in Rome/);
  page.close();
});

for (const durable of [false, ":memory:"])
  test(`an approval is answered in the thread (${durable ? "durable" : "plain"})`, async () => {
    const box = await provider.box(call({ city: "Oslo" }), { text: "It is cold." });
    const page = await open(chatModelAdapter({ agent: agentFor(box, { tools: [{ ...weather, needsApproval: true }], durable }) }));
    page.thread.append("Weather?");
    const { messages } = await page.until(({ messages }) => messages.at(-1)?.status?.type === "requires-action");
    const part = messages.at(-1).content.find(({ type }) => type === "tool-call");
    assert.equal(part.approval.approved, undefined);
    page.thread.getMessageById(messages.at(-1).id).getMessagePartByToolCallId(part.toolCallId).respondToToolApproval({ approved: true });
    const after = (await page.until(done)).messages.at(-1);
    assert.deepEqual(typesOf(after), ["tool-call", "text"]);
    assert.deepEqual(after.content[0].result, { city: "Oslo", celsius: 7 });
    assert.equal((await box.seen()).length, 2);
    page.close();
  });

test("a thread is kept, and its answers go on after a reload", async () => {
  const box = await provider.box(
    { text: "One." },
    call({ city: "Oslo" }),
    { text: "It is very cold in Oslo today.", stall: -60 },
    { text: "Cold." },
  );
  const agent = agentFor(box, { tools: [weather], durable: ":memory:" });
  const kept = storage();
  const history = () => threadHistory({ id: "t", storage: kept, agent });
  const page = await open(chatModelAdapter({ agent, history: history() }), history());
  page.thread.append("Count.");
  await page.until(done);
  page.thread.append("Weather?");
  await page.until(({ messages }) => messages.at(-1).content?.some?.(({ type, text }) => type === "text" && text.startsWith("It")));
  const gone = new Map(kept.items);
  page.thread.cancelRun();
  await page.until(({ isRunning }) => !isRunning);
  page.close();

  const copy = storage();
  for (const [key, value] of gone) copy.setItem(key, value);
  const again = threadHistory({ id: "t", storage: copy, agent });
  const next = await open(chatModelAdapter({ agent, history: again }), again);
  const { messages } = await next.until((state) => state.messages.length === 4 && done(state));
  assert.deepEqual(
    messages.map(({ role }) => role),
    ["user", "assistant", "user", "assistant"],
  );
  assert.deepEqual([typesOf(messages[3]), messages[3].content[1].text], [["tool-call", "text"], "Cold."]);
  assert.equal((await box.seen()).length, 4);
  next.close();
});

// assistant-ui#5054
test("a request for approval is still there after a reload, and its answer goes on", async () => {
  const box = await provider.box(call({ city: "Oslo" }), { text: "It is cold." });
  const agent = agentFor(box, { tools: [{ ...weather, needsApproval: true }] });
  const kept = storage();
  const history = () => threadHistory({ id: "t", storage: kept, agent });
  const asking = ({ messages }) => messages.at(-1)?.status?.type === "requires-action";
  const page = await open(chatModelAdapter({ agent, history: history() }), history());
  page.thread.append("Weather?");
  await page.until(asking);
  page.close();
  const next = await open(chatModelAdapter({ agent, history: history() }), history());
  const { messages } = await next.until(asking);
  const part = messages.at(-1).content.find(({ type }) => type === "tool-call");
  next.thread.getMessageById(messages.at(-1).id).getMessagePartByToolCallId(part.toolCallId).respondToToolApproval({ approved: true });
  const after = (await next.until(done)).messages.at(-1);
  assert.deepEqual([typesOf(after), after.content[0].result.celsius], [["tool-call", "text"], 7]);
  assert.equal((await box.seen()).length, 2);
  next.close();
});

test("an error ends the message with it, and what is missing is said at once", async () => {
  const box = await provider.box({ status: 500, body: { error: { message: "broken pipe" } } });
  const page = await open(chatModelAdapter({ agent: agentFor(box) }));
  page.thread.append("Hello");
  const { messages } = await page.until(({ messages }) => messages.at(-1)?.status?.type === "incomplete");
  assert.match(JSON.stringify(messages.at(-1).status), /broken pipe/);
  page.close();
  assert.throws(() => chatModelAdapter({}), ConfigError);
  assert.throws(() => threadHistory({ id: "" }), ConfigError);
});
