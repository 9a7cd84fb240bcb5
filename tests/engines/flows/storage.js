/** What a browser keeps: vectors, files, keys. */

import { IndexedDBVectorStore, KeyStore } from "/web/index.js";
import { ToolFS } from "/web/toolfs.js";
import { ingest } from "/web/vector-store.js";
import { caught } from "./agents.js";

const DIMENSIONS = 256;

/** Numbers that are the same everywhere. */
function* numbers(seed) {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 31 - 1;
  }
}

/** Rows of noise around a few centres. */
function clustered(count, size) {
  const source = numbers(7);
  const next = () => source.next().value;
  const centres = Array.from({ length: 50 }, () => Float32Array.from({ length: size }, next));
  return Array.from({ length: count }, (_, row) => centres[row % 50].map((value) => value + 0.7 * next()));
}

/** Fills a store. Returns what it finds, by vector, by words and filtered. */
export async function fillStore({ name, count = 500 }) {
  const store = new IndexedDBVectorStore(name, { dim: DIMENSIONS });
  const vectors = clustered(count, DIMENSIONS);
  const documents = vectors.map((_, row) => ({ id: `${row}`, text: `row ${row} of ${row % 2 ? "odd" : "even"}`, metadata: { row } }));
  await store.add(documents, { vectors });
  await store.delete(["3"]);
  await store.upsert([{ id: "4", text: "a staysail", metadata: { row: 4 } }], { vectors: [vectors[4]] });
  return findAll(store, vectors);
}

/** What a later visit finds. */
export async function readStore({ name, count = 500 }) {
  return findAll(new IndexedDBVectorStore(name, { dim: DIMENSIONS }), clustered(count, DIMENSIONS));
}

async function findAll(store, vectors) {
  const ids = (hits) => hits.map(([, id]) => id);
  const near = await store.search(vectors[7], 5);
  const word = await store.search("staysail", 1, { mode: "keyword" });
  const filtered = await store.search(vectors[7], 3, { where: { row: { gte: 400 } } });
  const count = await store.count();
  await store.close();
  return { count, near: ids(near), score: near[0][0], word: ids(word), filtered: ids(filtered) };
}

/** Adds documents one at a time, as another tab does meanwhile. */
export async function addSlowly({ name, tab, count = 12 }) {
  const store = new IndexedDBVectorStore(name, { dim: 4 });
  for (let row = 0; row < count; row++) await store.add([{ id: `${tab}${row}`, text: tab }], { vectors: [[1, row, 0, 0]] });
  const seen = await store.count();
  await store.close();
  return seen;
}

const BATCH = 40;
const unit = (turn, row) => Float32Array.from({ length: DIMENSIONS }, (_, column) => Number(column === (turn * 7 + row) % DIMENSIONS));

/** Adds a batch, removes an older one, and so on until the page ends. What was begun and done is noted where it is there at once. */
export async function writeUntilGone({ name }) {
  const store = new IndexedDBVectorStore(name, { dim: DIMENSIONS });
  let [, done] = noted(name);
  for (;;) {
    const turn = done + 1;
    localStorage.setItem(name, JSON.stringify([turn, done]));
    const rows = Array.from({ length: BATCH }, (_, row) => row);
    const documents = rows.map((row) => ({ id: `${turn}-${row}`, text: `turn ${turn}`, metadata: { turn } }));
    if (turn % 3) await store.add(documents, { vectors: rows.map((row) => unit(turn, row)) });
    else await store.delete({ where: { turn: turn - 1 } });
    done = turn;
    localStorage.setItem(name, JSON.stringify([done, done]));
  }
}

const noted = (name) => JSON.parse(localStorage.getItem(name) ?? "[0, 0]");

/** What a page that ended left: whether all of it is the state before or after the write that was under way, and whether there was one. */
export async function lookBack({ name }) {
  const store = new IndexedDBVectorStore(name, { dim: DIMENSIONS });
  const [begun, done] = noted(name);
  const held = [];
  for (let turn = 1; turn <= begun; turn++) held.push((await store.search(unit(turn, 0), 2 * BATCH, { where: { turn } })).length);
  const count = await store.count();
  await store.close();
  const expected = (last) =>
    Array.from({ length: begun }, (_, at) => (at + 1 <= last && (at + 1) % 3 && !((at + 1) % 3 === 2 && at + 2 <= last) ? BATCH : 0));
  const states = [done, begun].map((last) => JSON.stringify(expected(last)));
  const state = states.indexOf(JSON.stringify(held));
  if (state >= 0) localStorage.setItem(name, JSON.stringify([[done, begun][state], [done, begun][state]]));
  return { state, inside: begun > done, held, count, sum: held.reduce((sum, size) => sum + size, 0) };
}

export async function countStore({ name }) {
  const store = new IndexedDBVectorStore(name, { dim: 4 });
  const count = await store.count();
  await store.close();
  return count;
}

/** Milliseconds of a search among many, as a page sees it: exactly, and by one bit with rescoring. Medians of 15. */
export async function timeSearch({ count, size }) {
  const source = numbers(11);
  const next = () => source.next().value;
  const centres = Array.from({ length: 64 }, () => Float32Array.from({ length: size }, next));
  const noise = Float32Array.from({ length: 2 * size }, next);
  const row = (at) => centres[at % 64].map((value, column) => value + 0.7 * noise[((at * 131) % size) + column]);
  const told = {};
  for (const quantization of ["none", "1bit"]) {
    const store = new IndexedDBVectorStore(":memory:", { dim: size, quantization });
    for (let first = 0; first < count; first += 5000) {
      const ids = Array.from({ length: 5000 }, (_, at) => `${first + at}`);
      await store.add(null, { ids, vectors: ids.map((_, at) => row(first + at)) });
    }
    const query = row(9);
    await store.search(query, 10);
    const times = [];
    let found = [];
    for (let turn = 0; turn < 15; turn++) {
      const began = performance.now();
      found = await store.search(query, 10);
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    told[quantization] = { ms: Math.round(times[7] * 10) / 10, ids: found.map(([, id]) => id) };
    await store.close();
  }
  return told;
}

/** Files, a snapshot and its rollback, and a session that is held to its paths. */
export async function useFiles({ name }) {
  const toolfs = await ToolFS.open({ name, mounts: { "/toolfs/data": {}, "/toolfs/other": {} } });
  const me = toolfs.session({ name: "me", paths: { "/toolfs": "*" } });
  const guest = toolfs.session({ name: "guest", paths: { "/toolfs/data": "read list" } });
  await toolfs.write("/toolfs/data/crew.txt", "Ada steers", me);
  await toolfs.write("/toolfs/other/key.txt", "secret", me);
  await toolfs.snapshots.create(me, { name: "before" });
  await toolfs.append("/toolfs/data/crew.txt", ", Grace cooks", me);
  const changed = await toolfs.readText("/toolfs/data/crew.txt", me);
  const refused = [
    await caught(toolfs.readText("/toolfs/other/key.txt", guest)),
    await caught(toolfs.readText("/toolfs/data/../other/key.txt", guest)),
    await caught(toolfs.write("/toolfs/data/crew.txt", "Eve", guest)),
  ].map((error) => error?.code);
  const { changed: paths } = await toolfs.snapshots.diff("before", null, me);
  await toolfs.snapshots.rollback("before", me);
  return { changed, refused, paths, back: await toolfs.readText("/toolfs/data/crew.txt", me) };
}

export async function readFile({ name }) {
  const toolfs = await ToolFS.open({ name, mounts: { "/toolfs/data": {} } });
  return toolfs.readText("/toolfs/data/crew.txt", toolfs.session({ name: "me", paths: { "/toolfs": "*" } }));
}

/** The origin's private file system as a mount, where the browser has it. */
export async function usePrivateFolder() {
  if (!navigator.storage?.getDirectory) return "the browser has none";
  const toolfs = await ToolFS.open({ name: ":memory:", mounts: { "/toolfs/own": { opfs: "flow" } } });
  const me = toolfs.session({ name: "me", paths: { "/toolfs": "*" } });
  await toolfs.write("/toolfs/own/a.txt", "kept", me);
  return toolfs.readText("/toolfs/own/a.txt", me);
}

/** A WASM plugin: what it answers, and what it is refused. module: its bytes as base64. */
export async function usePlugin({ module, busy }) {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const toolfs = await ToolFS.open({ name: ":memory:", mounts: { "/toolfs/data": { kind: "memory" } } });
  const me = toolfs.session({ name: "me", paths: { "/toolfs": "*" } });
  await toolfs.write("/toolfs/data/open/f", "hello", me);
  await toolfs.write("/toolfs/data/key.txt", "secret", me);
  const grant = { paths: { "/toolfs/data/open": "read list" } };
  const inspected = await toolfs.plugins.inspect({ kind: "wasm", name: "probe", data: bytes(module) });
  await toolfs.plugins.install({ kind: "wasm", name: "probe", data: bytes(module), grant, memoryBytes: 4 << 20, timeoutMs: 3000 });
  const ask = (operation, data) => toolfs.execute("probe", { operation, data }, me);
  const told = {
    abi: inspected.wasm?.abi,
    upper: await ask("upper", "hello"),
    read: await ask("read", "/toolfs/data/open/f"),
    refused: await ask("read", "/toolfs/data/key.txt"),
    http: await ask("http", { url: "http://127.0.0.1:1/" }),
    memory: await ask("grow", 64 << 20),
  };
  await toolfs.plugins.install({ kind: "javascript", name: "busy", source: busy, grant: {}, timeoutMs: 500 });
  told.busy = await toolfs.execute("busy", { operation: "spin" }, me);
  return told;
}

/** A key behind a passphrase: there after a reload, found in no storage. */
export async function keepKey({ name, key }) {
  const keys = new KeyStore({ name });
  await keys.save("openai", key, { passphrase: "correct horse" });
  const wrong = await caught(new KeyStore({ name }).load("openai", { passphrase: "wrong" }));
  return { wrong, seen: await isStored(key) };
}

export async function loadKey({ name }) {
  const keys = new KeyStore({ name });
  const locked = await caught(keys.load("openai"));
  return { locked, key: await keys.load("openai", { passphrase: "correct horse" }) };
}

/** Whether a text stands readable in IndexedDB or in the storages. */
async function isStored(text) {
  const found = [JSON.stringify({ ...localStorage, ...sessionStorage })];
  const answer = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const read = (value) => {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) found.push(new TextDecoder("latin1").decode(value));
    else if (value && typeof value === "object" && !(value instanceof CryptoKey)) Object.values(value).forEach(read);
    else found.push(String(value));
  };
  for (const { name } of await indexedDB.databases()) {
    const database = await answer(indexedDB.open(name));
    for (const table of database.objectStoreNames) read(await answer(database.transaction(table).objectStore(table).getAll()));
    database.close();
  }
  return found.join("\n").includes(text);
}

/** Documents read and found, with where a passage stands. files: their bytes as base64, by name. */
export async function readDocuments({ files }) {
  const store = new IndexedDBVectorStore(":memory:", { dim: 2, embedder: (texts) => texts.map((text) => [text.length, 1]) });
  const given = Object.entries(files).map(
    ([name, data]) => new File([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))], name),
  );
  const events = [];
  for await (const { type, file, chunks, error } of ingest(given, store, { size: 300, overlap: 0 })) {
    if (type === "file_done" || type === "file_failed") events.push([type, file, chunks ?? error]);
  }
  const [[, , document]] = await store.search("crowns", 1, { mode: "keyword" });
  return { events, document };
}
