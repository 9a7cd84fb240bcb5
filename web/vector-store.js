/**
 * Vector stores for `dynamicContext`.
 *
 * @import { FoundDocument, SearchRequest, StoreDocument, VectorDocument } from "./types.js"
 * @typedef {{embedTexts(texts: string[]): Promise<{document: string, vec: number[]}[]>}} Embedder any EmbeddingModel
 * @typedef {{id: string, document: Record<string, unknown>, unit: Float64Array}} Row
 */

import { ConfigError, DimensionError } from "./errors.js";

export { copy } from "./stores/copy.js";
export { IndexedDBVectorStore } from "./stores/indexed-db-store.js";
export { ingest, loadDocuments, splitText } from "./stores/ingest.js";
export { searchTool } from "./stores/search-tool.js";

/** Documents in memory, found by exact cosine similarity. Documents without a `vec` and queries are embedded by the store's model. */
export class InMemoryVectorStore {
  #model;
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {number | undefined} */
  #dimensions;

  /** @param {Embedder} model */
  constructor(model) {
    if (typeof model?.embedTexts !== "function") throw new ConfigError("a vector store needs an embedding model");
    this.#model = model;
  }

  get size() {
    return this.#rows.size;
  }

  /**
   * Adds documents: text, {id, text}, or objects with a `vec` of their own. A document replaces another with the same id.
   * @param {(string | VectorDocument)[]} documents
   * @returns {Promise<string[]>} the documents' ids
   */
  async addDocuments(documents) {
    const given = documents.map((item) => (typeof item === "string" ? { text: item } : item));
    const unembedded = given.filter((item) => !item.vec);
    const embeddings = unembedded.length ? await this.#model.embedTexts(unembedded.map((item) => item.text)) : [];
    return given.map((item) => {
      const { vec, id = crypto.randomUUID(), ...document } = item;
      const unit = this.#unit(vec ?? embeddings[unembedded.indexOf(item)].vec);
      this.#rows.set(String(id), { id: String(id), document, unit });
      return String(id);
    });
  }

  /**
   * Adds documents as `copy` gives them.
   * @param {readonly StoreDocument[]} documents
   * @returns {Promise<string[]>}
   */
  upsert(documents) {
    return this.addDocuments(
      documents.map(({ document, vector, vec = vector, ...rest }) => {
        const fields = typeof document === "string" ? { text: document } : /** @type {object | undefined} */ (document);
        return /** @type {VectorDocument} */ ({ ...fields, ...rest, ...(vec ? { vec: Array.from(vec) } : {}) });
      }),
    );
  }

  /**
   * Returns the documents that exist, in the order of `ids`.
   * @param {readonly string[]} ids
   * @param {{vectors?: boolean}} [options] vectors: whether to return the vectors too, of unit length
   * @returns {FoundDocument[]}
   */
  get(ids, { vectors = false } = {}) {
    return ids.flatMap((id) => {
      const row = this.#rows.get(id);
      if (!row) return [];
      const { metadata = {}, ...rest } = row.document;
      const document = Object.keys(rest).every((name) => name === "text") ? rest.text : rest;
      return [
        {
          id,
          document,
          metadata: /** @type {Record<string, unknown>} */ (metadata),
          ...(vectors ? { vector: Float32Array.from(row.unit) } : {}),
        },
      ];
    });
  }

  ids() {
    return [...this.#rows.keys()];
  }

  /** @param {Iterable<string>} ids */
  delete(ids) {
    for (const id of ids) this.#rows.delete(id);
  }

  /**
   * Returns the nearest documents, best first. threshold: the least score.
   * @param {SearchRequest} request
   * @returns {Promise<[number, string, Record<string, unknown>][]>}
   */
  async topN({ query, samples, threshold = -Infinity, mode, filter, diversity }) {
    const beyond = (mode && mode !== "vector" && mode) || (filter && "filter") || (diversity && "diversity");
    if (beyond)
      throw new ConfigError(`InMemoryVectorStore finds by vector alone; an IndexedDBVectorStore named ":memory:" knows ${beyond} too`);
    if (!this.#rows.size) return [];
    const [{ vec }] = await this.#model.embedTexts([query]);
    const unit = this.#unit(vec);
    return [...this.#rows.values()]
      .map(({ id, document, unit: row }) => /** @type {[number, string, Record<string, unknown>]} */ ([dot(unit, row), id, document]))
      .filter(([score]) => score >= threshold)
      .sort(([a], [b]) => b - a)
      .slice(0, samples);
  }

  /**
   * @param {SearchRequest} request
   * @returns {Promise<[number, string][]>}
   */
  async topNIds(request) {
    return (await this.topN(request)).map(([score, id]) => [score, id]);
  }

  /** @param {number[]} vec */
  #unit(vec) {
    this.#dimensions ??= vec.length;
    if (vec.length !== this.#dimensions)
      throw new DimensionError(`this store's vectors have ${this.#dimensions} dimensions, this one has ${vec.length}`);
    const length = Math.hypot(...vec) || 1;
    return Float64Array.from(vec, (value) => value / length);
  }
}

/**
 * @param {Float64Array} a
 * @param {Float64Array} b
 */
function dot(a, b) {
  let sum = 0;
  for (let n = 0; n < a.length; n++) sum += a[n] * b[n];
  return sum;
}
