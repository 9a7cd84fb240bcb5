/**
 * A chat: messages, and what may be done with them. It knows no page; a framework or an element shows it.
 *
 * @import { ApprovalAnswer, Message, Reply } from "../types.js"
 * @import { AgentSource, ChatMessage, ChatOptions, ChatSnapshot, Prompt } from "./types.js"
 * @import { RunView } from "./fold.js"
 * The place of a user's message: among the messages, and in the history (at).
 * @typedef {{position: number, message: ChatMessage, at: number}} MessagePlace
 */

import { ConfigError } from "../errors.js";
import { beginRun } from "./fold.js";
import { readHistory } from "./history.js";
import { RunControl } from "./run-control.js";
import { findFailedRun, findLastRun } from "./runs.js";
import { ChatState } from "./state.js";

export class Chat {
  #options;
  #state;
  #runs;
  #isRestored = false;
  /** @type {Promise<void> | undefined} */
  #restored;

  /**
   * @param {AgentSource} agent
   * @param {ChatOptions} options
   */
  constructor(agent, options) {
    if (options.history && options.conversation !== undefined)
      throw new ConfigError("a kept conversation has a history of its own: give conversation or history, not both");
    this.#options = options;
    this.#state = new ChatState(options);
    this.#runs = new RunControl(agent, options, this.#state);
    this.#isRestored = options.restore === "none" || (options.conversation === undefined && !options.durable);
  }

  /** The agent of the next run. @param {AgentSource} agent */
  set agent(agent) {
    this.#runs.agent = agent;
  }

  /** The id of the conversation that this chat is kept as. */
  get conversation() {
    return this.#state.kept.id;
  }

  /** The messages that the model gets with the next prompt. Setting them ends the run and shows them. @returns {Message[]} */
  get history() {
    return this.#state.history;
  }
  set history(messages) {
    this.#runs.reset();
    this.#state.versions.clear();
    this.#state.begin(messages);
    this.#state.notify();
  }

  /** Whether a run is under way. */
  get isRunning() {
    return this.#state.control !== undefined;
  }

  /** A promise that is fulfilled once the text of a stopped run is known and stored. @returns {Promise<unknown>} */
  get settled() {
    return Promise.resolve(this.#runs.settling).then(() => this.#state.question.stored);
  }

  /**
   * Calls a function after each change, until the returned function is called. The first subscriber makes a kept chat restore itself.
   * @param {() => void} listener
   * @returns {() => void}
   */
  subscribe = (listener) => {
    this.#state.listeners.add(listener);
    if (this.#restoresItself) void this.restore();
    return () => void this.#state.listeners.delete(listener);
  };

  /** Returns the state: the same object until something changes. @returns {ChatSnapshot} */
  getSnapshot = () => this.#state.snapshot;

  /**
   * Loads a kept conversation, and resumes its last durable run where that is under way. Happens once, at the first subscription or
   * prompt.
   * @returns {Promise<void>}
   */
  restore = () => (this.#restored ??= this.#restore());

  /**
   * Resumes the last durable run, which a page before a reload or another tab began, where one is under way.
   * @param {() => boolean} [mayBegin] called when a run was found; whether it may be shown
   * @returns {Promise<void>}
   */
  resume = async (mayBegin = () => true) => {
    const found = await findLastRun(await this.#runs.getAgent(), this.#state.kept.id);
    if (found && !this.#state.control && mayBegin()) void this.#runs.carryOut(beginRun(found.prompt, this.#state.past.length), found.begin);
  };

  /**
   * Sends a prompt. While a run is under way, the prompt is queued.
   * @param {Prompt} prompt
   * @param {{when?: "next_step" | "after"}} [options] of a prompt that is queued, as `queue` takes them
   * @returns {Promise<Reply | undefined>} the reply; undefined for a run that was stopped, failed or paused, and for a prompt that was queued
   */
  send = async (prompt, options) => {
    if (!this.#isRestored) await this.restore();
    if (this.#state.control) return void this.queue(prompt, options);
    return this.#runs.start(prompt);
  };

  /**
   * Queues a prompt. Without a run under way it is sent at once.
   * @param {Prompt} prompt
   * @param {{when?: "next_step" | "after"}} [options] when: "after", the default: it is the next prompt once the model has answered.
   *   "next_step": the model reads it at its next step
   * @returns {string} the id of the queued message
   */
  queue = (prompt, { when = "after" } = {}) => {
    const state = this.#state;
    const id = state.steering.send(prompt, { when });
    state.notify();
    if (!state.control && !state.isRestoring) void this.#runs.sendQueued();
    return id;
  };

  /** Takes a queued message back, unless the model has it. @param {string} id */
  unqueue = (id) => this.#state.unqueue(id);

  /** Ends the run. The text that came so far stays, and so do queued messages, which go with the next prompt. */
  stop = () => this.#runs.stop();

  /**
   * Repeats the last prompt. Resumes a durable run that failed.
   * @returns {Promise<Reply | undefined>}
   */
  retry = async () => {
    const state = this.#state;
    await this.restore();
    if (state.control) return undefined;
    const failed = state.error && state.run?.runId ? await findFailedRun(await this.#runs.getAgent(), state.kept.id) : undefined;
    if (failed) return this.#runs.carryOut(/** @type {RunView} */ (state.run), failed);
    const last = state.snapshot.messages.findLast(({ role }) => role === "user");
    return last && this.edit(last.id, /** @type {Prompt} */ (last.prompt));
  };

  /**
   * Puts another prompt in the place of a user's message. The former answer is kept with another version of the message: see
   * `showVersion`.
   * @param {string} id of the message
   * @param {Prompt} prompt
   * @returns {Promise<Reply | undefined>}
   */
  edit = async (id, prompt) => {
    const found = await this.#findPlace(id);
    if (!found) return undefined;
    await this.#turn(found, () => this.#state.versions.begin(this.#state.history, found.at));
    return this.#runs.start(prompt);
  };

  /**
   * Shows another version of a user's message, with all that followed it.
   * @param {string} id of the message
   * @param {number} version from 1 to the message's `versions`
   * @returns {Promise<boolean>} whether it is shown; false while a run is under way
   */
  showVersion = async (id, version) => {
    const found = await this.#findPlace(id);
    if (!found || !this.#state.versions.has(found.at, version)) return false;
    await this.#turn(found, () => this.#state.versions.show(this.#state.history, found.at, version));
    return true;
  };

  /**
   * Removes a user's message and all that came after it.
   * @param {string} id of the message
   * @returns {Promise<Message["content"] | undefined>} the message's content; undefined while a run is under way
   */
  takeBack = async (id) => {
    const found = await this.#findPlace(id);
    if (!found) return undefined;
    await this.#turn(found, () => this.#state.versions.cut(this.#state.history, found.at));
    return found.message.prompt;
  };

  /**
   * Returns where a user's message stands among the messages and in the history; undefined while a run is under way.
   * @param {string} id
   * @returns {Promise<MessagePlace | undefined>}
   */
  async #findPlace(id) {
    await this.restore();
    await this.#runs.settling;
    if (this.#state.control) return undefined;
    const { messages } = this.#state.snapshot;
    const position = messages.findIndex((message) => message.id === id && message.role === "user");
    if (position < 0) throw new ConfigError(`this chat has no user's message ${JSON.stringify(id)}`);
    const message = messages[position];
    return { position, message, at: message.at ?? this.#state.before.length };
  }

  /**
   * Puts other messages in the place of a message and of all that came after it.
   * @param {MessagePlace} place
   * @param {() => Promise<Message[]>} change returns the history from now on
   */
  async #turn({ position, at }, change) {
    const state = this.#state;
    await this.#runs.forgetRuns();
    state.question.forget();
    state.history = await change();
    const before = state.snapshot.messages.slice(0, position);
    state.leaveRun();
    const shown = readHistory(state.history).filter((message) => (message.at ?? 0) >= at);
    state.past = state.versions.count([...before, ...shown.map((message, nth) => ({ ...message, id: `${position + nth + 1}` }))]);
    state.error = state.paused = undefined;
    state.notify();
  }

  /**
   * Copies the chat up to a message, and that message too. A kept conversation is copied in its store.
   * @param {string | number} [id] of the message, or how many messages of the history are copied; by default all
   * @returns {Promise<Chat>}
   */
  fork = async (id) => {
    const state = this.#state;
    await this.restore();
    await this.#runs.settling;
    const message = state.snapshot.messages.find((one) => one.id === id);
    if (typeof id === "string" && !message) throw new ConfigError(`this chat has no message ${JSON.stringify(id)}`);
    const end = typeof id === "number" ? id : (message?.end ?? state.history.length);
    const { history: _, conversation: __, ...options } = this.#options;
    if (state.kept.id === undefined) return new Chat(this.#runs.agent, { ...options, history: state.history.slice(0, end) });
    return new Chat(this.#runs.agent, { ...options, conversation: await state.kept.fork(end) });
  };

  /**
   * Lets a tool call that waits for approval run.
   * @param {string} id of the request, which is in the snapshot's `approvals`
   * @param {{arguments?: Record<string, unknown>}} [options] arguments: take the place of the model's
   */
  approve = (id, options = {}) => this.answer(id, options.arguments ? { approve: true, arguments: options.arguments } : true);

  /**
   * Refuses a tool call that waits for approval. The model reads the reason.
   * @param {string} id of the request
   * @param {string} [reason]
   */
  refuse = (id, reason) => this.answer(id, reason === undefined ? false : { refuse: reason });

  /**
   * Answers an approval request.
   * @param {string} id of the request
   * @param {ApprovalAnswer} answer
   */
  answer = (id, answer) => this.#runs.answer(id, answer);

  /** Empties a chat that is not kept. A kept conversation stays; create another chat for another conversation. */
  clear = () => {
    this.#runs.reset();
    void this.#runs.forgetRuns().catch((error) => this.#state.report(error));
    this.#state.versions.clear();
    this.#state.begin([]);
    this.#state.notify();
  };

  get #restoresItself() {
    return (this.#options.restore ?? "auto") === "auto";
  }

  async #restore() {
    const state = this.#state;
    if (this.#isRestored) return;
    state.isRestoring = true;
    state.notify();
    try {
      if (state.kept.id !== undefined) {
        const stored = await state.kept.load();
        const { length } = stored.messages;
        const isLastShown = async () => (await this.#runs.isAtWork()) || state.question.isAskedAt(length);
        stored.messages = await state.versions.load(stored.messages, isLastShown);
        state.begin(stored.messages);
        await this.#showOpenQuestion();
        state.notify();
        this.#options.onRestore?.(stored);
      }
      if (this.#restoresItself) await this.resume();
      state.isRestoring = false;
      this.#isRestored = true;
      state.notify();
    } catch (error) {
      state.isRestoring = false;
      this.#restored = undefined; // the next prompt tries again
      state.fail(error);
    }
  }

  /** Shows the question at the end of the conversation that has no whole answer, unless a durable run is at work on it. */
  async #showOpenQuestion() {
    const state = this.#state;
    const found = await state.question.load(state.history);
    if (!found || (await this.#runs.isAtWork())) return;
    state.before = state.history.slice(0, found.at);
    state.past = state.past.slice(0, found.run.first);
    state.run = { ...found.run, messages: state.versions.count(found.run.messages) };
    state.error = found.error;
  }
}
