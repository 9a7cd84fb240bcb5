/** The models that run in the page. */

import { openTransformer } from "/web/local/transformer.js";
import { LocalEngine } from "/web/local/engine.js";
import { runtimeFolder } from "/web/local/abilities.js";

const asked = (text) => [{ role: "user", content: [{ type: "text", text }] }];
const WEATHER = {
  name: "get_weather",
  description: "Current weather of a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

/** Loads both models, asks, calls a tool, embeds, stops. Returns what came of each, and how long it took. */
export async function useModels({ threads }) {
  const engine = new LocalEngine({ threads, contextTokens: 1024 });
  const started = performance.now();
  await engine.load({ embedder: true });
  const loadMs = Math.round(performance.now() - started);
  const told = { loadMs, runtime: runtimeFolder(), text: "" };
  const times = [];
  for await (const event of engine.complete({ messages: asked("Tell me about the sea."), max_tokens: 12 })) {
    if (event.type === "text") times.push(performance.now());
    if (event.type === "text") told.text += event.text;
  }
  told.tokensPerSecond = Math.round(((times.length - 1) / (times.at(-1) - times[0])) * 10_000) / 10;
  const events = [];
  for await (const event of engine.complete({ messages: asked("What's the weather in Oslo?"), tools: [WEATHER] })) events.push(event);
  told.call = [events[0].name, events[0].arguments];
  const vectors = await engine.embed(["a ship", "a boat", "bread"]);
  const dot = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0);
  told.near = dot(vectors[0], vectors[1]) > dot(vectors[0], vectors[2]);
  const control = new AbortController();
  try {
    for await (const event of engine.complete({ messages: asked("A long story.") }, { signal: control.signal })) {
      if (event.type === "text") control.abort();
    }
  } catch (error) {
    told.stopped = error.name;
  }
  engine.dispose();
  return told;
}

/** Runs the built-in model by wllama 3: an answer, and a forced call. Returns what came of both. */
export async function useNative() {
  const engine = new LocalEngine({ threads: 1, contextTokens: 512, runtime: "native" });
  const started = performance.now();
  await engine.load();
  const told = { loadMs: Math.round(performance.now() - started), needsNothing: !("Suspending" in WebAssembly) };
  const times = [];
  for await (const event of engine.complete({ messages: asked("Tell me about the sea."), max_tokens: 8 })) {
    if (event.type === "text") times.push(performance.now());
  }
  told.tokensPerSecond = Math.round(((times.length - 1) / (times.at(-1) - times[0])) * 10_000) / 10;
  const city = { type: "string", maxLength: 12 };
  const tools = [{ ...WEATHER, parameters: { ...WEATHER.parameters, properties: { city } } }];
  const forced = { messages: asked("Weather in Oslo?"), tools, tool_choice: "required", max_tokens: 60, temperature: 0 };
  for await (const event of engine.complete(forced)) if (event.type === "tool_call") told.call = event;
  engine.dispose();
  return told;
}

/**
 * Embeds as on a device with one thread, and with two. Returns how near the vectors are, and whether the page is isolated, without which there
 * is one thread.
 */
export async function embedOnThreads() {
  const vectors = [];
  for (const threads of [1, 2]) {
    const engine = new LocalEngine({ threads });
    vectors.push((await engine.embed(["A ship sails on the sea."]))[0]);
    engine.dispose();
  }
  return { isIsolated: crossOriginIsolated, near: vectors[0].reduce((sum, value, at) => sum + value * vectors[1][at], 0) };
}

/** A worker that never speaks, as Firefox now and then starts one: the engine makes another. which: the place of the silent ones. */
export async function meetSilence({ silent }) {
  const made = [];
  const Real = globalThis.Worker;
  globalThis.Worker = class extends Real {
    constructor(address, options) {
      super(made.length < silent ? URL.createObjectURL(new Blob([""], { type: "text/javascript" })) : address, options);
      made.push(String(address));
    }
  };
  try {
    const engine = new LocalEngine({ threads: 1 });
    const started = performance.now();
    const [vector] = await engine.embed(["a ship"]);
    engine.dispose();
    return { made: made.length, size: vector.length, ms: Math.round(performance.now() - started) };
  } finally {
    globalThis.Worker = Real;
  }
}

/** Opens the embedder on two threads, of which the first `silent` never speak. Returns on how many it runs in the end, and a vector's length. */
export async function openWithSilentThreads({ silent }) {
  const Real = globalThis.Worker;
  let made = 0;
  globalThis.Worker = class extends Real {
    constructor(address, options) {
      super(++made > silent ? address : URL.createObjectURL(new Blob([""], { type: "text/javascript" })), options);
    }
  };
  try {
    const weights = await (await fetch("/wheels/local/minilm-int8.onnx")).blob();
    const runtimeURL = new URL("/wheels/local/onnxruntime/", location.href);
    const { threads, run } = await openTransformer(weights, { encode: () => [], runtimeURL, threads: 2, dimensions: 384 });
    return { threads, made, size: (await run([[101, 2911, 102]]))[0].length };
  } finally {
    globalThis.Worker = Real;
  }
}

/** Two engines, as two tabs have them, that need the same file at once. Returns how many steps of the download each saw, and whether it is kept. */
export async function downloadOnce() {
  const engines = [new LocalEngine({ threads: 1 }), new LocalEngine({ threads: 1 })];
  await engines[0].delete("embedder");
  const steps = await Promise.all(
    engines.map(async (engine) => {
      const seen = new Set();
      const onProgress = ({ stage, loadedBytes }) => stage === "embedder" && seen.add(loadedBytes);
      await engine.load({ language: false, embedder: true, onProgress });
      return seen.size;
    }),
  );
  const stored = (await engines[0].stored()).find(({ name }) => name === "embedder");
  for (const engine of engines) engine.dispose();
  return { fewest: Math.min(...steps), most: Math.max(...steps), isComplete: stored.isComplete };
}
