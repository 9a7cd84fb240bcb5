/** The documents' store, and what embeds for it: the small model in this page, so that nothing leaves it. Opened when it is first wanted. */

/** @import { StaysailChat } from "../../web/element/staysail-chat.js" */

import { boot } from "../../web/runtime/boot.js";
import { localEngine } from "../../web/models/local-engines.js";
import { IndexedDBVectorStore } from "../../web/vector-store.js";

const NAME = "documents";
/** What the embedder reads of a text is little, and so is what a small model can answer from. */
export const PASSAGES = { size: 600, overlap: 80 };

/** @typedef {{hits: [score: number, id: string, document: any][], vector: Float32Array | undefined, embedMs: number, searchMs: number}} Found */

/** Questions that are being embedded. @type {Map<string, {vector?: Float32Array, ms: number}>} */
const asked = new Map();
/** Of the files that are being read. @type {AbortSignal | undefined} */
let stopped;

/** @param {string[]} texts */
async function embed(texts) {
  const engine = await localEngine();
  const question = asked.get(texts[0]); // the first time, a text of the store may come behind it
  const started = performance.now();
  const vectors = await engine.embed(texts, { signal: question ? undefined : stopped });
  if (question) Object.assign(question, { vector: vectors[0], ms: performance.now() - started });
  return vectors.map((vec) => ({ vec }));
}

/** Embedding ends with reading. @param {AbortSignal} signal */
export const stopWith = (signal) => (stopped = signal);

export const store = new IndexedDBVectorStore(NAME, { embedder: { name: "all-MiniLM-L6-v2, int8", embedTexts: embed } });

/** Python runs before it is asked. @param {StaysailChat} chat */
export const open = (chat) => boot({ runtimeURL: chat.runtimeURL });

/** Whether an earlier visit left documents, found out without making a store where there is none. */
export async function isThere() {
  const databases = (await indexedDB.databases?.()) ?? [];
  return databases.some(({ name }) => name?.includes(`staysail:vectors:${NAME}`));
}

/** @param {(words: string, loadedBytes: number, totalBytes: number) => void} tell */
export async function loadEmbedder(tell) {
  const engine = await localEngine();
  await engine.load({
    language: false,
    embedder: true,
    onProgress: ({ loadedBytes, totalBytes }) => tell("Getting the model that reads them, once", loadedBytes, totalBytes),
  });
}

/**
 * @param {string} query
 * @param {{mode?: "vector" | "keyword" | "hybrid", k?: number, source?: string, threshold?: number}} [options] source: of one file alone
 * @returns {Promise<Found>} searchMs: the way to Python and back included; vector: of the query, where it was looked for by meaning
 */
export async function search(query, { mode = "vector", k = 8, source, threshold } = {}) {
  const question = { vector: undefined, ms: 0 };
  asked.set(query, question);
  const started = performance.now();
  try {
    const hits = await store.search(query, k, { mode, threshold, ...(source ? { where: { source } } : {}) });
    return { hits, vector: question.vector, embedMs: question.ms, searchMs: performance.now() - started - question.ms };
  } finally {
    asked.delete(query);
  }
}

/** The files in the store, with how many passages each has. @returns {Promise<Map<string, number>>} by name */
export async function listFiles() {
  const files = new Map();
  for (const id of await store.ids()) {
    const name = sourceOf(id);
    files.set(name, (files.get(name) ?? 0) + 1);
  }
  return new Map([...files].sort(([one], [other]) => one.localeCompare(other)));
}

/** @param {string} id "<file>#<number>" */
export const sourceOf = (id) => id.slice(0, id.lastIndexOf("#"));
