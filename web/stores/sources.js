/**
 * Hits of any store as sources: a passage with its id, score, document and place.
 *
 * @import { SearchHit, Source } from "../types.js"
 */

import { withEnds } from "../bridge/spelling.js";

/**
 * @param {SearchHit} hit
 * @returns {Source}
 */
export function describeSource(hit) {
  const [score, name, found] = Array.isArray(hit) ? hit : [...hitFields(hit)];
  const id = String(name);
  const document = readDocument(id, found);
  const { source, start, end } = document.metadata ?? {};
  return {
    id,
    score: Number(score),
    ...(source === undefined ? {} : { source: String(source) }),
    ...(Number.isInteger(start) && Number.isInteger(end) ? { span: withEnds([Number(start), Number(end)]) } : {}),
    document,
  };
}

/** @param {any} hit */
const hitFields = (hit) => [hit.score, hit.id, hit.document ?? hit.content ?? hit.text];

/**
 * A hit's text: the document itself, its `text` or `content`, else its JSON.
 * @param {string} id
 * @param {any} found
 * @returns {Source["document"]}
 */
function readDocument(id, found) {
  if (typeof found === "string") return { id, text: found };
  const text = found?.text ?? found?.content ?? found?.document;
  if (typeof text !== "string") return { id, text: JSON.stringify(found) };
  return { id, text, ...(found.metadata ? { metadata: found.metadata } : {}) };
}
