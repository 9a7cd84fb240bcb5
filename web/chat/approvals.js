/**
 * Approval requests between a run, which waits for answers, and the user, who gives them. Either may come first.
 *
 * @import { ApprovalAnswer } from "../types.js"
 */

export class Approvals {
  /** @type {Map<string, (answer: ApprovalAnswer) => void>} */
  #waiting = new Map();
  /** Answers that no run has taken yet. @type {Map<string, ApprovalAnswer>} */
  #answers = new Map();

  /** Whether a request has an answer that no run has taken. @param {string} id */
  isAnswered(id) {
    return this.#answers.has(id);
  }

  /**
   * Waits for the answer to a request.
   * @param {string} id
   * @param {AbortSignal} signal
   * @returns {Promise<ApprovalAnswer>}
   */
  wait(id, signal) {
    const early = this.#answers.get(id);
    this.#answers.delete(id);
    if (early !== undefined) return Promise.resolve(early);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve);
      signal.addEventListener(
        "abort",
        () => {
          if (this.#waiting.get(id) === resolve) this.#waiting.delete(id);
          reject(signal.reason);
        },
        { once: true },
      );
    });
  }

  /**
   * Answers a request: passes the answer to the run that waits, or keeps it for the next one.
   * @param {string} id
   * @param {ApprovalAnswer} answer
   */
  answer(id, answer) {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (resolve) resolve(answer);
    else this.#answers.set(id, answer);
  }

  /** Takes all answers that no run has taken. @returns {Record<string, ApprovalAnswer>} */
  take() {
    const answers = Object.fromEntries(this.#answers);
    this.#answers.clear();
    return answers;
  }
}
