/**
 * The question of a kept conversation that has no answer yet. The history holds what was answered, so this one stands beside it in the store,
 * and is shown again, with the error, after a reload.
 *
 * @import { Message, MessageLike } from "../types.js"
 * @import { RunView } from "./fold.js"
 * @import { KeptConversation } from "./kept.js"
 *
 * @typedef {object} Unanswered
 * @property {number} at messages before it in the history
 * @property {Message["content"] | string} prompt
 * @property {"asked" | "stopped" | "failed"} status "asked" where the page was left before the run ended
 * @property {Record<string, unknown>} [error]
 * @property {string} [runId] of a durable run, which can go on
 */

import { StaysailError } from "../errors.js";
import { beginRun, endRun } from "./fold.js";

/** What is kept of an error: what tells a person what happened. */
const TOLD = ["name", "message", "code", "status", "requestId", "provider", "limit", "most"];

/** Characters of a question that may stand beside the history although it is answered. */
const MOST_TWICE = 10_000;

export class OpenQuestion {
  #kept;
  /** Writes one after the other. @type {Promise<unknown>} */
  #writing = Promise.resolve();
  /** Whether the store may hold one. */
  #isHeld = false;
  /** Characters of the one that was stored last. */
  #length = 0;

  /** @param {KeptConversation} kept */
  constructor(kept) {
    this.#kept = kept;
  }

  /** Fulfilled once the store has it. */
  get stored() {
    return this.#writing;
  }

  /**
   * Stores a question that is asked now.
   * @param {Unanswered["prompt"]} prompt
   * @param {number} at messages before it
   */
  ask(prompt, at) {
    this.#put({ at, prompt, status: "asked" });
  }

  /**
   * Stores how a run ended that the conversation does not hold.
   * @param {RunView} run
   * @param {number} at messages before its prompt
   * @param {unknown} error undefined for a run that was stopped
   */
  end(run, at, error) {
    const [{ prompt = [] }] = run.messages;
    this.#put({ at, prompt, status: error ? "failed" : "stopped", error: error ? describe(error) : undefined, runId: run.runId });
  }

  /** The conversation holds it now. One with files is not kept twice. */
  answered() {
    if (this.#length > MOST_TWICE) this.forget();
  }

  /** Forgets it: another message stands in its place. */
  forget() {
    if (this.#isHeld) this.#put(undefined);
    this.#isHeld = false;
  }

  /**
   * Returns the run of a question that was stored after these messages, as it is shown.
   * @param {Message[]} history
   * @param {number} first messages that are shown before it
   * @returns {Promise<{run: RunView, error: Error | undefined} | undefined>}
   */
  async load(history, first) {
    const text = await this.#kept.question();
    if (!text) return undefined;
    this.#isHeld = true;
    const stored = readUnanswered(text);
    if (stored?.at !== history.length) return undefined; // the conversation went on
    const { at, prompt, status, error: told, runId } = stored;
    const error = status === "stopped" ? undefined : revive(told);
    const run = endRun(beginRun(prompt, first, at), error ? "failed" : "stopped", error);
    return { run: { ...run, runId }, error };
  }

  /** @param {Unanswered | undefined} question */
  #put(question) {
    this.#isHeld = true;
    const message = question && { role: "user", content: question.prompt };
    const text = question ? JSON.stringify(question) : "";
    this.#length = text.length;
    // A store that fails tells so by the run, which writes to it too.
    this.#writing = this.#writing
      .then(() => this.#kept.putQuestion(text, /** @type {MessageLike | undefined} */ (message)))
      .catch(() => {});
  }
}

/**
 * @param {string} text
 * @returns {Unanswered | undefined} undefined for what is damaged, or of another version
 */
function readUnanswered(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {any} error */
function describe(error) {
  return error instanceof Error
    ? Object.fromEntries(TOLD.map((name) => [name, /** @type {any} */ (error)[name]]))
    : { message: String(error) };
}

/** @param {Record<string, unknown>} [told] */
function revive(told) {
  if (!told)
    return new StaysailError("no answer is here: the page was left before it came, or another tab is at work on it", { code: "left" });
  const values = Object.entries(told).filter(([, value]) => value !== undefined && value !== null);
  const error = new StaysailError(String(told.message ?? ""));
  for (const [name, value] of values) Object.defineProperty(error, name, { value, configurable: true, writable: true });
  return error;
}
