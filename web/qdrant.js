/**
 * A collection on a Qdrant server, over REST: https://api.qdrant.tech/api-reference
 *
 * @import { SearchRequest } from "./types.js"
 * @import { Embedder } from "./vector-store.js"
 * @typedef {{id: number | string, vector: number[], payload?: Record<string, unknown>}} Point
 * @typedef {{url: string, apiKey?: string, fetch?: typeof fetch}} QdrantOptions
 */

import { ConfigError, StoreError } from "./errors.js";

export class QdrantAdapter {
  #collection;
  #model;
  #url;
  #headers;
  #fetch;

  /**
   * @param {string} collection
   * @param {Embedder} model what queries are embedded with
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

  /** Make the collection where it is not there yet. @param {number} dimensions @param {"Cosine" | "Dot" | "Euclid"} [distance] */
  async init(dimensions, distance = "Cosine") {
    const { exists } = await this.#ask("GET", "/exists");
    if (!exists) await this.#ask("PUT", "", { vectors: { size: dimensions, distance } });
  }

  /** Returns once they can be found. @param {Point[]} points */
  async insertDocuments(points) {
    await this.#ask("PUT", "/points?wait=true", { points });
  }

  /** @param {(number | string)[]} ids */
  async deleteDocuments(ids) {
    await this.#ask("POST", "/points/delete?wait=true", { points: ids });
  }

  /**
   * The nearest points, best first. filter: Qdrant's own.
   * @param {SearchRequest} request
   * @returns {Promise<[number, string, unknown][]>}
   */
  async topN(request) {
    const points = await this.#query(request, true);
    return points.map(({ score, id, payload }) => [score, String(id), payload ?? {}]);
  }

  /** @param {SearchRequest} request @returns {Promise<[number, string][]>} */
  async topNIds(request) {
    const points = await this.#query(request, false);
    return points.map(({ score, id }) => [score, String(id)]);
  }

  /** @param {SearchRequest} request @param {boolean} withPayload @returns {Promise<{score: number, id: number | string, payload?: unknown}[]>} */
  async #query({ query, samples, threshold, filter }, withPayload) {
    const [{ vec }] = await this.#model.embedTexts([query]);
    const body = { query: vec, limit: samples, score_threshold: threshold, filter, with_payload: withPayload };
    return (await this.#ask("POST", "/points/query", body)).points;
  }

  /** @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<any>} the answer's `result` */
  async #ask(method, path, body) {
    const send = this.#fetch;
    let response;
    try {
      response = await send(`${this.#url}/collections/${this.#collection}${path}`, { method, headers: this.#headers, body: JSON.stringify(body) });
    } catch (cause) {
      throw new StoreError(`Qdrant at ${this.#url} cannot be reached, or does not allow this page (service.enable_cors)`, { code: "network", cause });
    }
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer.result;
    const why = answer?.status?.error ?? response.statusText;
    throw new StoreError(`Qdrant answered ${response.status}: ${why}`, { code: response.status === 404 ? "not_found" : "store" });
  }
}
