// JSON and other texts that nest without end, at every door that they come in by. Runs in a page and in Node.

/** Nests that are left open, close again, or are as large as a hostile server sends without effort. */
export const NESTS = {
  open: "[".repeat(8000),
  closed: `${'[{"a":'.repeat(4000)}1${"}]".repeat(4000)}`,
  large: "[".repeat(1 << 20),
};
const PROVIDERS = ["openai", "openai-chat", "anthropic", "gemini", "gemini-interactions", "cohere", "ollama", "mistral-conversations"];
const LEVELS = [50, 150, 8000];

/** A value of so many levels. */
function nested(levels) {
  let value = {};
  for (let level = 1; level < levels; level++) value = level % 2 ? [value] : { a: value };
  return value;
}

/** Doors that a server's answers come in by: `url` is that of nest_server.mjs, with the name of a nest. */
function remoteDoors(staysail, url) {
  const { Agent, McpServer, QdrantAdapter, ToolFS } = staysail;
  const { AudioGenerationModel, EmbeddingModel, ImageGenerationModel, OcrModel, Reranker, TranscriptionModel } = staysail;
  const doors = {};
  const access = (kind) => ({ apiKey: "k-12345678", baseURL: `${url}/${kind}/v1` });
  for (const kind of ["body", "field", "error"]) {
    const at = (model) => ({ model, retry: false, ...access(kind) });
    for (const name of PROVIDERS) {
      doors[`${name}, ${kind}`] = () => new Agent(at(`${name}:m`)).prompt("hi");
      doors[`${name}, stream, ${kind}`] = async () => {
        const streamed = { ...at(`${name}:m`), ...(kind === "body" && name !== "ollama" && access("stream")) };
        for await (const event of new Agent(streamed).stream("hi")) if (event.type === "run_done") return event.reply.text;
      };
    }
    doors[`embeddings, ${kind}`] = () => new EmbeddingModel(at("openai:m")).embedText("a");
    doors[`reranking, ${kind}`] = () => new Reranker(at("vllm:m")).rerank("a", ["b"]);
    doors[`transcription, ${kind}`] = () => new TranscriptionModel(at("openai:m")).transcribe(new Uint8Array(8));
    doors[`pictures, ${kind}`] = () => new ImageGenerationModel(at("openai:m")).generate("a");
    doors[`speech, ${kind}`] = () => new AudioGenerationModel(at("gemini:m")).speak("a");
    doors[`documents, ${kind}`] = () => new OcrModel(at("mistral:m")).read(new Uint8Array(8));
    doors[`models, ${kind}`] = () => staysail.listModels("openai", access(kind));
    doors[`files, ${kind}`] = () => new staysail.ProviderFiles("openai", access(kind)).list();
    doors[`batches, ${kind}`] = () => new Agent(at("openai:m")).batch(["a"]);
    doors[`Qdrant, ${kind}`] = () =>
      new QdrantAdapter("c", { embedTexts: async () => [{ vec: [1] }] }, { url: `${url}/${kind}` }).topN({ query: "a", samples: 1 });
  }
  for (const transport of ["mcp", "mcp-stream"]) {
    const server = (part) => new McpServer({ url: `${url}/${transport}/${part}`, timeoutMs: 20_000 });
    doors[`${transport}, greeting`] = () => server("greeting").connect();
    doors[`${transport}, tools`] = () => server("tools").tools();
    doors[`${transport}, schema`] = () => server("schema").tools();
    doors[`${transport}, resources`] = () => server("resources").resources();
    doors[`${transport}, prompts`] = () => server("prompts").prompts();
    for (const part of ["error", "structured", "text", "result"])
      doors[`${transport}, a call's ${part}`] = async () => (await server(part).tools())[0].execute({});
  }
  const opened = async (options) => {
    const toolfs = await ToolFS.open({ name: ":memory:", ...options });
    return [toolfs, toolfs.session({ name: "me", paths: { "/toolfs": "*" }, hosts: { [new URL(url).host]: "*" } })];
  };
  doors["a mounted server"] = async () => {
    const [toolfs, me] = await opened({ mounts: { "/toolfs/web": { http: `${url}/body`, index: "index.json" } } });
    return toolfs.list("/toolfs/web", me);
  };
  for (const kind of ["plugin", "body"])
    doors[`a plugin on a server, ${kind}`] = async () => {
      const [toolfs, me] = await opened();
      await toolfs.plugins.install({ kind: "http", url: `${url}/${kind}`, name: "p" });
      return toolfs.execute("p", { operation: "go" }, me);
    };
  return doors;
}

/** Doors that a text comes in by that is already here. */
function textDoors(staysail, nest) {
  const { Agent, Conversations, IndexedDBVectorStore, ToolFS, ingest, loadDocuments, pythonTools } = staysail;
  const doors = {};
  const files = {
    "a.json": nest,
    "a.jsonl": `${nest}\n{}`,
    "a.md": `---\na: ${nest}\n---\ntext`,
    "a.txt": nest,
    "a.csv": nest,
    "a.html": nest,
  };
  for (const [name, text] of Object.entries(files)) {
    doors[`a document, ${name}`] = () => loadDocuments({ name, text });
    doors[`ingest, ${name}`] = async () => {
      const store = new IndexedDBVectorStore(":memory:", { embedder: (texts) => texts.map(() => [1, 0]) });
      const types = [];
      for await (const event of ingest([{ name, text }], store)) types.push(event.type);
      return types.at(-1);
    };
  }
  doors.conversations = () => new Conversations(":memory:").import(nest);
  doors["a conversation's message"] = () => new Conversations(":memory:").import(`{"conversations":[{"id":"a","messages":${nest}}]}`);
  const opened = async () => {
    const toolfs = await ToolFS.open({ name: ":memory:", mounts: { "/toolfs/data": {} } });
    return [toolfs, toolfs.session({ name: "me", paths: { "/toolfs": "*" } })];
  };
  doors["a memory's text"] = async () => {
    const [toolfs, me] = await opened();
    return (await toolfs.memory.write(nest, me)).content.length;
  };
  doors["a memory's file"] = async () => {
    const [toolfs, me] = await opened();
    return toolfs.write("/toolfs/memory/a", `{"content":"x","metadata":${nest}}`, me);
  };
  doors["a skill's front matter"] = async () => {
    const [toolfs, me] = await opened();
    await toolfs.write("/toolfs/skills/s/SKILL.md", `---\nname: s\ndescription: ${nest}\n---\ntext`, me);
    return (await toolfs.skills.list(me)).length;
  };
  doors["a snapshot's file"] = async () => {
    const [toolfs, me] = await opened();
    return toolfs.snapshots.import(new TextEncoder().encode(nest), me);
  };
  for (const [what, answer] of Object.entries({ text: nest, result: `{"success": true, "result": ${nest}}` })) {
    doors[`a JavaScript plugin's ${what}`] = async () => {
      const [toolfs, me] = await opened();
      await toolfs.plugins.install({ plugin: { name: "p", execute: () => answer } });
      return toolfs.execute("p", { operation: "go" }, me);
    };
    doors[`a Python plugin's ${what}`] = async () => {
      const [toolfs, me] = await opened();
      const source = `class Plugin:\n    name, version = "p", "1"\n    def execute(self, request, files):\n        return request["data"]\n`;
      await toolfs.plugins.install({ source, name: "p" });
      return toolfs.execute("p", { operation: "go", data: answer }, me);
    };
  }
  const model = (...answers) => ({
    name: "scripted",
    async *stream() {
      yield* answers.shift() ?? ["fine"];
    },
  });
  const look = { name: "look", parameters: { type: "object", properties: { city: {} } }, execute: () => nest };
  doors["the arguments of an own model's call"] = () =>
    new Agent({ model: model([{ type: "tool_call_delta", id: "c", name: "look", argumentsDelta: nest }]), tools: [look] }).prompt("hi");
  doors["a tool's text"] = () =>
    new Agent({ model: model([{ type: "tool_call", id: "c", name: "look", arguments: {} }]), tools: [look] }).prompt("hi");
  doors["structured output"] = () => new Agent({ model: model([nest], [nest], [nest]), outputSchema: { type: "object" } }).run("hi");
  doors["structured output while it streams"] = async () => {
    const agent = new Agent({ model: model([nest.slice(0, 4000), nest]), outputSchema: { type: "object" } });
    for await (const event of agent.stream("hi")) if (event.type === "run_done") return event.reply.text;
  };
  doors["a Python tool's arguments"] = async () => {
    const [tool] = await pythonTools("from staysail import tool\n@tool\ndef take(a: list[int]) -> int:\n    return len(a)\n");
    return tool.execute({ a: nest });
  };
  return doors;
}

/** Doors that a value of JavaScript comes in by. */
function valueDoors(staysail, levels) {
  const { Agent, Conversations, IndexedDBVectorStore, ToolFS } = staysail;
  const value = nested(levels);
  const scripted = (answers) => ({
    name: "scripted",
    async *stream() {
      yield* answers.shift() ?? ["fine"];
    },
  });
  const called = (tool, more) =>
    new Agent({
      model: scripted([[{ type: "tool_call", id: "c", name: "look", arguments: {} }]]),
      tools: [{ name: "look", ...tool }],
      ...more,
    }).run("hi");
  const opened = async () => {
    const toolfs = await ToolFS.open({ name: ":memory:", mounts: { "/toolfs/data": {} } });
    return [toolfs, toolfs.session({ name: "me", paths: { "/toolfs": "*" } })];
  };
  return {
    "a tool's result": () => called({ execute: () => value }),
    "a tool's progress": () =>
      called({
        async *execute() {
          yield value;
          yield "done";
        },
      }),
    "a tool's schema": () => called({ parameters: { type: "object", properties: { a: { enum: [value] } } }, execute: () => "x" }),
    "a durable run's tool": () => called({ execute: () => value }, { durable: ":memory:" }),
    "an own model's arguments": () =>
      new Agent({
        model: scripted([[{ type: "tool_call", id: "c", name: "look", arguments: { value } }]]),
        tools: [{ name: "look", execute: () => "x" }],
      }).run("hi"),
    "an output schema": () => new Agent({ model: scripted([]), outputSchema: { properties: { a: { enum: [value] } } } }).run("hi"),
    "a history": () =>
      new Agent({ model: scripted([]) }).chat("hi", [{ role: "user", content: [{ type: "text", text: "a", extra: { value } }] }]),
    "a conversation": () =>
      new Conversations(":memory:").append("a", [{ role: "user", content: [{ type: "text", text: "a", extra: { value } }] }]),
    "an import": () => new Conversations(":memory:").import({ conversations: [value] }),
    "additional parameters": () =>
      new Agent({
        model: "openai-compatible:m",
        apiKey: "k",
        baseURL: "http://127.0.0.1:9/v1",
        retry: false,
        additionalParams: { value },
      }).prompt("hi"),
    "a document's metadata": () =>
      new IndexedDBVectorStore(":memory:", { embedder: (texts) => texts.map(() => [1, 0]) }).upsert([
        { id: "1", text: "a", metadata: { value } },
      ]),
    "a filter": async () => {
      const store = new IndexedDBVectorStore(":memory:", { embedder: (texts) => texts.map(() => [1, 0]) });
      await store.upsert([{ id: "1", text: "a" }]);
      return store.topN({ query: "a", samples: 1, filter: { and: [value] } });
    },
    "a memory's metadata": async () => {
      const [toolfs, me] = await opened();
      return toolfs.memory.write("x", me, { metadata: { value } });
    },
    "a plugin's result": async () => {
      const [toolfs, me] = await opened();
      await toolfs.plugins.install({ plugin: { name: "p", execute: () => ({ success: true, result: value }) } });
      return toolfs.execute("p", { operation: "go" }, me);
    },
    "a plugin's request": async () => {
      const [toolfs, me] = await opened();
      await toolfs.plugins.install({ plugin: { name: "p", execute: () => ({ success: true }) } });
      return toolfs.execute("p", { operation: "go", data: value }, me);
    },
    "a plugin's operations": async () => {
      const [toolfs] = await opened();
      return toolfs.plugins.install({
        plugin: { name: "p", operations: { a: { parameters: value } }, execute: () => ({ success: true }) },
      });
    },
  };
}

/**
 * Tries every door. Returns how each ended, what Python counted meanwhile, and how many doors there were.
 * @param {any} staysail everything that its modules export
 * @param {string} url of nest_server.mjs
 * @param {{nests?: string[], levels?: number[]}} [chosen]
 */
export async function tryDoors(staysail, url, { nests = Object.keys(NESTS), levels: chosen = LEVELS } = {}) {
  const doors = {};
  for (const [name, nest] of Object.entries(NESTS).filter(([name]) => nests.includes(name)))
    for (const [door, open] of Object.entries({ ...remoteDoors(staysail, `${url}/${name}`), ...textDoors(staysail, nest) }))
      doors[`${door} (${name})`] = open;
  for (const levels of chosen)
    for (const [door, open] of Object.entries(valueDoors(staysail, levels))) doors[`${door} (${levels} levels)`] = open;
  const [count] = await staysail.pythonTools(
    "from staysail import tool\nnumber = 0\n@tool\ndef count() -> int:\n    global number\n    number += 1\n    return number\n",
  );
  const ends = {};
  for (const [door, open] of Object.entries(doors)) {
    const began = Date.now();
    const end = await Promise.resolve()
      .then(open)
      .then(
        () => "a value",
        (error) => (error instanceof staysail.StaysailError ? error.name : String(error)),
      );
    ends[door] = { end, ms: Date.now() - began, count: await count.execute({}).catch(String) };
  }
  return ends;
}

/** What is wrong with how the doors ended. */
export function findFaults(ends) {
  const doors = Object.entries(ends);
  const wrong = doors.filter(([, { end, ms }]) => !/^(a value|[A-Z]\w+Error)$/.test(end) || end === "InterpreterError" || ms > 20_000);
  const died = doors.find(([, { count }], at) => count !== at + 1);
  return [...wrong.map(([door, { end, ms }]) => `${door}: ${end} after ${ms} ms`), ...(died ? [`Python died at ${died[0]}`] : [])];
}
