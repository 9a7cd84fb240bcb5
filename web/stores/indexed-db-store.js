/**
 * Python's vector store over IndexedDB.
 *
 * @import { Handlers, Peer } from "../bridge/rpc.js"
 * @import { FoundDocument, SearchHit, SearchRequest, StoreArchive, StoreDocument, StoreExplanation, StoreOptions, StoreProjection, StoreSearchOptions, Where } from "../types.js"
 * @import { Vector, Vectors } from "./vectors.js"
 *
 * @typedef {{signal?: AbortSignal}} Stoppable
 * @typedef {Stoppable & {vectors?: Vectors, ids?: readonly string[]}} AddOptions vectors: of all the documents; ids: their ids, where the
 * documents do not hold them
 */

import { checkNames } from "../models/access.js";
import { serve } from "../bridge/services.js";
import { connect } from "../runtime/boot.js";
import { ConfigError, DimensionError } from "../errors.js";
import { openArchive } from "./archive.js";
import { readDocuments } from "./documents.js";
import { findReranked } from "./reranking.js";
import { IN_PYTHON } from "./search.js";
import { toCamel } from "../bridge/spelling.js";
import { packVectors, unpackVectors } from "./vectors.js";

const OPTIONS = ["dim", "metric", "quantization", "embedder", "durability", "dtype", "memoryBytes"];

let lastId = 0;

/** Stores whose embedders Python may call, by their ids. @type {Map<string, WeakRef<IndexedDBVectorStore>>} */
const living = new Map();
/** Closes stores that were forgotten without `close`. @type {FinalizationRegistry<{id: string, peer?: Peer}>} */
const forgotten = new FinalizationRegistry(({ id, peer }) => {
  living.delete(id);
  peer?.call("store.close", { store: { id } }).catch(() => {});
});

/**
 * Documents found by meaning, by words, or both, stored by the browser under the store's name, or in memory alone as ":memory:".
 *
 * Filters (`where`) and scores are those of Python's `VectorStore`.
 */
export class IndexedDBVectorStore {
  #description;
  #embedder;
  /** @type {{id: string, peer?: Peer}} */
  #open = { id: `store-${++lastId}` };

  /**
   * Checks the options. The store opens with its first use.
   * @param {string} name
   * @param {StoreOptions} [options]
   */
  constructor(name, options = {}) {
    if (typeof name !== "string" || !name) throw new ConfigError('a store needs a name; ":memory:" is kept nowhere');
    checkNames(options, OPTIONS);
    const { embedder, memoryBytes: memory_bytes, ...rest } = options;
    if (embedder != null && typeof embedder !== "function" && typeof embedder.embedTexts !== "function") {
      throw new ConfigError("embedder is an embedding model, or a function from texts to vectors");
    }
    this.#embedder = embedder;
    const given = present({ ...rest, memory_bytes });
    this.#description = {
      id: this.#open.id,
      name,
      embedder: (typeof embedder === "object" && embedder?.name) || embedder != null,
      ...given,
    };
    living.set(this.#open.id, new WeakRef(this));
    forgotten.register(this, this.#open);
  }

  get name() {
    return this.#description.name;
  }

  /**
   * Adds documents, all or none; they are durable when the promise resolves. A document is text, or {text, id?, metadata?, vec?}; documents
   * without a vector are embedded. Rejects with a StoreError (code "exists") for an id that exists.
   * @param {readonly (string | StoreDocument)[] | null} documents null: vectors alone, under `ids`
   * @param {AddOptions} [options]
   * @returns {Promise<string[]>} the documents' ids
   */
  add(documents, options) {
    return this.#write("store.add", documents, options);
  }

  /** Adds documents as `add` does, in place of documents with the same ids. @type {IndexedDBVectorStore["add"]} */
  upsert(documents, options) {
    return this.#write("store.upsert", documents, options);
  }

  /**
   * @param {string | readonly string[] | {where: Where}} which
   * @param {Stoppable} [options]
   * @returns {Promise<number>} the number of deleted documents
   */
  delete(which, options) {
    return this.#ask("store.delete", typeof which === "object" && "where" in which ? { where: which.where } : { ids: which }, options);
  }

  /**
   * Returns the k nearest documents, best first. query: a text, or a vector.
   * @param {string | Vector} query
   * @param {number} [k]
   * @param {StoreSearchOptions & Stoppable} [options]
   * @returns {Promise<[score: number, id: string, document: any][]>}
   */
  search(query, k = 10, { signal, rerank, ...options } = {}) {
    const params = typeof query === "string" ? { query } : { $bytes: packVectors([query], 1) };
    return findReranked(query, k, rerank, (many) =>
      this.#call("store.search", { ...params, k: many, options: present(options) }, { signal }),
    );
  }

  /**
   * Searches by vector for each of several queries, faster than one by one. queries: all texts, or all vectors.
   * @param {readonly string[] | readonly Vector[]} queries
   * @param {number} [k]
   * @param {Stoppable & {where?: Where | null, threshold?: number | null}} [options]
   * @returns {Promise<[score: number, id: string, document: any][][]>}
   */
  async searchBatch(queries, k = 10, { signal, ...options } = {}) {
    if (!queries.length) return [];
    const texts = queries.every((query) => typeof query === "string");
    const params = texts
      ? { queries }
      : { count: queries.length, $bytes: packVectors(/** @type {readonly Float32Array[]} */ (queries), queries.length) };
    return this.#call("store.search_batch", { ...params, k, options: present(options) }, { signal });
  }

  /**
   * Returns the documents that exist, in the order of `ids`.
   * @param {string | readonly string[]} ids
   * @param {Stoppable & {vectors?: boolean}} [options]
   * @returns {Promise<FoundDocument[]>}
   */
  async get(ids, { vectors = false, signal } = {}) {
    const { documents, $bytes } = await this.#call("store.get", { ids, vectors }, { signal });
    if (!$bytes?.length) return documents;
    const rows = unpackVectors($bytes, documents.length);
    return documents.map((/** @type {FoundDocument} */ document, /** @type {number} */ row) => ({ ...document, vector: rows[row] }));
  }

  /**
   * @param {Stoppable & {where?: Where}} [options]
   * @returns {Promise<number>}
   */
  count({ where, signal } = {}) {
    return this.#ask("store.count", present({ where }), { signal });
  }

  /**
   * Exports the whole store as a zip of documents and vectors: as bytes, as a Blob to save, or as a stream that is made while it is read:
   *
   *     await (await store.export({ as: "stream" })).pipeTo(await fileHandle.createWritable());
   *
   * A stream fails with a StoreError (code "changed") where documents are deleted meanwhile.
   * @overload
   * @param {Stoppable & {as?: "bytes"}} [options]
   * @returns {Promise<Uint8Array>}
   */
  /**
   * @overload
   * @param {Stoppable & {as: "blob"}} options
   * @returns {Promise<Blob>}
   */
  /**
   * @overload
   * @param {Stoppable & {as: "stream"}} options
   * @returns {Promise<ReadableStream<Uint8Array>>}
   */
  /**
   * @param {Stoppable & {as?: "bytes" | "blob" | "stream"}} [options]
   * @returns {Promise<Uint8Array | Blob | ReadableStream<Uint8Array>>}
   */
  async export({ as = "bytes", signal } = {}) {
    if (!["bytes", "blob", "stream"].includes(as))
      throw new ConfigError(`export gives "bytes", a "blob" or a "stream", no ${JSON.stringify(as)}`);
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const handlers = { piece: (/** @type {{$bytes: Uint8Array}} */ { $bytes }) => writer.write($bytes) };
    const exported = this.#call("store.export", {}, { signal, handlers });
    exported
      .then(
        () => writer.close(),
        (error) => writer.abort(error),
      )
      .catch(() => {}); // the reader gets the failure
    if (as === "stream") return readable;
    const whole = new Response(readable, { headers: { "content-type": "application/zip" } });
    const read = as === "blob" ? whole.blob() : whole.arrayBuffer().then((buffer) => new Uint8Array(buffer));
    return (await Promise.all([read, exported]))[0]; // a Response of Chromium's reports any failure as "Failed to fetch"
  }

  /**
   * Imports the output of `export`, of this store or Python's, in parts, so that a file on the disk is never in memory as a whole.
   * @param {StoreArchive | Promise<StoreArchive>} archive a File, a Blob, bytes, a stream or a Response, such as `fetch(url)`
   * @param {Stoppable & {replace?: boolean}} [options] replace: whether to replace documents with the same ids
   * @returns {Promise<number>} the number of documents
   */
  async import(archive, { replace = false, signal } = {}) {
    const file = await openArchive(await archive);
    const handlers = {
      bytes: async (/** @type {{at: number, size: number}} */ { at, size }) => ({ $bytes: await file.read(at, at + size) }),
    };
    return this.#call("store.import_", { replace, size_bytes: file.size }, { signal, handlers });
  }

  /**
   * Searches as `dynamicContext` does.
   * @param {SearchRequest} request
   * @returns {Promise<[score: number, id: string, document: any][]>}
   */
  topN({ query, samples, threshold, filter, mode, diversity }) {
    return this.search(query, samples, { threshold, where: filter, mode, diversity });
  }

  /**
   * @param {SearchRequest} request
   * @returns {Promise<[score: number, id: string][]>}
   */
  async topNIds(request) {
    return (await this.topN(request)).map(([score, id]) => [score, id]);
  }

  /**
   * Explains how a search would run and why, what is in memory, and how the last search ran.
   * @param {Stoppable} [options]
   * @returns {Promise<StoreExplanation>}
   */
  async explain(options) {
    return toCamel(await this.#ask("store.explain", {}, options));
  }

  /**
   * Returns the ids of all documents, in no order.
   * @param {Stoppable} [options]
   * @returns {Promise<string[]>}
   */
  ids(options) {
    return this.#ask("store.ids", {}, options);
  }

  /**
   * Projects the vectors to two dimensions for a map, by principal components. Loads numpy. limit: most documents, 1000 by default.
   * @param {Stoppable & {limit?: number}} [options]
   * @returns {Promise<StoreProjection>}
   */
  async project({ limit, signal } = {}) {
    const { $bytes, ...projection } = await this.#ask("store.project", present({ limit }), { signal });
    return readProjection(projection, unpackVectors($bytes, 1)[0]);
  }

  /**
   * Requests persistent storage for this origin, which the browser keeps when disk runs short.
   * @returns {Promise<boolean>} whether the browser granted it; only pages may request it
   */
  async persist() {
    return (await globalThis.navigator?.storage?.persist?.()) ?? false;
  }

  /** Frees the space of deleted documents now; it happens by itself once there are many. @returns {Promise<void>} */
  compact() {
    return this.#ask("store.compact", {});
  }

  /** Deletes the store with all its documents. @returns {Promise<void>} */
  destroy() {
    return this.#ask("store.destroy", {});
  }

  /** Releases its memory. Stored documents stay, and the next call opens the store again. */
  async close() {
    await this.#open.peer?.call("store.close", { store: { id: this.#open.id } });
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  /**
   * @internal
   * @param {Peer} peer
   * @returns {Record<string, unknown>}
   */
  [IN_PYTHON](peer) {
    this.#open.peer = peer;
    return this.#description;
  }

  /**
   * Embeds texts with the store's embedder, as Python requests it.
   * @internal
   * @param {string[]} texts
   */
  async embed(texts) {
    const embedder = this.#embedder;
    const made = typeof embedder === "function" ? await embedder(texts) : ((await embedder?.embedTexts(texts)) ?? []).map(({ vec }) => vec);
    const count = made instanceof Float32Array ? texts.length : made.length;
    return { count, $bytes: packVectors(made, count) };
  }

  /**
   * @param {string} method
   * @param {readonly (string | StoreDocument)[] | null} documents
   * @param {AddOptions} [options]
   */
  async #write(method, documents, { vectors, ids, signal } = {}) {
    const read = readDocuments(documents, ids, vectors);
    return read.documents?.length === 0 ? [] : this.#call(method, { ids, ...read }, { signal });
  }

  /**
   * Calls a method whose arguments and result are plain data.
   * @param {string} method
   * @param {Record<string, unknown>} options
   * @param {Stoppable} [stoppable]
   */
  #ask(method, options, stoppable) {
    return this.#call(method, { options }, stoppable);
  }

  /**
   * @param {string} method
   * @param {Record<string, unknown>} params
   * @param {Stoppable & {handlers?: Handlers}} [options]
   * @returns {Promise<any>}
   */
  async #call(method, params, { signal, handlers } = {}) {
    const peer = await connect();
    const answer = await peer.call(method, { store: this[IN_PYTHON](peer), ...params }, { signal, handlers });
    this.#open.peer = peer; // as late as this, so that the store is not forgotten while Python may call its embedder
    return answer;
  }
}

serve({ "store.embed": ({ store, texts }) => living.get(store)?.deref()?.embed(texts) });

/**
 * @param {{ids: string[], share: [number, number], total: number}} projection
 * @param {Float32Array} numbers
 * @returns {StoreProjection}
 */
function readProjection(projection, numbers) {
  const count = projection.ids.length;
  const dim = (numbers.length - 2 * count) / 3;
  const [mean, x, y] = [0, 1, 2].map((row) => numbers.subarray(2 * count + row * dim, 2 * count + (row + 1) * dim));
  const along = (/** @type {Float32Array} */ axis, /** @type {ArrayLike<number>} */ vector) =>
    axis.reduce((sum, value, at) => sum + value * (vector[at] - mean[at]), 0);
  return {
    ...projection,
    points: projection.ids.map((_, row) => [numbers[2 * row], numbers[2 * row + 1]]),
    place(vector) {
      if (vector.length !== dim) throw new DimensionError(`the store's vectors have ${dim} dimensions, this one has ${vector.length}`);
      return [along(x, vector), along(y, vector)];
    },
  };
}

/** @param {Record<string, unknown>} options */
const present = (options) => Object.fromEntries(Object.entries(options).filter(([, value]) => value != null));
