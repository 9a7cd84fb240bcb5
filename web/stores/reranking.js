/** Reordering of a store's hits: by a function, or by a provider's Reranker. @import { Rerank, SearchHit } from "../types.js" */

import { ConfigError } from "../errors.js";

/** Hits that are reordered for each hit that is wanted; the same as in Python. */
const WIDER = 4;

/** @param {unknown} rerank */
export function checkRerank(rerank) {
  if (rerank == null || typeof rerank === "function" || typeof (/** @type {any} */ (rerank).rerank) === "function") return;
  throw new ConfigError("rerank is a function of a query and its hits, or has rerank(query, texts), as a Reranker has");
}

/**
 * @template {SearchHit} Hit
 * @template Query
 * @param {Query} query
 * @param {number} k
 * @param {Rerank<Query> | null | undefined} rerank
 * @param {(k: number) => readonly Hit[] | Promise<readonly Hit[]>} find returns the k nearest hits
 * @returns {Promise<Hit[]>}
 */
export async function findReranked(query, k, rerank, find) {
  checkRerank(rerank);
  const hits = [...(await find(rerank ? WIDER * k : k))];
  if (!rerank) return hits;
  const better =
    typeof rerank === "function"
      ? await rerank(query, /** @type {any} */ (hits))
      : await (await import("./model-ranking.js")).rankByModel(rerank, query, hits, k);
  return /** @type {Hit[]} */ ([...better].slice(0, k));
}
