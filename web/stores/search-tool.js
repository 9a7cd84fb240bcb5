/**
 * A tool for agents that search by themselves. The reply's `steps` hold its sources, with the ids that the model saw.
 *
 * @import { PlainTool, SearchIndex } from "../types.js"
 * @import { SearchOptions } from "./search.js"
 */

import { ConfigError } from "../errors.js";
import { checkSearch, searchStore } from "./search.js";
import { describeSource } from "./sources.js";

const DESCRIPTION =
  "Searches the user's documents and gives the passages that fit best. Ask again with other words where they do not answer the question. " +
  "Name the `id` of each passage you rely on in square brackets, as in [handbook.pdf#3].";
const PARAMETERS = {
  type: "object",
  properties: { query: { type: "string", description: "What to look for, in a few words or a sentence." } },
  required: ["query"],
  additionalProperties: false,
};
/** Metadata of a passage that the model gets. */
const SHOWN = ["source", "title", "page", "chapter", "headings", "row", "line"];

/**
 * Makes a tool that searches `store` (anything with `topN(request)` or `search(query, n)`) and returns the k best passages. They are in
 * `reply.steps[n].sources`, with id, source, span, score and document.
 * @param {SearchIndex} store
 * @param {{k?: number, name?: string, description?: string} & SearchOptions} [options] mode ("vector", "keyword" or "hybrid"), threshold,
 *   filter, diversity: for the store's `topN`
 * @returns {PlainTool<{query: string}>}
 */
export function searchTool(store, { k = 5, name = "search", description = DESCRIPTION, ...options } = {}) {
  checkSearch(store, options, "the first argument of searchTool");
  if (!(k >= 1)) throw new ConfigError(`k is at least 1, got ${k}`);
  return {
    name,
    description,
    parameters: PARAMETERS,
    async execute({ query }) {
      const sources = (await searchStore(store, query, k, options)).map(describeSource);
      const passages = sources.map(({ id, document }) => ({ id, ...shown(document.metadata), text: document.text }));
      const text = passages.length ? JSON.stringify(passages) : "Nothing was found.";
      return { content: [{ type: "text", text }], sources };
    },
  };
}

/** @param {Record<string, unknown>} [metadata] */
const shown = (metadata = {}) => Object.fromEntries(SHOWN.filter((name) => metadata[name]).map((name) => [name, metadata[name]]));
