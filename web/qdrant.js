/**
 * A collection on a Qdrant server, over REST: https://api.qdrant.tech/api-reference
 *
 * @import { FoundDocument, SearchRequest, StoreDocument } from "./types.js"
 * @import { Embedder } from "./vector-store.js"
 * @import { PointId } from "./stores/qdrant-points.js"
 * @typedef {{id: PointId, vector: number[], payload?: Record<string, unknown>}} Point
 * @typedef {{url: string, apiKey?: string, fetch?: typeof fetch}} QdrantOptions
 */

import { ConfigError, StoreError } from "./errors.js";
import { readJson, writeJson } from "./stores/qdrant-json.js";
import { exactId, payloadOf, pointId, readDocument, readId, readPoint } from "./stores/qdrant-points.js";

/** Points in one request or response. */
const PAGE = 256;
/** Hits that are read for each hit that is wanted, where hits should differ from each other; the same as in Python. */
const VARIED = 4;

/**
 * A collection whose documents and queries are embedded by one model. It does not check which model the collection's vectors are from;
 * Python's QdrantStore does.
 */
export class QdrantAdapter {
  #collection;
  #model;
  #url;
  #headers;
  #fetch;

  /**
   * @param {string} collection
   * @param {Embedder} model embeds documents and queries
   * @param {QdrantOptions} options
   */
  constructor(collection, model, { url, apiKey, fetch: send }) {
    if (!collection) throw new ConfigError("QdrantAdapter needs the name of a collection");
    if (!/^https?:\/\//.test(url ?? "")) throw new ConfigError("QdrantAdapter's url starts with http:// or https://");
    this.#collection = encodeURIComponent(collection);
    this.#model = model;
    this.#url = url.replace(/\/+$/, "");
    this.#headers = { "content-type": "application/json", ...(apiKey ? { "api-key": apiKey } : {}) };
    this.#fetch = send ?? ((/** @type {RequestInfo | URL} */ input, /** @type {RequestInit | undefined} */ init) => fetch(input, init));
  }

  /**
   * Creates the collection where it does not exist yet.
   * @param {number} dimensions
   * @param {"Cosine" | "Dot" | "Euclid"} [distance]
   */
  async init(dimensions, distance = "Cosine") {
    const { exists } = await this.#ask("GET", "/exists");
    if (!exists) await this.#ask("PUT", "", { vectors: { size: dimensions, distance } });
  }

  /**
   * Adds points. Returns once they can be found. An id is a UUID, or a whole number below 2^64, above 2^53 as a BigInt or as text.
   * @param {Point[]} points
   */
  async insertDocuments(points) {
    await this.#ask("PUT", "/points?wait=true", { points: points.map((point) => ({ ...point, id: exactId(point.id) })) });
  }

  /** Deletes points by their ids, or by the ids that `upsert` was given. @param {PointId[]} ids */
  async deleteDocuments(ids) {
    const points = await Promise.all(ids.map((id) => (typeof id === "string" ? pointId(id) : exactId(id))));
    await this.#ask("POST", "/points/delete?wait=true", { points });
  }

  /**
   * Adds documents, in place of documents with the same ids, as Python's QdrantStore writes them. Documents without a vector are embedded.
   * The first call creates the collection, with cosine distance.
   * @param {readonly (string | StoreDocument)[]} documents
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<string[]>} the documents' ids
   */
  async upsert(documents, { signal } = {}) {
    const given = documents
      .map((item) => (typeof item === "string" ? { text: item } : item))
      .map((item) => readDocument({ ...item, id: String(item.id ?? crypto.randomUUID()) }));
    const bare = given.filter(({ vector }) => !vector);
    const made = bare.length ? await this.#model.embedTexts(bare.map(textOf)) : [];
    const vectorOf = (/** @type {FoundDocument} */ document) => document.vector ?? made[bare.indexOf(document)].vec;
    if (given.length) await this.init(vectorOf(given[0]).length);
    for (let at = 0; at < given.length; at += PAGE) {
      const points = given.slice(at, at + PAGE).map(async (document) => {
        const id = await pointId(document.id);
        return { id, vector: Array.from(vectorOf(document)), payload: payloadOf(document, id) };
      });
      await this.#ask("PUT", "/points?wait=true", { points: await Promise.all(points) }, signal);
    }
    return given.map(({ id }) => id);
  }

  /**
   * Returns the documents that exist, in the order of `ids`.
   * @param {readonly string[]} ids
   * @param {{vectors?: boolean, signal?: AbortSignal}} [options]
   * @returns {Promise<FoundDocument[]>}
   */
  async get(ids, { vectors = false, signal } = {}) {
    const body = { ids: await Promise.all(ids.map(pointId)), with_payload: true, with_vector: vectors };
    /** @type {Point[]} */
    const points = await this.#ask("POST", "/points", body, signal).then(listed, noneYet);
    const found = new Map((await Promise.all(points.map(readPoint))).map((document) => [document.id, document]));
    return ids.flatMap((id) => found.get(id) ?? []);
  }

  /**
   * Returns the ids of all documents, in no order.
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<string[]>}
   */
  async ids({ signal } = {}) {
    /** @type {string[]} */
    const found = [];
    /** @type {unknown} */
    let offset;
    do {
      const body = { limit: PAGE, offset, with_payload: ["id"], with_vector: false };
      const page = await this.#ask("POST", "/points/scroll", body, signal).catch((error) => ({ points: noneYet(error) }));
      found.push(...(await Promise.all(listed(page.points).map(readId))));
      offset = page.next_page_offset ?? undefined;
    } while (offset !== undefined);
    return found;
  }

  /**
   * Returns the nearest documents, best first, under the ids that `upsert` was given or else their points' ids, with their payloads.
   * filter: in Qdrant's own terms.
   * @param {SearchRequest} request
   * @returns {Promise<[number, string, unknown][]>}
   */
  async topN(request) {
    const points = await this.#query(request, true);
    return Promise.all(points.map(async (point) => [point.score, await readId(point), point.payload ?? {}]));
  }

  /**
   * @param {SearchRequest} request
   * @returns {Promise<[number, string][]>}
   */
  async topNIds(request) {
    const points = await this.#query(request, ["id"]);
    return Promise.all(points.map(async (point) => [point.score, await readId(point)]));
  }

  /**
   * @param {SearchRequest} request
   * @param {boolean | string[]} withPayload
   * @returns {Promise<{score: number, id: PointId, payload?: Record<string, unknown>}[]>}
   */
  async #query({ query, samples, threshold, filter, mode, diversity }, withPayload) {
    if (mode && mode !== "vector") throw new ConfigError(`QdrantAdapter finds by vector alone; Python's QdrantStore by ${mode} too`);
    const [{ vec }] = await this.#model.embedTexts([query]);
    const varied = { nearest: vec, mmr: { diversity, candidates_limit: VARIED * samples } };
    const body = { query: diversity ? varied : vec, limit: samples, score_threshold: threshold, filter, with_payload: withPayload };
    return listed((await this.#ask("POST", "/points/query", body)).points);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>} the `result` of the response
   */
  async #ask(method, path, body, signal) {
    const send = this.#fetch;
    let response;
    try {
      response = await send(`${this.#url}/collections/${this.#collection}${path}`, {
        method,
        headers: this.#headers,
        body: writeJson(body),
        signal,
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new StoreError(`Qdrant at ${this.#url} cannot be reached, or does not allow this page (service.enable_cors)`, {
        code: "network",
        cause,
      });
    }
    const answer = await response
      .text()
      .then(readJson)
      .catch(() => undefined);
    if (response.ok) return answer?.result ?? refuse();
    const why = answer?.status?.error ?? response.statusText;
    throw new StoreError(`Qdrant answered ${response.status}: ${why}`, { code: response.status === 404 ? "not_found" : "store" });
  }
}

/**
 * @param {unknown} points
 * @returns {any[]}
 */
const listed = (points) => (Array.isArray(points) ? points : refuse());

/** @returns {never} */
function refuse() {
  throw new StoreError("Qdrant sent something that is no answer of its own; is the url that of a Qdrant server?", { code: "bad_answer" });
}

/** @param {FoundDocument} document */
function textOf({ id, document }) {
  const text = typeof document === "string" ? document : document?.text;
  if (typeof text !== "string" || !text.trim()) throw new ConfigError(`document "${id}" has no text to embed: give its vector, or a text`);
  return text;
}

/**
 * @param {unknown} error
 * @returns {[]} an empty list where the collection does not exist yet
 */
function noneYet(error) {
  if (error instanceof StoreError && error.code === "not_found") return [];
  throw error;
}
