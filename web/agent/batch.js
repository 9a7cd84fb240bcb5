/**
 * Batches of prompts, answered within a day at half the price.
 *
 * @import { BatchState, PlainBatch, Reply } from "../types.js"
 */

import { fromRecord } from "../errors.js";
import { toCamel } from "../bridge/spelling.js";

const POLL_MS = 30_000;

/**
 * A batch, made by `agent.batch` or `agent.openBatch`. `JSON.stringify(batch)` is the argument of `openBatch` after a reload.
 * @template [Output=any]
 */
export class Batch {
  #ask;
  #read;
  #plain;

  /**
   * @internal
   * @param {(method: string, batch: PlainBatch, signal?: AbortSignal | null) => Promise<any>} ask
   * @param {(reply: Reply<any>) => Promise<Reply<any>>} read
   * @param {PlainBatch} plain
   * @param {string[]} [warnings]
   */
  constructor(ask, read, plain, warnings = []) {
    this.#ask = ask;
    this.#read = read;
    this.#plain = plain;
    /** Options that the batch's requests do not contain. */
    this.warnings = warnings;
  }

  /** The provider's id of the batch. */
  get id() {
    return this.#plain.id;
  }

  /**
   * Returns the batch's progress.
   * @param {{signal?: AbortSignal | null}} [options]
   * @returns {Promise<BatchState>}
   */
  async state({ signal } = {}) {
    return toCamel(await this.#ask("agent.batch_state", this.#plain, signal));
  }

  /**
   * Resolves once the batch has ended; requests its state every `pollMs` milliseconds.
   * @param {{pollMs?: number, signal?: AbortSignal | null}} [options]
   * @returns {Promise<this>}
   */
  async wait({ pollMs = POLL_MS, signal } = {}) {
    while ((await this.state({ signal })).phase === "running") await pause(pollMs, signal);
    return this;
  }

  /**
   * Returns one reply for each prompt, in the order of the prompts; an error stands in for a request that failed or expired.
   * @param {{signal?: AbortSignal | null}} [options]
   * @returns {Promise<(Reply<Output> | Error)[]>}
   */
  async replies({ signal } = {}) {
    const found = await this.#ask("agent.batch_replies", this.#plain, signal);
    const read = (/** @type {any} */ { error, reply }) =>
      error ? fromRecord(error) : this.#read(toCamel(reply)).catch((problem) => problem);
    return Promise.all(found.map(read));
  }

  /** Cancels the batch; answers that exist already remain. */
  async cancel() {
    await this.#ask("agent.batch_cancel", this.#plain);
  }

  /** @returns {PlainBatch} */
  toJSON() {
    return this.#plain;
  }
}

/**
 * @param {number} ms
 * @param {AbortSignal | null} [signal]
 */
async function pause(ms, signal) {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers();
  const stop = () => reject(signal?.reason);
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
