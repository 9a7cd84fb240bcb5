/** Limits of waiting: a worker, a download or a database that never answers becomes a "stalled" error, after which a further try may help. */

import { LocalModelError } from "./errors.js";

/**
 * Returns the result of the work, or raises "stalled" after the time.
 * @template T
 * @param {number} limitMs
 * @param {string} what the work's name, as an error's first words: "The embedder's start"
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 */
export function within(limitMs, what, work) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(stalled(what, limitMs)), limitMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** A time limit that begins again with each sign of life. */
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

  /** Begins the time again. limitMs: the limit from now on. @param {number} [limitMs] */
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
 * Returns a "stalled" error.
 * @param {string} what
 * @param {number} limitMs
 */
export function stalled(what, limitMs) {
  return new LocalModelError("stalled", `${what} was given up after ${Math.round(limitMs / 1000)} s without a sign of life. Try again.`);
}
