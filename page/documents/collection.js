/** The documents' store, with the small model in this page as its embedder, so that no text leaves the page. Opened at the first use. */

/** @import { StaysailChat } from "../../web/element/staysail-chat.js" */

import { boot } from "../../web/runtime/boot.js";
import { localEngine } from "../../web/models/local-engines.js";
import { IndexedDBVectorStore } from "../../web/vector-store.js";

const NAME = "documents";
const DIMENSIONS = 384;
/** Of a passage that is found by its words alone, until its text was embedded. */
const UNREAD = { unread: true };
const READ = { unread: { ne: true } };
/** What the embedder reads of a text is little, and so is what a small model can answer from. */
export const PASSAGES = { size: 600, overlap: 80, metadata: UNREAD };

/** @typedef {{hits: [score: number, id: string, document: any][], vector: Float32Array | undefined, embedMs: number, searchMs: number}} Found */

/** Passages of one call. */
const MANY = 500;

/** How many passages are unread; undefined where it is to be counted again. @type {number | undefined} */
let unreadCount;

/** Questions that are being embedded. @type {Map<string, {vector?: Float32Array, ms: number}>} */
const questions = new Map();

/**
 * The store's embedder. A file is stored at once, with vectors of zeros, so that it is found by its words; meaning.js embeds it after that.
 * @param {string[]} texts
 */
async function embed(texts) {
  const question = questions.get(texts[0]);
  if (!question) {
    unreadCount = undefined;
    return texts.map(() => ({ vec: new Float32Array(DIMENSIONS) }));
  }
  const started = performance.now();
  const vectors = await (await localEngine()).embed(texts);
  Object.assign(question, { vector: vectors[0], ms: performance.now() - started });
  return vectors.map((vec) => ({ vec }));
}

export const store = new IndexedDBVectorStore(NAME, { embedder: { name: "all-MiniLM-L6-v2, int8", embedTexts: embed } });

/** Waits for Python. @param {StaysailChat} chat */
export const open = (chat) => boot({ runtimeURL: chat.runtimeURL });

/** Whether an earlier visit left documents. Makes no store where there is none. */
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
  questions.set(query, question);
  const started = performance.now();
  try {
    const where = { ...(source ? { source } : {}), ...(mode === "vector" && unreadCount !== 0 ? READ : {}) };
    const hits = await store.search(query, k, { mode, threshold, where });
    return { hits, vector: question.vector, embedMs: question.ms, searchMs: performance.now() - started - question.ms };
  } finally {
    questions.delete(query);
  }
}

/**
 * Returns the passages nearest to a question by meaning, and by words where passages have no vector yet: those take up to half of the places.
 * @param {string} query
 * @param {{k: number, threshold: number}} options
 * @returns {Promise<Found>}
 */
export async function lookUp(query, { k, threshold }) {
  const found = await search(query, { k, threshold });
  if (!(await countUnread())) return found;
  const byWords = await store.search(query, Math.max(Math.ceil(k / 2), k - found.hits.length), { mode: "keyword", where: UNREAD });
  return { ...found, hits: [...found.hits.slice(0, k - byWords.length), ...byWords] };
}

/** Returns the number of passages without a vector. */
async function countUnread() {
  unreadCount ??= await store.count({ where: UNREAD });
  return unreadCount;
}

/**
 * Embeds passages, and stores their vectors in one write.
 * @param {string[]} ids
 * @param {AbortSignal} signal
 */
export async function readPassages(ids, signal) {
  const found = (await store.get(ids)).filter(({ metadata }) => metadata.unread);
  const texts = found.map(({ document }) => String(document));
  const vectors = await (await localEngine()).embed(texts, { signal });
  const documents = found.map(({ id, document, metadata: { unread, ...metadata } }, at) => ({
    id,
    text: String(document),
    metadata,
    vec: vectors[at],
  }));
  await store.upsert(documents);
  unreadCount = undefined;
}

/**
 * Returns the files in the store, with the number of passages of each, and the ids of passages without a vector.
 * @returns {Promise<{files: Map<string, number>, unread: string[]}>} by name
 */
export async function listFiles() {
  const files = new Map();
  const ids = await store.ids();
  for (const id of ids) {
    const name = sourceOf(id);
    files.set(name, (files.get(name) ?? 0) + 1);
  }
  const sorted = new Map([...files].sort(([one], [other]) => one.localeCompare(other)));
  return { files: sorted, unread: (await countUnread()) ? await unreadOf(ids) : [] };
}

/** @param {string[]} ids */
async function unreadOf(ids) {
  const unread = [];
  for (let at = 0; at < ids.length; at += MANY)
    for (const { id, metadata } of await store.get(ids.slice(at, at + MANY))) if (metadata.unread) unread.push(id);
  return unread.sort((one, other) => one.localeCompare(other, undefined, { numeric: true }));
}

/** @param {string} id "<file>#<number>" */
export const sourceOf = (id) => id.slice(0, id.lastIndexOf("#"));
