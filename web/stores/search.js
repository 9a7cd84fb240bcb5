/**
 * Searches in any store that a program gives: with `topN(request)`, as rig's stores have it, or `search(query, n)`.
 *
 * @import { Peer } from "../bridge/rpc.js"
 * @import { Rerank, SearchHit, SearchIndex, SearchRequest } from "../types.js"
 *
 * @typedef {{[IN_PYTHON](peer: Peer): Record<string, unknown>, embed(texts: string[]): unknown}} PythonStore
 * @typedef {{rerank?: Rerank<string> | null} & Omit<SearchRequest, "query" | "samples">} SearchOptions
 */

import { ConfigError } from "../errors.js";
import { checkNames } from "../models/access.js";
import { checkRerank, findReranked } from "./reranking.js";

/** The method by which a store that Python holds describes itself, so that Python searches it without asking JavaScript. */
export const IN_PYTHON = Symbol("staysail.store");

/** The options that a store's `topN` takes beside query and samples. */
const OPTIONS = ["mode", "threshold", "filter", "diversity"];
const MODES = ["vector", "keyword", "hybrid"];

/**
 * Refuses a store that cannot be searched and options that no search takes.
 * @param {unknown} store
 * @param {SearchOptions} options
 * @param {string} name of the store, for the message
 */
export function checkSearch(store, { rerank, ...request }, name) {
  const given = /** @type {Record<string, unknown> | null | undefined} */ (store);
  if (typeof given?.topN !== "function" && typeof given?.search !== "function")
    throw new ConfigError(`${name} is a vector store: something with topN(request) or search(query, n)`);
  checkNames(request, OPTIONS);
  const { mode } = request;
  if (mode != null && !MODES.includes(mode)) throw new ConfigError(`mode is ${MODES.join(", ")}, not ${String(mode)}`);
  checkRerank(rerank);
}

/**
 * Whether Python holds the store.
 * @param {unknown} store
 * @returns {store is PythonStore}
 */
export function isInPython(store) {
  return typeof store === "object" && store !== null && IN_PYTHON in store;
}

/**
 * The k best hits of a store, best first.
 * @param {SearchIndex} store
 * @param {string} query
 * @param {number} k
 * @param {SearchOptions} options
 * @returns {Promise<SearchHit[]>}
 */
export function searchStore(store, query, k, { rerank, ...request }) {
  return findReranked(query, k, rerank, (samples) =>
    "topN" in store ? store.topN({ query, samples, ...request }) : store.search(query, samples),
  );
}
