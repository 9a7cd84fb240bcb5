/** Adding up tokens. @import { Usage } from "./types.js" */

/** @returns {Usage} */
export function noUsage() {
  return { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
}

/**
 * @param {Usage} a
 * @param {Partial<Usage> | undefined} b
 * @returns {Usage}
 */
export function addUsage(a, b) {
  return {
    inputTokens: a.inputTokens + (b?.inputTokens ?? 0),
    outputTokens: a.outputTokens + (b?.outputTokens ?? 0),
    totalTokens: a.totalTokens + (b?.totalTokens ?? 0),
  };
}
