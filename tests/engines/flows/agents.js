/** Agents: Python's start, prompts, streams, tools on both sides, a stop, conversations, MCP, a model's own code. */

import { Agent, Conversations, boot, mcpServer, pythonTool, pythonTools, shutdown } from "/web/index.js";
import { ToolFS } from "/web/toolfs.js";

const agentOf = (base, options = {}) => new Agent({ model: "openai-compatible:m", apiKey: "k", baseURL: base, ...options });
export const caught = (promise) =>
  promise.then(
    () => null,
    ({ name, code, message }) => ({ name, code, message }),
  );

/** Starts Python. snapshot: false for the plain start. Returns the milliseconds that it took, and whether memory was restored. */
export async function start({ mode = "worker", snapshot = true }) {
  const started = performance.now();
  await boot({ mode, runtimeURL: "/wheels/", ...(snapshot ? {} : { snapshot: "/wheels/none.json" }) });
  const ms = Math.round(performance.now() - started);
  const [look] = await pythonTools(`
import random, sys
def look() -> list:
    return ["staysail.bridge.restoring" in sys.modules, random.random()]
`);
  const [restored, drawn] = await look.execute({});
  return { ms, restored, drawn };
}

export function stop() {
  shutdown();
}

export async function prompt({ base, text = "Hello" }) {
  const started = performance.now();
  const said = await agentOf(base).prompt(text);
  return { said, ms: Math.round(performance.now() - started) };
}

/** Streams an answer. Returns its pieces, and whether more than one came before the end. */
export async function stream({ base }) {
  const pieces = [];
  const times = [];
  for await (const event of agentOf(base).stream("Tell me.")) {
    if (event.type !== "text_delta") continue;
    pieces.push(event.text);
    times.push(performance.now());
  }
  return { text: pieces.join(""), pieces: pieces.length, spreadMs: Math.round(times.at(-1) - times[0]) };
}

/** A JavaScript tool and a Python tool in one run, the first with a nested object. */
export async function tools({ base }) {
  const given = [];
  const here = {
    name: "here",
    description: "Where this is.",
    parameters: { type: "object", properties: { at: { type: "object" } } },
    execute: (args, { signal }) => {
      given.push([args, signal instanceof AbortSignal]);
      return { title: document.title };
    },
  };
  const bad = { name: "bad", parameters: { type: "object", properties: {} }, execute: () => Promise.reject(new Error("no wind")) };
  const [double] = await pythonTools('def double(n: int) -> int:\n    """Doubles."""\n    return 2 * n\n');
  const results = {};
  let text = "";
  for await (const event of agentOf(base, { tools: [here, bad, double] }).stream("Go.")) {
    if (event.type === "tool_result") results[event.name] = event.text;
    if (event.type === "run_done") text = event.reply.text;
  }
  return { results, given, text };
}

/** Aborts one run, and leaves another one's loop. */
export async function abort({ base }) {
  const control = new AbortController();
  const stopped = caught(
    (async () => {
      for await (const event of agentOf(base).stream("Wait.", { signal: control.signal })) if (event.type === "text_delta") control.abort();
    })(),
  );
  const error = await stopped;
  for await (const event of agentOf(base).stream("Leave.")) if (event.type === "text_delta") break;
  return error;
}

/** Two turns, a fork, a search. */
export async function converse({ base, name, again = false }) {
  const conversations = new Conversations(name);
  if (!again) {
    const agent = agentOf(base, { conversations });
    await agent.prompt("My name is Ada.", { conversation: "crew" });
    await agent.prompt("What is my name?", { conversation: "crew" });
    await conversations.fork("crew", 2, { title: "A copy" });
  }
  const kept = await conversations.load("crew");
  const hits = await conversations.search("Ada");
  return {
    said: kept.messages.map(({ role, content }) => `${role}: ${content[0].text}`),
    titles: (await conversations.list()).map(({ title }) => title).sort(),
    hits: hits.length,
  };
}

export async function useMCP({ url }) {
  const server = mcpServer({ url });
  const { protocol } = await server.connect();
  const [add] = (await server.tools()).filter(({ name }) => name === "add");
  const sum = await add.execute({ a: 2, b: 3 });
  await server.close();
  return { protocol, sum };
}

/** What a model wrote runs in an interpreter of its own, and is ended there. */
export async function runPython() {
  const toolfs = await ToolFS.open({ name: ":memory:", mounts: { "/toolfs/data": { kind: "memory" } } });
  const session = toolfs.session({ name: "agent", paths: { "/toolfs/data": "read list write" } });
  const tool = await pythonTool({ files: { toolfs, session }, timeoutMs: 8000 });
  const ask = async (code) => tool.execute({ code }).catch((error) => error.message);
  const answers = [await ask("open('/toolfs/data/a.txt', 'w').write('aye'); x = 5"), await ask("x * 2"), await ask("1 / 0")];
  answers.push(await toolfs.readText("/toolfs/data/a.txt", session).catch((error) => `${error.message}: ${answers}`));
  answers.push(await ask("import js\nawait js.fetch('http://127.0.0.1:1/')"));
  await tool.reset();
  return answers;
}

export async function endless() {
  const tool = await pythonTool({ timeoutMs: 1500 });
  const told = await tool.execute({ code: "while True: pass" }).catch((error) => error.message);
  await tool.reset();
  return told;
}

/** Begins a durable run and never ends it: its tool waits for ever. */
export function beginRun({ base, name }) {
  const agent = agentOf(base, { durable: name, tools: [{ ...book, execute: () => new Promise(() => {}) }, { ...look }] });
  return new Promise((resolve, reject) => {
    (async () => {
      for await (const event of agent.stream("Book a berth.")) if (event.type === "tool_result") return resolve(event.text);
    })().catch(reject);
  });
}

const book = { name: "book", idempotent: true, parameters: { type: "object", properties: {} } };
const look = { name: "look", parameters: { type: "object", properties: {} }, execute: () => `seen by ${document.title}` };

/** Takes the run over: what is on record is not done again. */
export async function takeOver({ base, name }) {
  const agent = agentOf(base, {
    durable: name,
    tools: [
      { ...book, execute: () => "booked here" },
      { ...look, execute: () => "again" },
    ],
  });
  const [{ id, state }] = await agent.runs();
  const results = {};
  let text = "";
  for await (const event of agent.resumeStream(id)) {
    if (event.type === "tool_result") results[event.name] = event.text;
    if (event.type === "run_done") text = event.reply.text;
  }
  await agent.forgetRun(id);
  return { state, results, text, left: (await agent.runs()).length };
}

/** What the browser has of what staysail uses, as the table of docs/engines.md names it. */
export async function features() {
  const valid = (bytes) => WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, ...bytes]));
  const relaxed = [1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11];
  return {
    JSPI: "Suspending" in WebAssembly,
    "relaxed SIMD": valid(relaxed),
    "shared memory": typeof SharedArrayBuffer === "function",
    SharedWorker: typeof SharedWorker === "function",
    "Web Locks": Boolean(navigator.locks),
    "service worker": Boolean(navigator.serviceWorker),
    WebGPU: Boolean(await navigator.gpu?.requestAdapter().catch(() => undefined)),
    "File System Access (picker)": "showDirectoryPicker" in globalThis,
    "LanguageModel (Prompt API)": "LanguageModel" in globalThis,
    WebMCP: "modelContext" in document || "modelContext" in navigator,
  };
}
