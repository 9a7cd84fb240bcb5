/**
 * Requests and responses: {operation, path?, data?, options?} -> {success, result?, error?, metadata?}.
 *
 * @typedef {{operation: string, path?: string, data?: any, options?: Record<string, any>}} Request
 */

import { fromBase64, toBase64 } from "../bridge/base64.js";
import { PluginError } from "./faults.js";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Bytes as a result: text, or what JSON they hold, or base64 where they are neither.
 * @param {Uint8Array} bytes
 * @returns {any}
 */
export function toResult(bytes) {
  let text;
  try {
    text = strict.decode(bytes);
  } catch {
    return { content: toBase64(bytes), encoding: "base64" };
  }
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A request's data as bytes: text as it is, {content, encoding: "base64"} decoded, anything else as JSON. @param {any} data */
export function toBytes(data) {
  if (data === undefined || data === null) return new Uint8Array();
  if (data.encoding === "base64" && typeof data.content === "string") return fromBase64(data.content);
  return new TextEncoder().encode(typeof data === "string" ? data : JSON.stringify(data));
}

/**
 * @param {any} result
 * @param {object} [metadata]
 * @returns {string}
 */
export function succeeded(result, metadata) {
  return JSON.stringify({ success: true, result, ...(metadata && { metadata }) });
}

/**
 * @param {string} error
 * @param {object} [metadata]
 * @returns {string}
 */
export function failed(error, metadata) {
  return JSON.stringify({ success: false, error, ...(metadata && { metadata }) });
}

/**
 * @param {number} length
 * @param {number} limit in bytes
 */
export function checkOutput(length, limit) {
  if (length > limit) throw new PluginError(`its output has ${length} bytes or more; at most ${limit} are taken`);
}
