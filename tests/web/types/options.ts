// Options: what is misspelt, of another type or left out does not compile.

import { Agent, Conversations, EmbeddingModel, InMemoryVectorStore, KeyStore, boot, pythonTools, readTraces } from "staysail";
import { Agent as OpenAI, CompletionModel, TranscriptionModel } from "staysail/openai";
import { localEngine } from "staysail/local";
import { QdrantAdapter } from "staysail/qdrant";
import type { AgentOptions, CallOptions, PlainTool } from "staysail/types";
import { is } from "./is.js";

const every: AgentOptions = {
  apiKey: async () => "k",
  model: "openai:gpt-4o",
  baseURL: "https://proxy.example/v1",
  headers: { "x-team": "a" },
  preamble: "Be brief.",
  context: ["One.", { id: "2", text: "Two." }],
  temperature: 0,
  maxTokens: 10,
  tools: [],
  toolChoice: { name: "x" },
  toolConcurrency: 2,
  toolTimeoutMs: 1,
  maxTurns: 3,
  additionalParams: { seed: 1 },
  retry: { attempts: 3, baseMs: 1 },
  timeoutMs: { connectMs: 1, totalMs: null },
  cache: { maxEntries: 5 },
  dynamicContext: { sample: 2, dynamicTools: { search: (_query, n) => [[n, "id", { text: "x" }]] } },
};
const agent = new Agent(every);

new Agent({
  model: "openai:m",
  conversation: "a",
  conversations: new Conversations("chats"),
  memory: { slidingWindow: 20, tokenWindow: { tokens: 9, count: (text) => text.length } },
});
new Agent({
  model: "openai:m",
  memory: [{ summary: { overTokens: 9000, model: "openai:gpt-4o" } }, { fit: (messages, { promptAt }) => messages.slice(promptAt) }],
});
const listed = await new Conversations().list();
is<string | undefined>()(listed[0]?.title);
// @ts-expect-error: overTokens
new Agent({ model: "openai:m", memory: { summary: {} } });
// @ts-expect-error: a store of conversations
new Agent({ model: "openai:m", conversations: {} });

new Agent({ model: "openai:m", tracer: { exporter: "console" }, apiKey: () => new KeyStore().load("openai") });
new Agent({ model: "openai:m", tracer: { exporter: ({ endMs, startMs }) => is<number>()(endMs - startMs), content: true, raw: true } });
new Agent({ model: "openai:m", tracer: { exporter: { otlp: "http://collector" } } });
is<string>()((await readTraces("runs"))[0]!.name);
// @ts-expect-error: an exporter
new Agent({ model: "openai:m", tracer: { exporter: "file" } });
// @ts-expect-error: a passphrase or a passkey
new KeyStore().save("openai", "k", {});

// @ts-expect-error: temperature
new Agent({ model: "openai:m", temprature: 1 });
// @ts-expect-error: apiKey
new OpenAI({ model: "m", apikey: "k" });
// @ts-expect-error: a number
new Agent({ model: "openai:m", maxTokens: "10" });
// @ts-expect-error: a model is needed
new Agent({ apiKey: "k" });
// @ts-expect-error: options are needed
new Agent();
// @ts-expect-error: maxTurns
agent.prompt("Hello", { maxturns: 1 });
// @ts-expect-error: history is an agent's no more than a model is a call's
agent.run("Hello", { model: "other" });
// @ts-expect-error: the interpreter runs in a worker or on the main thread
boot({ mode: "thread" });
// @ts-expect-error: not an agent's call
agent.ask("Hello");

export async function calls(signal: AbortSignal): Promise<void> {
  const options: CallOptions = { signal, history: [{ role: "user", content: "Hello" }], temperature: 1 };
  is<string>()(await agent.prompt(["What is this?", { type: "image", url: "https://pictures.example/1.png" }], options));
  is<string>()(await agent.chat("And now?", [{ role: "user", content: [{ type: "text", text: "Hello" }] }]));
  is<string>()(await agent.promptMultiTurn("Hello", 2));
  is<(string | Error)[]>()(await agent.batchPrompt(["a", "b"], { concurrency: 2 }));
  const python: PlainTool[] = await pythonTools("def f(): ...", { requirements: ["numpy"] });
  const [first] = await pythonTools("/tools.py");
  await first?.execute({ a: 1 }); // a Python tool is called without a run around it too
  new Agent({ model: "openai:gpt-4o", tools: python });
}

export async function models(): Promise<void> {
  const model = new EmbeddingModel({ model: "openai:text-embedding-3-small", dimensions: 8 });
  is<number[]>()((await model.embedText("x")).vec);
  const store = new InMemoryVectorStore(model);
  is<string[]>()(await store.addDocuments(["One.", { id: "2", text: "Two." }]));
  new Agent({
    model: "openai:gpt-4o",
    dynamicContext: [
      { sample: 1, dynamicTools: store },
      { sample: 1, dynamicTools: new QdrantAdapter("c", model, { url: "http://q" }) },
    ],
  });
  is<string>()((await new TranscriptionModel({ modelName: "whisper-1" }).transcribe(new Blob([]))).text);
  for await (const event of new CompletionModel({ model: "gpt-4o" }).stream("Hello"))
    if (event.type === "completion") is<number>()(event.usage.totalTokens);
  await (await localEngine({ localURL: "/local/" })).load({ onProgress: ({ loadedBytes }) => is<number>()(loadedBytes) });
}
