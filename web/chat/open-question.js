/**
 * The question of a kept conversation that has no answer yet. The history holds answered questions only, so this one stands
 * beside it in the store, and is shown again, with the error, after a reload.
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

/** Fields of an error that are kept, for a person to read. */
const ERROR_FIELDS = ["name", "message", "code", "status", "requestId", "provider", "limit", "most"];

/** A longer question is removed once the history holds it too; a shorter one stays until the next question. In characters. */
const MOST_TWICE = 10_000;

export class OpenQuestion {
  #kept;
  /** The writes so far; each begins after the one before. @type {Promise<unknown>} */
  #writing = Promise.resolve();
  /** Whether the store may hold a question. */
  #isHeld = false;
  /** Characters of the last stored question. */
  #length = 0;

  /** @param {KeptConversation} kept */
  constructor(kept) {
    this.#kept = kept;
  }

  /** A promise that is fulfilled once the question is stored. */
  get stored() {
    return this.#writing;
  }

  /**
   * Stores a question as its run begins.
   * @param {Unanswered["prompt"]} prompt
   * @param {number} at messages before it
   */
  ask(prompt, at) {
    this.#put({ at, prompt, status: "asked" });
  }

  /**
   * Stores the end of a run that the conversation does not hold.
   * @param {RunView} run
   * @param {number} at messages before its prompt
   * @param {unknown} error undefined for a run that was stopped
   */
  end(run, at, error) {
    const [{ prompt = [] }] = run.messages;
    this.#put({ at, prompt, status: error ? "failed" : "stopped", error: error ? describe(error) : undefined, runId: run.runId });
  }

  /** Notes that the conversation holds the question. Removes a long one, such as one with files, which would be stored twice. */
  answered() {
    if (this.#length > MOST_TWICE) this.forget();
  }

  /** Removes the question: another message stands in its place. */
  forget() {
    if (this.#isHeld) this.#put(undefined);
    this.#isHeld = false;
  }

  /**
   * Returns the view of the run of a stored question; undefined unless the question follows these messages.
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
    const { at, prompt, status, error: kept, runId } = stored;
    const error = status === "stopped" ? undefined : revive(kept);
    const run = endRun(beginRun(prompt, first, at), error ? "failed" : "stopped", error);
    return { run: { ...run, runId }, error };
  }

  /** @param {Unanswered | undefined} question */
  #put(question) {
    this.#isHeld = true;
    const message = question && { role: "user", content: question.prompt };
    const text = question ? JSON.stringify(question) : "";
    this.#length = text.length;
    // A failure of the store is an error of the run, which writes to it too.
    this.#writing = this.#writing
      .then(() => this.#kept.putQuestion(text, /** @type {MessageLike | undefined} */ (message)))
      .catch(() => {});
  }
}

/**
 * @param {string} text
 * @returns {Unanswered | undefined} undefined for damaged text, and for text of another version
 */
function readUnanswered(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns the fields of an error that are kept. @param {any} error */
function describe(error) {
  return error instanceof Error
    ? Object.fromEntries(ERROR_FIELDS.map((name) => [name, /** @type {any} */ (error)[name]]))
    : { message: String(error) };
}

/** Makes an error of its kept fields. @param {Record<string, unknown>} [kept] */
function revive(kept) {
  if (!kept)
    return new StaysailError("no answer is here: the page was left before it came, or another tab is at work on it", { code: "left" });
  const values = Object.entries(kept).filter(([, value]) => value !== undefined && value !== null);
  const error = new StaysailError(String(kept.message ?? ""));
  for (const [name, value] of values) Object.defineProperty(error, name, { value, configurable: true, writable: true });
  return error;
}
