/** Reordering of a store's hits by a provider's Reranker. Loaded with the first of them. @import { Rerank, SearchHit } from "../types.js" */

import { ConfigError } from "../errors.js";
import { describeSource } from "./sources.js";

/**
 * @param {Exclude<Rerank<any>, Function>} model
 * @param {unknown} query
 * @param {readonly SearchHit[]} hits
 * @param {number} k
 */
export async function rankByModel(model, query, hits, k) {
  if (typeof query !== "string") throw new ConfigError("a Reranker reads the query: search for a text, not for a vector");
  const described = hits.map(describeSource);
  const ranked = hits.length
    ? await model.rerank(
        query,
        described.map(({ document }) => document.text),
        { topN: k },
      )
    : [];
  return ranked.map(({ index, score }) => {
    const hit = /** @type {any} */ (hits[index]);
    return Array.isArray(hit) ? [score, hit[1], hit[2]] : { ...hit, score };
  });
}
