// Files into a store from JavaScript in Node: progress, questions, citations, stopping, coming again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { StoreError, boot } from "../../web/index.js";
import { Agent } from "../../web/providers/openai.js";
import { IndexedDBVectorStore, ingest, searchTool } from "../../web/vector-store.js";
import { startProvider } from "./provider.mjs";

let provider;
before(async () => {
  provider = await startProvider();
  await boot({ runtimeURL: new URL("../../wheels/", import.meta.url) });
});
after(() => provider.stop());

async function collect(values) {
  const all = [];
  for await (const value of values) all.push(value);
  return all;
}

const agentFor = (box, options = {}) => new Agent({ apiKey: "k", model: "gpt-4o", baseURL: box.url, ...options });
const call = (name, args = {}) => ({ tool_calls: [{ name, arguments: args }] });

const WORDS = ["stay", "tide", "moon", "knot"];
const countWords = (texts) => texts.map((text) => WORDS.map((word) => text.toLowerCase().split(word).length - 0.9));

test("files are ingested with their progress, asked about, cited, and skipped when they come again", async () => {
  const store = new IndexedDBVectorStore(":memory:", { embedder: countWords });
  const files = [
    new File(["<h1>Sails</h1><p>A staysail is set on a <b>stay</b>."], "sails.html"),
    { name: "tides.md", text: "---\ntitle: Tides\n---\n# Tides\nThe tide follows the moon." },
    { name: "broken.json", bytes: new TextEncoder().encode('{"cut": ') },
    new Blob(["A knot is a mile an hour, at sea."], { type: "text/plain" }),
  ];
  const events = await collect(ingest(files, store, { size: 200, overlap: 0, metadata: { shelf_mark: 7 } }));
  assert.deepEqual(events[0], { type: "file_started", file: "sails.html", index: 0, total: 4, sizeBytes: files[0].size });
  assert.deepEqual(events.filter(({ type }) => /done|failed/.test(type)).map(({ file, type }) => [file, type]), [
    ["sails.html", "file_done"], ["tides.md", "file_done"], ["broken.json", "file_failed"], ["document", "file_done"],
  ]);
  assert.match(events.find(({ type }) => type === "file_failed").error, /^broken\.json is no JSON/);
  const again = await collect(ingest([files[0]], store, { size: 200, overlap: 0, metadata: { shelf_mark: 7 } }));
  assert.deepEqual(again[1], { type: "file_skipped", file: "sails.html", reason: "unchanged" });

  const box = await provider.box(call("search", { query: "stay" }), { text: "On a stay [sails.html#0]." });
  const agent = agentFor(box, { tools: [searchTool(store, { k: 1 })], dynamicContext: { sample: 1, dynamicTools: store } });
  const reply = await agent.run("Which way does the tide run?");
  const [context, found] = reply.steps[0].sources;
  assert.deepEqual([context.id, context.source, found.id, found.source], ["tides.md#0", "tides.md", "sails.html#0", "sails.html"]);
  assert.equal((await files[0].text()).slice(...found.span), "Sails</h1><p>A staysail is set on a <b>stay</b>.");
  assert.equal(found.document.metadata.shelf_mark, 7);
  assert.deepEqual(reply.steps[0].toolResults[0].sources, [found]);
  const [asked, told] = (await box.seen()).map(({ json }) => JSON.stringify(json.input));
  assert.match(asked, /<document id=\\"tides\.md#0\\" source=\\"tides\.md\\" title=\\"Tides\\">/);
  assert.match(told, /\\"id\\": ?\\"sails\.html#0\\"/);
});

test("stopping leaves whole files, and what the embedder throws is told", async () => {
  let fail = true;
  const embedder = (texts) => {
    if (fail && texts.some((text) => text.includes("second"))) throw new RangeError("out of words");
    return countWords(texts);
  };
  const store = new IndexedDBVectorStore(":memory:", { embedder });
  const files = ["first", "second", "third"].map((name) => ({ name, text: `The ${name} tide.` }));
  await assert.rejects(collect(ingest(files, store)), (error) => error instanceof StoreError && /out of words/.test(error.message));
  assert.equal(await store.count(), 1);
  fail = false;
  for await (const event of ingest(files, store)) if (event.type === "file_done" && event.file === "second") break;
  assert.equal(await store.count(), 2);
  await assert.rejects(collect(ingest(files, store, { signal: AbortSignal.abort() })), { name: "AbortError" });
  await collect(ingest(files, store));
  assert.equal(await store.count(), 3);
});
