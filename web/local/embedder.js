/**
 * Turns texts into vectors of unit length, by a model that computes them (onnxruntime-web) or by a table of one row for each token
 * (static-table.js).
 *
 * Texts are computed in small batches of about one length, and what waits is looked at after each: the call with the fewest texts left is
 * next, of equal ones the newest, so that a question does not wait for a file that is being embedded.
 *
 * @import { OpenEmbedder } from "./types.js"
 */

import { abortError } from "./errors.js";

/**
 * @typedef {{index: number, text: string, ids?: number[]}} Row
 * @typedef {object} Job
 * @property {Row[]} rows what is left, shortest first
 * @property {Float32Array[]} vectors in the order of the texts
 * @property {AbortSignal} [signal]
 * @property {(vectors: Float32Array[]) => void} resolve
 * @property {(error: unknown) => void} reject
 */

export class Embedder {
  #model;
  /** Oldest first. @type {Job[]} */
  #jobs = [];
  #isBusy = false;

  /** @param {OpenEmbedder} model */
  constructor(model) {
    this.#model = model;
    this.dimensions = model.dimensions;
    this.threads = model.threads;
  }

  /**
   * @param {string[]} texts
   * @param {AbortSignal} [signal]
   * @returns {Promise<Float32Array[]>} in the order of `texts`
   */
  async embed(texts, signal) {
    if (texts.length === 0) return [];
    const rows = texts.map((text, index) => ({ index, text }));
    rows.sort((a, b) => a.text.length - b.text.length); // neighbours of about one length waste little padding
    return new Promise((resolve, reject) => {
      this.#jobs.push({ rows, vectors: new Array(texts.length), signal, resolve, reject });
      void this.#work();
    });
  }

  async #work() {
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#jobs.length) {
      const job = this.#jobs.reduce((first, other) => (other.rows.length <= first.rows.length ? other : first));
      try {
        if (job.signal?.aborted) throw abortError();
        await this.#step(job);
        if (job.rows.length === 0) this.#end(job, () => job.resolve(job.vectors));
      } catch (error) {
        this.#end(job, () => job.reject(error));
      }
      // A model computes on this thread: let in what stops a call, and other calls.
      await new Promise((resolve) => setTimeout(resolve));
    }
    this.#isBusy = false;
  }

  /** @param {Job} job */
  async #step({ rows, vectors }) {
    /** @type {number[][]} */
    const batch = [];
    for (let width = 0; batch.length < rows.length; ) {
      const row = rows[batch.length];
      row.ids ??= this.#model.encode(row.text);
      width = Math.max(width, row.ids.length);
      if (batch.length && (batch.length + 1) * width > this.#model.batchCells) break;
      batch.push(row.ids);
    }
    const taken = rows.splice(0, batch.length);
    const found = await this.#model.run(batch);
    taken.forEach((row, at) => (vectors[row.index] = found[at]));
  }

  /**
   * @param {Job} job
   * @param {() => void} tell
   */
  #end(job, tell) {
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    tell();
  }
}

/**
 * Returns the vector at unit length, in place. The zero vector stays.
 * @param {Float32Array} vector
 */
export function atUnitLength(vector) {
  const norm = Math.hypot(...vector) || 1;
  for (let at = 0; at < vector.length; at++) vector[at] /= norm;
  return vector;
}
