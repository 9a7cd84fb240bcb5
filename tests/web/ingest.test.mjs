// Files into a store from JavaScript in Node: progress, questions, citations, stopping, coming again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ConfigError, CorruptionError, LoaderError, StoreError } from "../../web/index.js";
import { Reranker } from "../../web/providers/vllm.js";
import { QdrantAdapter } from "../../web/qdrant.js";
import { IndexedDBVectorStore, InMemoryVectorStore, copy, ingest, loadDocuments, searchTool, splitText } from "../../web/vector-store.js";
import { agentFor, call, provider } from "./setup.mjs";

async function collect(values) {
  const all = [];
  for await (const value of values) all.push(value);
  return all;
}

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
  assert.deepEqual(
    events.filter(({ type }) => /done|failed/.test(type)).map(({ file, type }) => [file, type]),
    [
      ["sails.html", "file_done"],
      ["tides.md", "file_done"],
      ["broken.json", "file_failed"],
      ["document", "file_done"],
    ],
  );
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

test("a splitter goes by its name, or is a function of one's own, whose places are those of JavaScript", async () => {
  const store = new IndexedDBVectorStore(":memory:", { embedder: countWords });
  const text = "# Day 1\n\n⛵🌊 The stay holds. The tide runs.\n\n# Day 2\n\nThe moon is full.";
  const file = { name: "log.txt", text };
  const read = async (options) => {
    const events = await collect(ingest([file], store, options));
    const ids = (await store.ids()).sort();
    return [
      events.at(-1).type,
      (await store.get(ids)).map(({ document, metadata }) => [document, text.slice(metadata.start, metadata.end), metadata.headings]),
    ];
  };
  const whole = (await read({}))[1];
  assert.equal(whole.length, 1);
  assert.deepEqual(await read({ splitter: "markdown", size: 60, overlap: 0 }), [
    "file_done",
    [
      ["# Day 1\n\n⛵🌊 The stay holds. The tide runs.", "# Day 1\n\n⛵🌊 The stay holds. The tide runs.", ["Day 1"]],
      ["# Day 2\n\nThe moon is full.", "# Day 2\n\nThe moon is full.", ["Day 2"]],
    ],
  ]);
  const lines = async (text) =>
    [...text.matchAll(/[^\n]+/g)].map(({ 0: line, index }) => ({
      text: line,
      start: index,
      end: index + line.length,
      metadata: { headings: ["mine"] },
    }));
  const [type, mine] = await read({ splitter: lines });
  assert.equal(type, "file_done");
  assert.deepEqual(
    mine.map(([passage]) => passage),
    text.split(/\n+/),
  );
  for (const [passage, place] of mine) assert.equal(passage, place);
  assert.equal((await read({ splitter: lines }))[0], "file_skipped");
  assert.equal((await read({ splitter: async (text) => lines(text) }))[0], "file_done", "another function splits anew");
  await assert.rejects(
    read({ splitter: () => [{ text: "x", start: 0, end: 1e9 }] }),
    (error) => error instanceof ConfigError && /a passage is \{text, start, end\}/.test(error.message),
  );
  await assert.rejects(
    read({
      splitter: () => {
        throw new RangeError("too long");
      },
    }),
    /the splitter failed.*too long/,
  );
  await assert.rejects(
    read({ splitter: "verses" }),
    (error) => error instanceof ConfigError && /splitter is text, tokens/.test(error.message),
  );

  const passages = await splitText(text, { by: "sentences", size: 25, overlap: 0 });
  assert.ok(passages.length > 2);
  for (const passage of passages) assert.equal(text.slice(passage.start, passage.end), passage.text);
  assert.match(
    (await splitText("def one():\n    pass\n\ndef two():\n    pass\n", { by: { code: "python" }, size: 22 }))[1].text,
    /^def two/,
  );
  await assert.rejects(splitText("x", { by: { code: "cobol" } }), ConfigError);
  assert.deepEqual(await splitText("a b", { by: (text) => [{ text: "a", start: 0, end: 1 }] }), [
    { text: "a", start: 0, end: 1, metadata: {} },
  ]);
});

test("documents are copied between stores with ids, metadata and vectors, stopped, and taken up again", async () => {
  let embedded = 0;
  const embedder = {
    embedTexts: async (texts) => ((embedded += texts.length), countWords(texts).map((vec, at) => ({ document: texts[at], vec }))),
  };
  const memory = new InMemoryVectorStore(embedder);
  await memory.addDocuments([
    { id: "a", text: "A stay.", metadata: { page: 1 } },
    { id: "b", text: "The tide.", year: 2020 },
    ...Array.from({ length: 5 }, (_, n) => ({ id: `n${n}`, text: `knot ${n}` })),
  ]);
  const kept = new IndexedDBVectorStore(":memory:", { embedder });
  const before = embedded;
  const told = [];
  const control = new AbortController();
  await assert.rejects(
    copy(memory, kept, {
      batch: 2,
      signal: control.signal,
      onProgress: (done, total) => {
        told.push([done, total]);
        if (done === 4) control.abort();
      },
    }),
    { name: "AbortError" },
  );
  assert.deepEqual(told, [
    [2, 7],
    [4, 7],
  ]);
  assert.equal(await copy(memory, kept, { resume: true }), 3);
  assert.equal(await copy(memory, kept), 7);
  assert.equal(embedded, before, "nothing is embedded");
  const both = await kept.get(["a", "b"], { vectors: true });
  assert.deepEqual(
    both.map(({ document, metadata }) => [document, metadata]),
    [
      ["A stay.", { page: 1 }],
      [{ text: "The tide.", year: 2020 }, {}],
    ],
  );
  assert.deepEqual([...both[0].vector], [...memory.get(["a"], { vectors: true })[0].vector]);
  const third = new InMemoryVectorStore(embedder);
  assert.equal(await copy(kept, third), 7);
  for (const store of [memory, third]) assert.equal((await store.topN({ query: "stay", samples: 1 }))[0][1], "a");
  assert.deepEqual(third.get(["a", "b", "none"]), memory.get(["a", "b"]));
  await assert.rejects(copy({}, third), ConfigError);
  const qdrant = new QdrantAdapter("c", embedder, { url: "http://127.0.0.1:9" });
  for (const id of [2 ** 53, -1, 0.5])
    await assert.rejects(
      qdrant.deleteDocuments([id]),
      (error) => error instanceof ConfigError && /as a BigInt or as text/.test(error.message),
    );
  await assert.rejects(copy(memory, { upsert() {} }, { resume: true }), /and get\(ids\)/);

  // By words or both, where the store can.
  const found = searchTool(kept, { mode: "keyword", k: 3 });
  assert.deepEqual(
    (await found.execute({ query: "tide" })).sources.map(({ id }) => id),
    ["b"],
  );
  await assert.rejects(searchTool(memory, { mode: "hybrid" }).execute({ query: "tide" }), /InMemoryVectorStore finds by vector alone/);
  assert.throws(() => searchTool(kept, { mode: "fuzzy" }), /mode is vector, keyword, hybrid/);
  assert.throws(
    () => agentFor({ url: "http://127.0.0.1" }, { dynamicContext: { sample: 1, dynamicTools: kept, mode: "fuzzy" } }),
    /mode is vector/,
  );
  const box = await provider.box({ text: "ok" }, { text: "ok" });
  const own = { topN: async (request) => (told.push(request), []) };
  const context = [
    { sample: 9, dynamicTools: kept, mode: "keyword", filter: { page: 1 } },
    { sample: 2, dynamicTools: own, threshold: 0.5, mode: "hybrid" },
  ];
  const reply = await agentFor(box, { dynamicContext: context }).run("stay or tide");
  assert.deepEqual(
    reply.steps[0].sources.map(({ id }) => id),
    ["a"],
  );
  assert.deepEqual(told.at(-1), { query: "stay or tide", samples: 2, threshold: 0.5, mode: "hybrid" });
  const [answer] = reply.messages.slice(-1);
  assert.deepEqual(
    answer.extra.sources.map(({ id }) => id),
    ["a"],
  );
  await agentFor(box).run("again", { history: reply.messages });
  assert.doesNotMatch(JSON.stringify((await box.seen())[1].json), /sources|"page"/, "no provider is sent what answers rest on");
});

test("a file is loaded as documents, whatever it is given as", async () => {
  const html = "<h1>Sails</h1><p>A <b>staysail</b>.</p>";
  const [page] = await loadDocuments(new File([html], "sails.html"));
  assert.match(page.text, /A staysail\./);
  assert.deepEqual([page.id, page.metadata.source], ["sails.html", "sails.html"]);
  const rows = await loadDocuments(new TextEncoder().encode("name,metres\nketch,12\nyawl,9\n"), { name: "boats.csv" });
  assert.deepEqual(
    rows.map(({ metadata }) => metadata.row),
    [1, 2],
  );
  const [latin] = await loadDocuments({ name: "a.txt", bytes: new Uint8Array([0xe9]) }, { encoding: "latin-1" });
  assert.equal(latin.text, "é");
  const [form] = await loadDocuments(new File(["<p>x<button>OK</button><img>"], "form.html"));
  assert.deepEqual(form.notes, ["buttons, form fields and menus left out: 1", "pictures without a description left out: 1"]);
  const gbk = new File([new Uint8Array([0xe9, 0x46, 0x86, 0xb4])], "p.html", { type: "text/html; charset=gb2312" });
  assert.deepEqual(await loadDocuments(gbk).then(([{ text, notes }]) => [text, notes]), ["镕喆", []]);
  const skipped = await collect(ingest(new File(["<p hidden>no"], "a.html"), new IndexedDBVectorStore(":memory:", { dim: 8 })));
  assert.deepEqual(skipped.at(-1), { type: "file_skipped", file: "a.html", reason: "empty", notes: ["hidden parts left out: 1"] });
  const box = await provider.box({ status: 404, body: "" });
  const refused = (code, file) => (error) => error instanceof LoaderError && error.code === code && error.file.endsWith(file);
  await assert.rejects(loadDocuments({ name: "a.txt", text: "four" }, { maxBytes: 3 }), refused("too_big", "a.txt"));
  await assert.rejects(loadDocuments(`${box.url}/nothing`), refused("not_found", "nothing"));
  await assert.rejects(loadDocuments({}), ConfigError);
  await assert.rejects(loadDocuments("a", { size: 3 }), ConfigError);
  const [passage] = await splitText(html, { by: "html" });
  assert.deepEqual([passage.metadata.headings, html.slice(passage.start, passage.end).includes("staysail")], [["Sails"], true]);
});

test("a store goes out as bytes, a Blob or a stream, and comes in from a file, a stream or a response, a part at a time", async () => {
  const store = new IndexedDBVectorStore(":memory:", { dtype: "f16" });
  const count = 1500;
  const numbers = Float32Array.from({ length: 64 * count }, (_, n) => Math.sin(n) + (n % 7));
  await store.add(
    Array.from({ length: count }, (_, n) => ({ id: `d${n}`, text: `A passage ${n}`, metadata: { n } })),
    { vectors: numbers },
  );
  assert.equal((await store.explain()).dtype, "f16");
  const bytes = await store.export();
  const blob = await store.export({ as: "blob" });
  assert.deepEqual([bytes.constructor, blob.constructor, blob.type, blob.size], [Uint8Array, Blob, "application/zip", bytes.length]);
  let [pieces, read] = [0, 0];
  for await (const piece of await store.export({ as: "stream" })) [pieces, read] = [pieces + 1, read + piece.length];
  assert.equal(read, bytes.length);
  assert.ok(pieces > 5);

  const largest = { size: 0 };
  class Watched extends Blob {
    slice(from, to) {
      largest.size = Math.max(largest.size, to - from);
      return super.slice(from, to);
    }
  }
  const response = () => new Response(blob.stream());
  const served = { padded: new Uint8Array(bytes.length + 8) };
  served.padded.set(bytes, 8);
  for (const given of [
    new Watched([bytes]),
    served.padded.subarray(8),
    await store.export({ as: "stream" }),
    Promise.resolve(response()),
  ]) {
    const other = new IndexedDBVectorStore(":memory:");
    assert.equal(await other.import(given), count);
    assert.deepEqual(
      (await other.searchBatch([numbers.slice(0, 64), numbers.slice(64, 128)], 1)).map(([[, id]]) => id),
      ["d0", "d1"],
    );
    await other.close();
  }
  assert.ok(largest.size > 0 && largest.size <= 1 << 20, "a part of the file at a time");

  // What breaks off, or is no export, leaves nothing behind.
  const stream = await store.export({ as: "stream" });
  const reader = stream.getReader();
  await reader.read();
  await store.delete({ where: { n: { lt: 100 } } });
  await assert.rejects(
    async () => {
      while (!(await reader.read()).done);
    },
    (error) => error instanceof StoreError && error.code === "changed",
  );
  const left = await store.export({ as: "stream" });
  await left.cancel();
  const control = new AbortController();
  const stopped = await store.export({ as: "stream", signal: control.signal });
  control.abort();
  await assert.rejects(collect(stopped), { name: "AbortError" });
  await assert.rejects(store.import(bytes), (error) => error instanceof StoreError && error.code === "exists");
  assert.equal(await store.import(bytes, { replace: true }), count);
  const broken = bytes.slice();
  broken[bytes.length >> 1] ^= 1;
  const empty = new IndexedDBVectorStore(":memory:");
  await assert.rejects(empty.import(new Blob([broken])), CorruptionError);
  await assert.rejects(empty.import(new Blob(["no zip"])), CorruptionError);
  await assert.rejects(
    empty.import(new Response("gone", { status: 404 })),
    (error) => error instanceof StoreError && /404/.test(error.message),
  );
  await assert.rejects(empty.import("notes.zip"), ConfigError);
  await assert.rejects(empty.export({ as: "text" }), ConfigError);
  assert.equal(await empty.count(), 0);
});

test("hits are put in a better order by a function or a provider's reranker, in a search, a tool and an agent", async () => {
  const embedder = { embedTexts: async (texts) => countWords(texts).map((vec, at) => ({ document: texts[at], vec })) };
  const store = new IndexedDBVectorStore(":memory:", { embedder });
  await store.add(
    ["knot", "tide", "moon", "stay"].flatMap((word) =>
      Array.from({ length: 3 }, (_, n) => ({ id: `${word}${n}`, text: `${word} ${"and so on ".repeat(n)}`, metadata: { n } })),
    ),
  );
  let seen = 0;
  const longest = (query, hits) => ((seen = hits.length), [...hits].sort(([, , a], [, , b]) => b.text.length - a.text.length));
  assert.deepEqual(
    (await store.search("tide", 1, { rerank: longest })).map(([, id]) => id),
    ["tide2"],
  );
  assert.equal(seen, 4, "of more than are wanted");
  assert.equal((await store.search("tide", 3, { diversity: 1 })).length, 3);
  const memory = new InMemoryVectorStore(embedder);
  await copy(store, memory);
  for (const refused of [{ mode: "keyword" }, { filter: { n: 1 } }, { diversity: 0.5 }])
    await assert.rejects(memory.topN({ query: "tide", samples: 1, ...refused }), ConfigError);
  const box = await provider.box(
    {
      body: {
        results: [
          { index: 2, relevance_score: 0.9 },
          { index: 0, relevance_score: 0.4 },
        ],
      },
    },
    { body: { results: [{ index: 1, relevance_score: 0.7 }] } },
    { text: "Twice a day." },
  );
  const model = new Reranker({ model: "m", baseURL: box.url });
  assert.deepEqual(await model.rerank("Which?", ["a", "b", "c"], { topN: 2 }), [
    { index: 2, score: 0.9, document: "c" },
    { index: 0, score: 0.4, document: "a" },
  ]);
  const { sources } = await searchTool(memory, { k: 1, rerank: model }).execute({ query: "tide" });
  assert.deepEqual(
    sources.map(({ id, score }) => [id, score]),
    [["tide1", 0.7]],
  );
  const reply = await agentFor(box, {
    dynamicContext: { sample: 1, dynamicTools: store, rerank: async (query, hits) => longest(query, hits) },
  }).run("tide");
  assert.deepEqual(
    reply.steps[0].sources.map(({ id }) => id),
    ["tide2"],
  );
  const [asked] = await box.seen();
  assert.deepEqual([asked.json.query, asked.json.documents, asked.json.top_n], ["Which?", ["a", "b", "c"], 2]);
  await assert.rejects(
    store.search([1, 0, 0, 0], 1, { rerank: model }),
    (error) => error instanceof ConfigError && /search for a text/.test(error.message),
  );
  await assert.rejects(store.search("tide", 1, { rerank: "best" }), ConfigError);
  assert.throws(() => searchTool(store, { rerank: {} }), ConfigError);
});
