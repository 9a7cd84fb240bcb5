/**
 * The clients that bench/clients.py compares, and what is asked of each. A client is made by `connect(url, tool)`:
 * {prompt(text), rounds(text)} (of tools) give the answer's text, {stream(text)} its pieces.
 */

import { Agent, boot } from "/web/index.js";

const runtimeURL = new URL("/wheels/", location.href).href;

const add = {
  name: "add",
  description: "Adds.",
  parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] },
  execute: ({ a, b }) => a + b,
};

/** What one would write by hand: no retries, no time limit, no checks. */
const bare = {
  connect(url, { name, description, parameters, execute }) {
    const headers = { "content-type": "application/json", authorization: "Bearer k" };
    const tools = [{ type: "function", function: { name, description, parameters } }];
    const ask = (messages, more) =>
      fetch(`${url}/chat/completions`, { method: "POST", headers, body: JSON.stringify({ model: "m", messages, ...more }) });
    const answer = async (messages, more) => (await (await ask(messages, more)).json()).choices[0].message;
    const said = (content) => [{ role: "user", content }];
    return {
      prompt: async (text) => (await answer(said(text))).content,
      async rounds(text) {
        const messages = said(text);
        while (true) {
          const message = await answer(messages, { tools });
          if (!message.tool_calls) return message.content;
          const results = message.tool_calls.map((call) => ({
            role: "tool",
            tool_call_id: call.id,
            content: String(execute(JSON.parse(call.function.arguments))),
          }));
          messages.push(message, ...results);
        }
      },
      async *stream(text) {
        let rest = "";
        for await (const piece of (await ask(said(text), { stream: true })).body.pipeThrough(new TextDecoderStream())) {
          const lines = (rest + piece).split("\n");
          rest = lines.pop();
          for (const line of lines) {
            if (!line.startsWith("data: {")) continue;
            const delta = JSON.parse(line.slice(6)).choices[0]?.delta.content;
            if (delta) yield delta;
          }
        }
      },
    };
  },
};

const staysail = {
  connect(baseURL, tool) {
    const agent = new Agent({ model: "openai-chat:m", apiKey: "k", baseURL });
    const withTools = new Agent({ model: "openai-chat:m", apiKey: "k", baseURL, tools: [tool] });
    return {
      prompt: (text) => agent.prompt(text),
      rounds: (text) => withTools.prompt(text),
      async *stream(text) {
        for await (const event of agent.stream(text)) if (event.type === "text_delta") yield event.text;
      },
    };
  },
};

/**
 * JavaScript's.
 * @param {"worker" | "main"} mode where Python runs for staysail
 * @param {string[]} names of bundles
 */
export async function inPage(mode, names) {
  await boot({ mode, runtimeURL });
  const bundled = await Promise.all(names.map(async (name) => [name, await import(`/bench/built/clients/${name}.js`)]));
  return { bare, ...Object.fromEntries(bundled), staysail };
}

/**
 * Python's, in an interpreter in the calling thread.
 * @param {string[]} wheels below bench/wheels/
 * @param {string[]} names
 */
export async function inPyodide(wheels, names) {
  const { loadPyodide } = await import(`${runtimeURL}pyodide.mjs`);
  const pyodide = await loadPyodide();
  await pyodide.loadPackage("staysail", { messageCallback() {} });
  for (const name of wheels) pyodide.unpackArchive(await (await fetch(`/bench/wheels/${name}`)).arrayBuffer(), "wheel");
  pyodide.runPython(await (await fetch("/bench/page/clients.py")).text());
  const clients = Object.fromEntries(names.map((name) => [name, { connect: (url) => pyodide.globals.get("connect")(name, url) }]));
  return { clients: { bare, ...clients }, imports: pyodide.globals.get("imports").toJs({ dict_converter: Object.fromEntries }) };
}

/**
 * Each work with each client, in turns. Answers that are not the right ones throw.
 * @param {Record<string, {connect: Function}>} clients
 * @param {Record<string, Record<string, string>>} boxes base URLs by work, of "anthropic" its own and of all others
 * @param {{text: string, deltas: number, runs: Record<string, number>}} plan
 */
export async function measure(clients, boxes, { text, deltas, runs }) {
  const asked = {
    prompt: (client) => client.prompt("How are you?"),
    one: (client) => client.rounds("1 + 2?"),
    five: (client) => client.rounds("1 + 2?"),
    hundred: async (client) => {
      const answers = await (client.hundred?.("How are you?") ??
        Promise.all(Array.from({ length: 100 }, () => client.prompt("How are you?"))));
      return [...answers].every((answer) => answer === text) ? text : "something else";
    },
    stream: (client) => (client.count ?? count)("Tell me.", client),
  };
  const results = Object.fromEntries(Object.keys(clients).map((name) => [name, { hold: [] }]));
  for (const [work, ask] of Object.entries(asked)) {
    const connected = Object.entries(clients).map(([name, { connect }]) => [name, connect((boxes[name] ?? boxes.chat)[work], add)]);
    for (let run = -1; run < runs[work]; run++) {
      for (const [name, client] of connected) {
        const { ms, value, hold } = await lap(() => ask(client));
        if (value !== (work === "stream" ? deltas : text)) throw new Error(`${name} answered ${value} to ${work}`);
        if (run < 0) continue; // the first is for the compilers
        (results[name][work] ??= []).push(ms);
        if (work === "stream") results[name].hold.push(hold);
      }
    }
  }
  return results;
}

async function count(text, client) {
  let pieces = 0;
  for await (const _ of client.stream(text)) pieces++;
  return pieces;
}

/** hold: the longest time between two turns of this thread's loop meanwhile, beyond the 4 ms that a timer waits. */
async function lap(work) {
  const begun = performance.now();
  let hold = 0;
  let last = begun;
  const look = () => {
    const now = performance.now();
    hold = Math.max(hold, now - last - 4);
    last = now;
  };
  const timer = setInterval(look, 4);
  try {
    const value = await work();
    const ms = performance.now() - begun;
    look();
    return { ms, value, hold };
  } finally {
    clearInterval(timer);
  }
}
