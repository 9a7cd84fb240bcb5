/**
 * Documents as Qdrant's points and back, in the form of Python's QdrantStore: a point's payload holds `text`, `metadata`, `document` where
 * the document is more than text, and `id` where the point's id is made from the document's.
 *
 * @import { FoundDocument, StoreDocument } from "../types.js"
 * A number where that is exact, else a BigInt.
 * @typedef {number | bigint | string} PointId
 * @typedef {{id: PointId, vector?: number[], payload?: Record<string, any> | null}} Point
 */

import { ConfigError } from "../errors.js";

const NAMESPACE = "1a9cbfaa2fd65a749a648f3ef0e017a2"; // the UUID of the name "staysail" in the name space of DNS

/**
 * Returns a point's id for a document's id: the same number for a whole number, the same UUID for a UUID, else a UUID made from the text
 * (version 5).
 * @param {string} id
 * @returns {Promise<PointId>}
 */
export async function pointId(id) {
  if (isNumber(id)) return exactId(BigInt(id));
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id;
  const named = [...(NAMESPACE.match(/../g) ?? []).map((digits) => parseInt(digits, 16)), ...new TextEncoder().encode(id)];
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-1", new Uint8Array(named))).slice(0, 16);
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  const digits = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Whether a text is a whole number below 2^64, as Qdrant's ids are. @param {string} id */
const isNumber = (id) => /^(0|[1-9]\d{0,19})$/.test(id) && BigInt(id) < 2n ** 64n;

/**
 * Returns an id as Qdrant takes it: digits as a number. Throws ConfigError.
 * @param {PointId} id
 * @returns {PointId}
 */
export function exactId(id) {
  if (typeof id === "string") return isNumber(id) ? exactId(BigInt(id)) : id;
  if (typeof id === "bigint") return id <= Number.MAX_SAFE_INTEGER ? Number(id) : id;
  if (Number.isSafeInteger(id) && id >= 0) return id;
  throw new ConfigError(`the id ${id} is no exact number: above ${Number.MAX_SAFE_INTEGER} give it as a BigInt or as text`);
}

/**
 * @param {{id: string, document: any, metadata?: Record<string, unknown>}} document
 * @param {PointId} point
 */
export function payloadOf({ id, document, metadata }, point) {
  const text = typeof document === "string" ? document : (document?.text ?? document?.content);
  return {
    ...(String(point) === id ? {} : { id }),
    ...(typeof text === "string" && text ? { text } : {}),
    ...(document == null || document === text ? {} : { document }),
    ...(metadata && Object.keys(metadata).length ? { metadata } : {}),
  };
}

/** Returns the document's id. An `id` in the payload that does not fit the point is another program's. @param {Point} point */
export async function readId({ id, payload }) {
  const own = payload?.id;
  return typeof own === "string" && String(await pointId(own)) === String(id) ? own : String(id);
}

/**
 * @param {Point} point
 * @returns {Promise<FoundDocument>}
 */
export async function readPoint(point) {
  const { document, text, metadata } = point.payload ?? {};
  const found = { id: await readId(point), document: document ?? text ?? null, metadata: metadata ?? {} };
  return point.vector ? { ...found, vector: Float32Array.from(point.vector) } : found;
}

/**
 * Reads a caller's document into the form of documents that are read back.
 * @param {StoreDocument & {id: string}} given
 * @returns {FoundDocument}
 */
export function readDocument({ id, metadata, vec, vector = vec, ...rest }) {
  const [[name, only] = []] = Object.entries(rest);
  const document = Object.keys(rest).length === 1 && (name === "text" || name === "document") ? only : rest;
  return { id, document, metadata: metadata ?? {}, ...(vector ? { vector: Float32Array.from(vector) } : {}) };
}
