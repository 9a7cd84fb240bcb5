/**
 * Documents on their way to Python.
 *
 * @import { StoreDocument } from "../types.js"
 * @import { Vector, Vectors } from "./vectors.js"
 */

import { ConfigError } from "../errors.js";
import { packVectors } from "./vectors.js";

/**
 * Separates documents from their vectors, which cross beside them; `vector` is then the row's number, where some documents have none.
 * @param {readonly (string | StoreDocument)[] | null} documents
 * @param {readonly string[] | undefined} ids
 * @param {Vectors | undefined} vectors
 */
export function readDocuments(documents, ids, vectors) {
  if (vectors) {
    const count = documents?.length ?? ids?.length ?? (vectors instanceof Float32Array ? 0 : vectors.length);
    if (!count) throw new ConfigError("a Float32Array alone does not tell how many vectors it holds: give ids, or the vectors one by one");
    const plain = documents?.map((document) => split(document).rest) ?? null;
    return { documents: plain, rows: count, $bytes: packVectors(vectors, count) };
  }
  if (!documents) throw new ConfigError("add takes documents, vectors, or both");
  const read = documents.map(split);
  const rows = read.flatMap(({ vector }) => (vector ? [vector] : []));
  if (!rows.length) return { documents: read.map(({ rest }) => rest), rows: 0 };
  let row = 0;
  const some = rows.length < read.length;
  const numbered = read.map(({ rest, vector }) => (some ? { ...rest, vector: vector ? row++ : null } : rest));
  return { documents: numbered, rows: rows.length, $bytes: packVectors(rows, rows.length) };
}

/**
 * @param {string | StoreDocument} document
 * @returns {{rest: Record<string, unknown>, vector?: Vector}}
 */
function split(document) {
  if (typeof document === "string") return { rest: { text: document } };
  const { vec, vector = vec, ...rest } = document;
  return { rest, vector: vector ?? undefined };
}
