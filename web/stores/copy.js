/**
 * Copies of documents from one store to another, of any kind.
 *
 * @import { FoundDocument, StoreDocument } from "../types.js"
 *
 * IndexedDBVectorStore, InMemoryVectorStore and QdrantAdapter, or anything with these.
 * @typedef {object} CopySource
 * @property {(options?: {signal?: AbortSignal}) => Iterable<string> | Promise<Iterable<string>>} ids
 * @property {(ids: string[], options: {vectors?: boolean, signal?: AbortSignal}) => FoundDocument[] | Promise<FoundDocument[]>} get
 *   needed for `resume`
 * @typedef {object} CopyTarget
 * @property {(documents: (StoreDocument & {id: string})[], options: {signal?: AbortSignal}) => unknown} upsert
 * @property {CopySource["get"]} [get] for `resume`
 *
 * @typedef {object} CopyOptions
 * @property {number} [batch] documents in one step; 1,000 by default
 * @property {boolean} [resume] whether to leave out documents that the target has, after a copy that was cut off
 * @property {(done: number, total: number) => unknown} [onProgress] called after each step
 * @property {AbortSignal} [signal]
 */

import { checkNames } from "../models/access.js";
import { ConfigError } from "../errors.js";

/**
 * Copies documents with ids, metadata and vectors, in place of documents with the same ids. Embeds nothing. Documents written before a
 * failure or an abort stay. The vectors of a cosine store are of unit length.
 * @param {CopySource} from
 * @param {CopyTarget} to
 * @param {CopyOptions} [options]
 * @returns {Promise<number>} the number of documents written
 */
export async function copy(from, to, options = {}) {
  checkNames(options, ["batch", "resume", "onProgress", "signal"]);
  const { batch = 1000, resume = false, onProgress, signal } = options;
  const has = (/** @type {any} */ store, /** @type {string[]} */ names) => names.every((name) => typeof store?.[name] === "function");
  if (!has(from, ["ids", "get"])) throw new ConfigError("copy takes from a store with ids() and get(ids, {vectors: true})");
  if (!has(to, resume ? ["upsert", "get"] : ["upsert"]))
    throw new ConfigError(`copy takes to a store with upsert(documents)${resume ? " and get(ids)" : ""}`);
  if (!(batch >= 1)) throw new ConfigError(`batch is at least 1, got ${batch}`);
  const ids = [...(await from.ids({ signal }))];
  let written = 0;
  for (let at = 0; at < ids.length; at += batch) {
    signal?.throwIfAborted();
    let wanted = ids.slice(at, at + batch);
    if (resume) {
      const there = new Set((await to.get?.(wanted, { signal }))?.map(({ id }) => id));
      wanted = wanted.filter((id) => !there.has(id));
    }
    const found = wanted.length ? await from.get(wanted, { vectors: true, signal }) : [];
    if (found.length) await to.upsert(found, { signal });
    written += found.length;
    await onProgress?.(Math.min(at + batch, ids.length), ids.length);
  }
  return written;
}
