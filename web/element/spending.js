/**
 * The cost of answers, and the tokens of the context: by the page's own facts about its model, else by the package's catalog.
 *
 * @import { ChatMessage } from "../chat/types.js"
 * @import { Usage } from "../types.js"
 *
 * Facts about a model: US dollars for a million tokens, and the tokens that it reads and writes in all.
 * @typedef {{inputUsd?: number | null, outputUsd?: number | null, cachedInputUsd?: number | null, contextTokens?: number | null}} ModelFacts
 */

import { isLocal } from "./local-start.js";

/** @type {Map<string, Promise<ModelFacts>>} */
const known = new Map();

/**
 * Returns the facts about a model. Python is up by then.
 * @param {string} model "provider:model"
 * @returns {Promise<ModelFacts>}
 */
export function findFacts(model) {
  const found = known.get(model) ?? lookUp(model).catch(() => ({}));
  known.set(model, found);
  return found;
}

/**
 * @param {string} model
 * @returns {Promise<ModelFacts>}
 */
async function lookUp(model) {
  if (isLocal(model)) {
    const { localEngine } = await import("../models/local-engines.js");
    return { contextTokens: (await localEngine()).contextTokens };
  }
  const { knownModel } = await import("../models/list.js");
  return (await knownModel(model)) ?? {};
}

/**
 * Returns the cost of usage in US dollars; undefined where a price is unknown. Providers count cached tokens among those read or beside them;
 * the total minus the output is what was read in either case.
 * @param {Partial<Usage>} usage
 * @param {ModelFacts} facts
 */
function costOf({ totalTokens = 0, outputTokens = 0, cachedInputTokens = 0 }, { inputUsd, outputUsd, cachedInputUsd }) {
  if (inputUsd == null || outputUsd == null) return undefined;
  const read = Math.max(0, totalTokens - outputTokens);
  const cached = Math.min(cachedInputTokens, read);
  return ((read - cached) * inputUsd + cached * (cachedInputUsd ?? inputUsd) + outputTokens * outputUsd) / 1e6;
}

/** The cost and the context of a chat. */
export class Spending {
  /** US dollars of all runs; undefined where a price is unknown. @type {number | undefined} */
  usd = 0;
  /** Tokens of the last model call, and how many its model reads and writes in all. @type {{tokens?: number, size?: number | null}} */
  context = {};

  /**
   * Adds an answer. Returns its cost in US dollars; undefined where it is unknown.
   * @param {ChatMessage} answer
   * @param {Promise<ModelFacts>} finding what is known of its model
   */
  async add({ parts, usage }, finding) {
    if (!usage) return undefined;
    const facts = await finding;
    const usd = costOf(usage, facts);
    this.usd = usd === undefined || this.usd === undefined ? undefined : this.usd + usd;
    const last = parts.findLast((part) => part.type === "step" && part.usage);
    this.context = { tokens: last?.type === "step" ? last.usage?.totalTokens : undefined, size: facts.contextTokens };
    return usd;
  }
}
