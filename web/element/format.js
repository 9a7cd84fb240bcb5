/** Figures as people read them. */

/** @import { Usage } from "./types.js" */

/** @param {number} seconds */
export function formatSeconds(seconds) {
  if (seconds < 0.0995) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

/** Levels of JSON that are indented: the indents of deeper levels would be longer than their text. */
const MOST_DEPTH = 100;

/**
 * Formats a value as JSON for people; says so in words where a value has no JSON.
 * @param {unknown} value
 * @returns {string}
 */
export function formatJson(value) {
  try {
    const text = JSON.stringify(value) ?? String(value);
    return depthOf(text) > MOST_DEPTH ? text : JSON.stringify(value, null, 2);
  } catch {
    return "A value that is nested too deep to be shown.";
  }
}

/** @param {string} text of JSON */
function depthOf(text) {
  let depth = 0;
  let most = 0;
  for (const [sign] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (sign === "[" || sign === "{") most = Math.max(most, ++depth);
    else if (sign === "]" || sign === "}") depth--;
  }
  return most;
}

/** @param {number} bytes */
export function formatMegabytes(bytes) {
  return (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0);
}

/**
 * @param {Usage} usage
 * @param {number} [usd] what it cost, where that is known
 * @returns {string} "" where nothing was counted
 */
export function formatUsage(usage, usd) {
  if (!usage.inputTokens && !usage.outputTokens) return "";
  const tokens = `${usage.inputTokens.toLocaleString("en")} tokens in, ${usage.outputTokens.toLocaleString("en")} out`;
  return usd === undefined ? tokens : `${tokens}, ${formatUsd(usd)}`;
}

/** @param {number} usd two digits of small amounts, cents of others */
export function formatUsd(usd) {
  if (usd > 0 && usd < 0.0001) return "under $0.0001";
  return `$${usd > 0 && usd < 0.1 ? Number(usd.toPrecision(2)) : usd.toFixed(2)}`;
}
