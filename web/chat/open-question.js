/**
 * The last question of a kept conversation, where it has no whole answer. The history holds what was said alone, so the question, or how its
 * answer broke off, stands beside it in the store, and is shown again, with the error, after a reload.
 *
 * @import { Message, MessageLike } from "../types.js"
 * @import { RunView } from "./fold.js"
 * @import { KeptConversation } from "./kept.js"
 *
 * @typedef {object} Unanswered
 * @property {number} at messages before it in the history
 * @property {number} [end] messages of the history with what there is of the answer; absent where the history ends before the question
 * @property {Message["content"] | string} [prompt] absent where the history holds it
 * @property {"asked" | "stopped" | "failed"} status "asked" where the page was left before the run ended
 * @property {Record<string, unknown>} [error]
 * @property {string} [runId] of a durable run, which can go on
 */

import { StaysailError } from "../errors.js";
import { beginRun, endRun, reopen } from "./fold.js";
import { readHistory } from "./history.js";

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
   * @param {Message["content"] | string} prompt
   * @param {number} at messages before it
   */
  ask(prompt, at) {
    this.#put({ at, prompt, status: "asked" });
  }

  /**
   * Stores how a run ended that has no reply.
   * @param {RunView} run
   * @param {number} at messages before its prompt
   * @param {number} end messages of the history, which holds the prompt and what was said where there are more
   * @param {unknown} error undefined for a run that was stopped
   */
  end(run, at, end, error) {
    const [{ prompt = [] }] = run.messages;
    /** @type {Unanswered["status"]} */
    const status = error ? "failed" : "stopped";
    const what = end > at ? { end } : { prompt };
    this.#put({ at, ...what, status, error: error ? describe(error) : undefined, runId: run.runId });
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
   * Returns whether the store has a question without any answer after so many messages.
   * @param {number} at
   */
  async isAskedAt(at) {
    const stored = readUnanswered(await this.#kept.question());
    return stored?.at === at && stored.end === undefined;
  }

  /**
   * Returns the view of the run of a stored question; undefined unless the question follows these messages, or is the last one of them.
   * @param {Message[]} history
   * @returns {Promise<{run: RunView, at: number, error: Error | undefined} | undefined>} at: messages before the question
   */
  async load(history) {
    const text = await this.#kept.question();
    if (!text) return undefined;
    this.#isHeld = true;
    const stored = readUnanswered(text);
    if (!stored || (stored.end ?? stored.at) !== history.length) return undefined; // the conversation went on
    const { at, end, prompt = [], status, error: kept, runId } = stored;
    const shown = readHistory(history);
    const first = end === undefined ? shown.length : shown.findIndex((message) => message.at === at);
    const said = shown.slice(first);
    if (end !== undefined && said.at(-1)?.role !== "assistant") return undefined;
    const begun = beginRun(prompt, first, at);
    const error = status === "stopped" ? undefined : revive(kept);
    const messages = said.length ? reopen(said) : begun.messages;
    return { run: endRun({ ...begun, runId, messages }, error ? "failed" : "stopped", error), at, error };
  }

  /** @param {Unanswered | undefined} question */
  #put(question) {
    this.#isHeld = true;
    const message = question?.prompt !== undefined ? { role: "user", content: question.prompt } : undefined;
    const text = question ? JSON.stringify(question) : "";
    this.#length = text.length;
    // A failure of the store is an error of the run, which writes to it too.
    this.#writing = this.#writing
      .then(() => this.#kept.putQuestion(text, /** @type {MessageLike | undefined} */ (message)))
      .catch(() => {});
  }
}

/**
 * @param {string | null | undefined} text
 * @returns {Unanswered | undefined} undefined for damaged text, and for text of another version
 */
function readUnanswered(text) {
  try {
    return text ? JSON.parse(text) : undefined;
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
