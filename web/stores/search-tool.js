/**
 * A tool for agents that look things up themselves. What it found is told in the reply's `steps`, with the ids the model was shown.
 *
 * @import { PlainTool, Rerank, SearchHit, SearchIndex, SearchRequest, Source } from "../types.js"
 */

import { checkNames } from "../models/access.js";
import { ConfigError } from "../errors.js";
import { checkRerank, findReranked } from "./reranking.js";

const DESCRIPTION =
  "Searches the user's documents and gives the passages that fit best. Ask again with other words where they do not answer the question. " +
  "Name the `id` of each passage you rely on in square brackets, as in [handbook.pdf#3].";
const PARAMETERS = {
  type: "object",
  properties: { query: { type: "string", description: "What to look for, in a few words or a sentence." } },
  required: ["query"],
  additionalProperties: false,
};
/** What a store's `topN` may be asked beside query and samples. */
export const SEARCH_OPTIONS = ["mode", "threshold", "filter", "diversity"];
const MODES = ["vector", "keyword", "hybrid"];
/** What of a passage's metadata the model is shown. */
const SHOWN = ["source", "title", "page", "chapter", "headings", "row", "line"];

/**
 * A tool that searches `store` (anything with `topN(request)` or `search(query, n)`) and tells the k best passages. What was found is in
 * `reply.steps[n].sources`: id, source, span, score, document.
 * @param {SearchIndex} store
 * @param {{k?: number, name?: string, description?: string, rerank?: Rerank<string>} & Omit<SearchRequest, "query" | "samples">} [options] mode
 *   ("vector", "keyword" or "hybrid"), threshold, filter, diversity: given to the store's `topN`
 * @returns {PlainTool<{query: string}>}
 */
export function searchTool(store, { k = 5, name = "search", description = DESCRIPTION, rerank, ...request } = {}) {
  const given = /** @type {Record<string, unknown> | null | undefined} */ (store);
  if (typeof given?.topN !== "function" && typeof given?.search !== "function") {
    throw new ConfigError("searchTool takes a vector store: something with topN(request) or search(query, n)");
  }
  checkNames(request, SEARCH_OPTIONS);
  checkMode(request.mode);
  checkRerank(rerank);
  if (!(k >= 1)) throw new ConfigError(`k is at least 1, got ${k}`);
  return {
    name,
    description,
    parameters: PARAMETERS,
    async execute({ query }) {
      const hits = await findReranked(query, k, rerank, (samples) =>
        "topN" in store ? store.topN({ query, samples, ...request }) : store.search(query, samples),
      );
      const sources = hits.map(describeSource);
      const passages = sources.map(({ id, document }) => ({ id, ...shown(document.metadata), text: document.text }));
      const text = passages.length ? JSON.stringify(passages) : "Nothing was found.";
      return { content: [{ type: "text", text }], sources };
    },
  };
}

/** @param {unknown} mode */
export function checkMode(mode) {
  if (mode != null && !MODES.includes(/** @type {string} */ (mode)))
    throw new ConfigError(`mode is ${MODES.join(", ")}, not ${String(mode)}`);
}

/**
 * @param {SearchHit} hit
 * @returns {Source}
 */
export function describeSource(hit) {
  const [score, name, found] = Array.isArray(hit) ? hit : [...hitFields(hit)];
  const id = String(name);
  const document = readDocument(id, found);
  const { source, start, end } = document.metadata ?? {};
  return {
    id,
    score: Number(score),
    ...(source === undefined ? {} : { source: String(source) }),
    ...(Number.isInteger(start) && Number.isInteger(end) ? { span: /** @type {[number, number]} */ ([start, end]) } : {}),
    document,
  };
}

/** @param {any} hit */
const hitFields = (hit) => [hit.score, hit.id, hit.document ?? hit.content ?? hit.text];

/**
 * A hit's text: the document itself, its `text` or `content`, else its JSON.
 * @param {string} id
 * @param {any} found
 * @returns {Source["document"]}
 */
function readDocument(id, found) {
  if (typeof found === "string") return { id, text: found };
  const text = found?.text ?? found?.content ?? found?.document;
  if (typeof text !== "string") return { id, text: JSON.stringify(found) };
  return { id, text, ...(found.metadata ? { metadata: found.metadata } : {}) };
}

/** @param {Record<string, unknown>} [metadata] */
const shown = (metadata = {}) => Object.fromEntries(SHOWN.filter((name) => metadata[name]).map((name) => [name, metadata[name]]));
