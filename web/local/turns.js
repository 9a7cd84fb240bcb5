/** A queue for one caller at a time, in the order of arrival. A waiting caller can leave. */

import { abortError } from "./errors.js";

export class Turns {
  /** @type {(() => void)[]} */
  #waiting = [];
  #busy = false;

  /**
   * Waits for a turn.
   * @param {AbortSignal} [signal]
   * @returns {Promise<() => void>} call it once to end the turn
   */
  async take(signal) {
    if (signal?.aborted) throw abortError();
    if (this.#busy) await this.#wait(signal);
    this.#busy = true;
    return () => {
      this.#busy = false;
      this.#waiting.shift()?.();
    };
  }

  /**
   * @param {AbortSignal} [signal]
   * @returns {Promise<void>}
   */
  #wait(signal) {
    return new Promise((resolve, reject) => {
      const start = () => {
        signal?.removeEventListener("abort", leave);
        this.#busy = true; // before the waiter runs, so that a newcomer cannot slip in
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(abortError());
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.push(start);
    });
  }
}
