/** Waits that end: a worker, a download or a database that never answers becomes an error that says so, and that may be tried again. */

import { LocalModelError } from "./errors.js";

/**
 * Returns what the work comes to, or throws an error with the code "stalled" after the time.
 * @template T
 * @param {number} limitMs
 * @param {string} what the work, as an error's first words: "The embedder's start"
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 */
export function within(limitMs, what, work) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(stalled(what, limitMs)), limitMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Waits for something that tells now and then that it goes on, and gives it up after a time of silence. */
export class Patience {
  #limitMs;
  #onSilence;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {number} limitMs
   * @param {() => void} onSilence
   */
  constructor(limitMs, onSilence) {
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
    this.hear();
  }

  /** Begins the time anew. limitMs: another one from now on. @param {number} [limitMs] */
  hear(limitMs = this.#limitMs) {
    this.#limitMs = limitMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onSilence, limitMs);
  }

  end() {
    clearTimeout(this.#timer);
  }
}

/**
 * @param {string} what
 * @param {number} limitMs
 */
export function stalled(what, limitMs) {
  return new LocalModelError("stalled", `${what} was given up after ${Math.round(limitMs / 1000)} s without a sign of life. Try again.`);
}
