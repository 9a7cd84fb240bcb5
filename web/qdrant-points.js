/**
 * Documents as Qdrant's points, and back, as Python's QdrantStore writes and reads them: a point's payload holds `text`, `metadata`,
 * `document` where that is not the text alone, and `id` where the point's own id is made from it.
 *
 * @import { FoundDocument, StoreDocument } from "./types.js"
 * @typedef {{id: number | string, vector?: number[], payload?: Record<string, any> | null}} Point
 */

const NAMESPACE = "1a9cbfaa2fd65a749a648f3ef0e017a2"; // of names that are "staysail" as DNS would have it

/** The same number for a whole number, the same UUID for a UUID, else a UUID that follows from the text (version 5). @param {string} id @returns {Promise<number | string>} */
export async function pointId(id) {
  if (/^(0|[1-9]\d{0,14})$/.test(id)) return Number(id);
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id;
  const named = [...(NAMESPACE.match(/../g) ?? []).map((digits) => parseInt(digits, 16)), ...new TextEncoder().encode(id)];
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-1", new Uint8Array(named))).slice(0, 16);
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  const digits = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** @param {{id: string, document: any, metadata?: Record<string, unknown>}} document @param {number | string} point */
export function payloadOf({ id, document, metadata }, point) {
  const text = typeof document === "string" ? document : document?.text ?? document?.content;
  return {
    ...(String(point) === id ? {} : { id }),
    ...(typeof text === "string" && text ? { text } : {}),
    ...(document == null || document === text ? {} : { document }),
    ...(metadata && Object.keys(metadata).length ? { metadata } : {}),
  };
}

/** The id it was stored under; a payload's `id` that is somebody else's is none of ours. @param {Point} point */
export async function readId({ id, payload }) {
  const told = payload?.["id"];
  return typeof told === "string" && String(await pointId(told)) === String(id) ? told : String(id);
}

/** @param {Point} point @returns {Promise<FoundDocument>} */
export async function readPoint(point) {
  const { document, text, metadata } = point.payload ?? {};
  const found = { id: await readId(point), document: document ?? text ?? null, metadata: metadata ?? {} };
  return point.vector ? { ...found, vector: Float32Array.from(point.vector) } : found;
}

/** As a caller gives it, in the shape it comes back. @param {StoreDocument & {id: string}} given @returns {FoundDocument} */
export function readDocument({ id, metadata, vec, vector = vec, ...rest }) {
  const [[name, only] = []] = Object.entries(rest);
  const document = Object.keys(rest).length === 1 && (name === "text" || name === "document") ? only : rest;
  return { id, document, metadata: metadata ?? {}, ...(vector ? { vector: Float32Array.from(vector) } : {}) };
}
