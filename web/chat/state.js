/**
 * The state of a chat, which its subscribers see as snapshots: earlier messages, the run, the history, and what went wrong.
 *
 * @import { ApprovalRequest, Content, Message, Reply, Usage } from "../types.js"
 * @import { ChatMessage, ChatOptions, ChatSnapshot } from "./types.js"
 * @import { RunView } from "./fold.js"
 */

import { Steering } from "../agent/steering.js";
import { endRun } from "./fold.js";
import { readHistory } from "./history.js";
import { KeptConversation } from "./kept.js";
import { OpenQuestion } from "./open-question.js";
import { requestsIn } from "./parts.js";
import { brokenHistory } from "./places.js";
import { addUsage, noUsage } from "./usage.js";
import { Versions } from "./versions.js";

export class ChatState {
  kept;
  /** Versions of the user's messages. */
  versions;
  /** The question that has no answer yet. */
  question;
  steering = new Steering();
  /** @type {Set<() => void>} */
  listeners = new Set();
  /** Messages of earlier runs. @type {ChatMessage[]} */
  past = [];
  /** The history that goes with the next prompt. @type {Message[]} */
  history = [];
  /** The history before the last run. @type {Message[]} */
  before = [];
  /** The run that is under way, or the last one. @type {RunView | undefined} */
  run;
  /** Aborts the run that is under way. @type {AbortController | undefined} */
  control;
  /** Usage of earlier runs. */
  usage = noUsage();
  isRestoring = false;
  /** The reply of a run that paused for approvals. @type {Reply | undefined} */
  paused;
  /** @type {Error | undefined} */
  error;
  /** @type {ChatSnapshot} */
  snapshot;
  #isStale = false;
  #options;

  /** @param {ChatOptions} options */
  constructor(options) {
    this.#options = options;
    this.kept = new KeptConversation(options);
    this.versions = new Versions(this.kept);
    this.question = new OpenQuestion(this.kept);
    this.begin(options.history ?? []);
    this.snapshot = this.takeSnapshot();
  }

  /** Shows a history, without a run. @param {Message[]} history */
  begin(history) {
    this.history = history;
    this.past = this.versions.count(readHistory(history));
    this.run = this.error = this.paused = undefined;
  }

  /** Counts the last run among the earlier ones. */
  leaveRun() {
    if (!this.run) return;
    this.past = [...this.past, ...this.run.messages];
    this.usage = addUsage(this.usage, this.run.usage);
    this.run = undefined;
  }

  /**
   * Takes the history of a run without a reply: of its error, or else of the text that was shown.
   * @param {any} error
   * @param {RunView | undefined} [run]
   * @param {Message[]} [before] the history before the run
   */
  remember(error, run = this.run, before = this.before) {
    this.history = brokenHistory(error, run, before) ?? this.history;
  }

  /** Takes a queued message back, unless the model has it. @param {string} id */
  unqueue(id) {
    this.steering.withdraw(id);
    if (this.run) this.run = { ...this.run, queued: this.run.queued.filter((queued) => queued.id !== id) };
    this.notify();
  }

  /** Ends the run with an error. @param {unknown} error */
  fail(error) {
    this.error = error instanceof Error ? error : new Error(String(error));
    if (this.run) this.run = endRun(this.run, "failed", this.error);
    this.report(error);
    this.notify();
  }

  /** Passes an error to the `onError` of the options. @param {unknown} error */
  report(error) {
    this.#options.onError?.(error);
  }

  /** Notifies subscribers of a change at once. */
  notify() {
    this.#isStale = false;
    this.snapshot = this.takeSnapshot();
    for (const listener of [...this.listeners]) listener();
  }

  /** Notifies subscribers of a change, once for all events that came together. */
  notifySoon() {
    if (this.#isStale) return;
    this.#isStale = true;
    setTimeout(() => this.#isStale && this.notify());
  }

  /** Returns the state as it is now, with the usage of the last snapshot where it is the same. @returns {ChatSnapshot} */
  takeSnapshot() {
    const { past, run, steering, error } = this;
    const messages = run ? [...past, ...run.messages] : past;
    const last = messages.at(-1);
    const approvals = (this.control || this.paused) && last ? requestsIn(last.parts) : [];
    const pending = steering.pending.map(({ id, content, when }) => ({ id, prompt: /** @type {Content} */ (content), when }));
    const recorded = (run?.queued ?? []).filter(({ id }) => !pending.some((queued) => queued.id === id));
    const usage = run ? addUsage(this.usage, run.usage) : this.usage;
    const { usage: shown } = this.snapshot ?? {};
    return {
      messages,
      status: this.#statusOf(last, approvals),
      approvals,
      queued: [...recorded, ...pending],
      error,
      usage: JSON.stringify(shown) === JSON.stringify(usage) ? /** @type {Usage} */ (shown) : usage,
    };
  }

  /**
   * @param {ChatMessage | undefined} last
   * @param {ApprovalRequest[]} approvals
   * @returns {ChatSnapshot["status"]}
   */
  #statusOf(last, approvals) {
    if (this.isRestoring) return "restoring";
    if (approvals.length) return "awaiting-approval";
    if (!this.control) return this.error ? "error" : "ready";
    return last?.role === "assistant" && last.parts.some(({ type }) => type !== "step") ? "streaming" : "submitted";
  }
}
