/** Sums of usage. @import { Usage } from "../types.js" */

/** @returns {Usage} */
export function noUsage() {
  return { inputTokens: 0, outputTokens: 0, totalTokens: 0, cachedInputTokens: 0, cacheCreationInputTokens: 0, reasoningTokens: 0 };
}

/**
 * @param {Usage} a
 * @param {Partial<Usage> | undefined} b
 * @returns {Usage}
 */
export function addUsage(a, b) {
  const sum = /** @type {Usage & Record<string, number>} */ ({ ...a });
  for (const [name, count] of Object.entries(b ?? {})) if (typeof count === "number") sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
