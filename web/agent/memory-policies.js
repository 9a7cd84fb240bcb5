/**
 * `memory`: which part of a long history a model gets. Checked at once; memory-calls.js describes it for Python at each call.
 *
 * @import { Memory, MemoryPolicy, SummaryOptions } from "../types.js"
 */

import { checkNames } from "../models/access.js";
import { ConfigError } from "../errors.js";

const SUMMARY = ["overTokens", "keepLast", "summaryTokens", "prompt", "model", "apiKey", "baseURL", "count"];

/**
 * A policy of one kind.
 * @typedef {{kind: "sliding_window" | "token_window" | "summary" | "own", options: Record<string, any>, count?: (text: string) => unknown,
 *   fit?: (messages: any[], about: {promptAt: number}) => unknown}} Policy
 */

/**
 * Reads one policy or several, in the order in which they apply.
 * @param {Memory | null | undefined} memory
 * @returns {Policy[]}
 */
export function readMemory(memory) {
  const given = /** @type {MemoryPolicy[]} */ (memory == null ? [] : Array.isArray(memory) ? memory : [memory]);
  return given.flatMap((policy) => {
    if (typeof policy !== "object" || policy === null) throw new ConfigError(`memory is {slidingWindow: 20}, say; got ${String(policy)}`);
    if ("fit" in policy && typeof policy.fit === "function") return [{ kind: "own", options: {}, fit: policy.fit.bind(policy) }];
    checkNames(policy, ["slidingWindow", "tokenWindow", "summary", "fit"]);
    return Object.entries(policy).map(([name, value]) => readPolicy(name, value));
  });
}

/**
 * @param {string} name
 * @param {any} value
 * @returns {Policy}
 */
function readPolicy(name, value) {
  if (name === "slidingWindow") {
    if (!(value >= 1)) throw new ConfigError(`slidingWindow keeps at least 1 message, got ${value}`);
    return { kind: "sliding_window", options: { messages: value } };
  }
  if (name === "tokenWindow") {
    const { tokens, count, ...others } = typeof value === "number" ? { tokens: value } : (value ?? {});
    checkNames(others, ["tokens", "count"]);
    if (!(tokens >= 1)) throw new ConfigError(`tokenWindow holds at least 1 token, got ${tokens}`);
    return { kind: "token_window", options: { tokens }, count };
  }
  if (name !== "summary") throw new ConfigError("fit is a function of messages");
  checkNames(value ?? {}, SUMMARY);
  const { count, ...options } = /** @type {SummaryOptions} */ (value ?? {});
  if (!(options.overTokens >= 1))
    throw new ConfigError("summary needs overTokens: how many tokens a call may hold before the oldest are summed up");
  return { kind: "summary", options, count };
}
