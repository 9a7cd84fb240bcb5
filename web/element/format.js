/** Figures as people read them. */

/** @import { Usage } from "./types.js" */

/** @param {number} seconds */
export function formatSeconds(seconds) {
  if (seconds < 0.0995) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

/** @param {number} bytes */
export function formatMegabytes(bytes) {
  return (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0);
}

/**
 * @param {Usage} usage
 * @returns {string} "" where nothing was counted
 */
export function formatUsage(usage) {
  if (!usage.inputTokens && !usage.outputTokens) return "";
  return `${usage.inputTokens.toLocaleString("en")} tokens in, ${usage.outputTokens.toLocaleString("en")} out`;
}
