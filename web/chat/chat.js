/**
 * A chat: messages, and what may be done with them. It holds the state and knows no page; a framework or an element shows it.
 *
 * @import { AgentEvent, ApprovalAnswer, ApprovalRequest, Message, Reply } from "../types.js"
 * @import { ChatAgent, ChatCall, ChatMessage, ChatOptions, ChatSnapshot, Prompt } from "./types.js"
 * @import { RunView } from "./fold.js"
 * @import { Begin } from "./runs.js"
 * An agent, or a function that returns one. signal: of the run that the agent is for; undefined where its runs are only looked up.
 * @typedef {ChatAgent | ((signal?: AbortSignal) => ChatAgent | Promise<ChatAgent>)} AgentSource
 * Where a user's message stands: among the messages, and in the history.
 * @typedef {{position: number, message: ChatMessage, at: number}} Place
 */

import { unlessAborted } from "../agent/unless-aborted.js";
import { Steering } from "../agent/steering.js";
import { ConfigError } from "../errors.js";
import { Approvals } from "./approvals.js";
import { beginRun, endRun, foldRun, reopen, withParts } from "./fold.js";
import { follow } from "./follow.js";
import { readHistory } from "./history.js";
import { KeptConversation } from "./kept.js";
import { OpenQuestion } from "./open-question.js";
import { foldParts, requestsIn, settleRequest } from "./parts.js";
import { brokenHistory, placed } from "./places.js";
import { findFailedRun, findLastRun, forgetRuns } from "./runs.js";
import { takeSnapshot } from "./snapshot.js";
import { addUsage, noUsage } from "./usage.js";
import { Versions } from "./versions.js";

/** Milliseconds that a stopped run may take to tell its history. */
const GRACE_MS = 1500;

export class Chat {
  #agent;
  #options;
  #kept;
  #steering = new Steering();
  #approvals = new Approvals();
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** Messages of the runs before. @type {ChatMessage[]} */
  #past = [];
  /** The history that goes with the next prompt. @type {Message[]} */
  #history = [];
  /** Versions of its user's messages. */
  #versions;
  /** The question that has no answer yet. */
  #question;
  /** The run that is under way, or the last one. @type {RunView | undefined} */
  #run;
  /** The history before the last run. @type {Message[]} */
  #before = [];
  /** @type {AbortController | undefined} */
  #control;
  /** Counts how often the chat was emptied: a run of before has no say any more. */
  #generation = 0;
  /** The usage of the runs before. */
  #usage = noUsage();
  #restoring = false;
  #isRestored = false;
  /** @type {Promise<void> | undefined} */
  #restored;
  /** The end of a stopped run, until its history is known. @type {Promise<unknown> | undefined} */
  #settling;
  /** The reply of a run that paused for approvals. @type {Reply | undefined} */
  #paused;
  /** @type {Error | undefined} */
  #error;
  /** @type {ChatSnapshot} */
  #snapshot;
  #isStale = false;

  /**
   * @param {AgentSource} agent
   * @param {ChatOptions} options
   */
  constructor(agent, options) {
    this.#agent = agent;
    this.#options = options;
    this.#kept = new KeptConversation(options);
    this.#versions = new Versions(this.#kept);
    this.#question = new OpenQuestion(this.#kept);
    if (options.history && options.conversation !== undefined)
      throw new ConfigError("a kept conversation has a history of its own: give conversation or history, not both");
    this.#isRestored = options.conversation === undefined && !options.durable;
    this.#begin(options.history ?? []);
    this.#snapshot = this.#look();
  }

  /** The agent of the next run. @param {AgentSource} agent */
  set agent(agent) {
    this.#agent = agent;
  }

  /** The id of the conversation that this chat is kept as. */
  get conversation() {
    return this.#kept.id;
  }

  /** The messages that the model gets with the next prompt. Setting them ends the run and shows them. @returns {Message[]} */
  get history() {
    return this.#history;
  }
  set history(messages) {
    this.#empty();
    this.#versions.clear();
    this.#begin(messages);
    this.#change();
  }

  /** Whether a run is under way. */
  get isRunning() {
    return this.#control !== undefined;
  }

  /** Fulfilled once it is known and stored what a stopped run said. @returns {Promise<unknown>} */
  get settled() {
    return Promise.resolve(this.#settling).then(() => this.#question.stored);
  }

  /**
   * Calls a function after each change, until the returned function is called. The first subscriber makes a kept chat restore itself.
   * @param {() => void} listener
   * @returns {() => void}
   */
  subscribe = (listener) => {
    this.#listeners.add(listener);
    if (this.#options.restore !== "manual") void this.restore();
    return () => void this.#listeners.delete(listener);
  };

  /** Returns the state: the same object until something changes. @returns {ChatSnapshot} */
  getSnapshot = () => this.#snapshot;

  /**
   * Loads a kept conversation, and goes on with its last durable run where that is under way. Happens once, at the first subscription or
   * prompt.
   * @returns {Promise<void>}
   */
  restore = () => (this.#restored ??= this.#restore());

  /**
   * Goes on with the last durable run, of an earlier life of the page or of another tab, where one is under way.
   * @param {() => boolean} [mayBegin] called when one was found
   * @returns {Promise<void>}
   */
  resume = async (mayBegin = () => true) => {
    const found = await findLastRun(await this.#getAgent(), this.#kept.id);
    if (found && !this.#control && mayBegin()) void this.#carryOut(beginRun(found.prompt, this.#past.length), found.begin);
  };

  /**
   * Sends a prompt. While a run is under way, the prompt is queued.
   * @param {Prompt} prompt
   * @param {{when?: "next_step" | "after"}} [options] of a prompt that is queued, as `queue` takes them
   * @returns {Promise<Reply | undefined>} the reply; undefined for a run that was stopped, failed or paused, and for a prompt that was queued
   */
  send = async (prompt, options) => {
    if (!this.#isRestored) await this.restore();
    if (this.#control) return void this.queue(prompt, options);
    return this.#start(prompt);
  };

  /**
   * Queues a prompt. Without a run under way it is sent at once.
   * @param {Prompt} prompt
   * @param {{when?: "next_step" | "after"}} [options] when: "after", the default: it is the next prompt once the model has answered.
   *   "next_step": the model reads it at its next step
   * @returns {string} the id of the queued message
   */
  queue = (prompt, { when = "after" } = {}) => {
    const id = this.#steering.send(prompt, { when });
    this.#change();
    if (!this.#control && !this.#restoring) void this.#sendQueued();
    return id;
  };

  /** Takes a queued message back, unless the model has it. @param {string} id */
  unqueue = (id) => {
    this.#steering.withdraw(id);
    if (this.#run) this.#run = { ...this.#run, queued: this.#run.queued.filter((queued) => queued.id !== id) };
    this.#change();
  };

  /** Ends the run. The text that came so far stays, and so do queued messages, which go with the next prompt. */
  stop = () => {
    if (this.#paused) this.#leavePaused();
    this.#control?.abort();
  };

  /**
   * Repeats the last prompt. A durable run that failed goes on where it broke off.
   * @returns {Promise<Reply | undefined>}
   */
  retry = async () => {
    await this.restore();
    if (this.#control) return undefined;
    const failed = this.#error && this.#run?.runId ? await findFailedRun(await this.#getAgent(), this.#kept.id) : undefined;
    if (failed) return this.#carryOut(/** @type {RunView} */ (this.#run), failed);
    const last = this.#snapshot.messages.findLast(({ role }) => role === "user");
    return last && this.edit(last.id, /** @type {Prompt} */ (last.prompt));
  };

  /**
   * Puts another prompt in the place of a user's message. What was answered before is kept as another version of the message: see
   * `showVersion`.
   * @param {string} id of the message
   * @param {Prompt} prompt
   * @returns {Promise<Reply | undefined>}
   */
  edit = async (id, prompt) => {
    const found = await this.#findPlace(id);
    if (!found) return undefined;
    await this.#turn(found, () => this.#versions.begin(this.#history, found.at));
    return this.#start(prompt);
  };

  /**
   * Shows another version of a user's message, with all that followed it.
   * @param {string} id of the message
   * @param {number} version from 1 to the message's `versions`
   * @returns {Promise<boolean>} whether it is shown; false while a run is under way
   */
  showVersion = async (id, version) => {
    const found = await this.#findPlace(id);
    if (!found || !this.#versions.has(found.at, version)) return false;
    await this.#turn(found, () => this.#versions.show(this.#history, found.at, version));
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
    await this.#turn(found, () => this.#versions.cut(this.#history, found.at));
    return found.message.prompt;
  };

  /**
   * Returns where a user's message stands among the messages and in the history; undefined while a run is under way.
   * @param {string} id
   * @returns {Promise<Place | undefined>}
   */
  async #findPlace(id) {
    await this.restore();
    await this.#settling;
    if (this.#control) return undefined;
    const { messages } = this.#snapshot;
    const position = messages.findIndex((message) => message.id === id && message.role === "user");
    if (position < 0) throw new ConfigError(`this chat has no user's message ${JSON.stringify(id)}`);
    const message = messages[position];
    return { position, message, at: message.at ?? this.#before.length };
  }

  /**
   * Puts other messages in the place of a message and of all that came after it.
   * @param {Place} place
   * @param {() => Promise<Message[]>} change returns the history from now on
   */
  async #turn({ position, at }, change) {
    await this.#forgetRuns();
    this.#question.forget();
    this.#history = await change();
    const before = this.#snapshot.messages.slice(0, position);
    this.#leaveRun();
    const shown = readHistory(this.#history).filter((message) => (message.at ?? 0) >= at);
    this.#past = this.#versions.count([...before, ...shown.map((message, nth) => ({ ...message, id: `${position + nth + 1}` }))]);
    this.#error = this.#paused = undefined;
    this.#change();
  }

  /**
   * Copies the chat up to a message, and that message too. A kept conversation is copied in its store.
   * @param {string | number} [id] of the message, or how many messages of the history are copied; by default all
   * @returns {Promise<Chat>}
   */
  fork = async (id) => {
    await this.restore();
    await this.#settling;
    const message = this.#snapshot.messages.find((one) => one.id === id);
    if (typeof id === "string" && !message) throw new ConfigError(`this chat has no message ${JSON.stringify(id)}`);
    const end = typeof id === "number" ? id : (message?.end ?? this.#history.length);
    const { history: _, conversation: __, ...options } = this.#options;
    if (this.#kept.id === undefined) return new Chat(this.#agent, { ...options, history: this.#history.slice(0, end) });
    return new Chat(this.#agent, { ...options, conversation: await this.#kept.fork(end) });
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
  answer = (id, answer) => {
    // The snapshot follows an event a moment later; a listener to events may answer at once.
    if (!this.#look().approvals.some((request) => request.id === id)) return;
    const given = typeof answer === "object" && "approve" in answer ? answer.arguments : undefined;
    if (this.#run) this.#run = withParts(this.#run, (parts) => settleRequest(parts, id, given));
    this.#approvals.answer(id, answer);
    this.#change();
    if (this.#paused && !this.#snapshot.approvals.length) void this.#resumePaused(this.#paused);
  };

  /** Empties a chat that is not kept. A kept conversation stays; create another chat for another conversation. */
  clear = () => {
    const { runId } = this.#run ?? {};
    this.#empty();
    if (runId || this.#options.durable) void this.#forgetAll().catch((error) => this.#report(error));
    this.#versions.clear();
    this.#begin([]);
    this.#change();
  };

  /** Leaves the run and what waits. */
  #empty() {
    this.stop();
    this.#control = this.#settling = undefined;
    this.#generation++;
    this.#steering = new Steering();
    this.#usage = noUsage();
  }

  async #forgetAll() {
    await forgetRuns(await this.#getAgent(), this.#kept.id);
  }

  /** @param {Message[]} history */
  #begin(history) {
    this.#history = history;
    this.#past = this.#versions.count(readHistory(history));
    this.#run = this.#error = this.#paused = undefined;
  }

  async #restore() {
    if (this.#isRestored) return;
    this.#restoring = true;
    this.#change();
    try {
      if (this.#kept.id !== undefined) {
        const stored = await this.#kept.load();
        stored.messages = await this.#versions.load(stored.messages, () => this.#isAtWork());
        this.#begin(stored.messages);
        await this.#showOpenQuestion();
        this.#change();
        this.#options.onRestore?.(stored);
      }
      if (this.#options.restore !== "manual") await this.resume();
      this.#restoring = false;
      this.#isRestored = true;
      this.#change();
    } catch (error) {
      this.#restoring = false;
      this.#restored = undefined; // the next prompt tries again
      this.#fail(error);
    }
  }

  /** Shows the question without an answer that the conversation ends with, unless a durable run goes on with it. */
  async #showOpenQuestion() {
    const found = await this.#question.load(this.#history, this.#past.length);
    if (!found || (await this.#isAtWork())) return;
    this.#before = this.#history;
    this.#run = found.run;
    this.#error = found.error;
  }

  /** Whether a durable run is under way, of an earlier life of the page or of another tab. */
  async #isAtWork() {
    return Boolean(this.#options.durable && (await findLastRun(await this.#getAgent(), this.#kept.id)));
  }

  /** @param {AbortSignal} [signal] of the run that the agent is for */
  async #getAgent(signal) {
    return typeof this.#agent === "function" ? this.#agent(signal) : this.#agent;
  }

  /**
   * Begins a run with a prompt.
   * @param {Prompt} prompt
   * @returns {Promise<Reply | undefined>}
   */
  async #start(prompt) {
    const broken = this.#run;
    this.#leaveRun();
    const run = beginRun(prompt, this.#past.length);
    return this.#carryOut(run, async (agent, options) => {
      await this.#versions.save();
      this.#question.ask(prompt, this.#history.length);
      if (broken?.messages.at(-1)?.status === "failed") await this.#keepBroken(broken, agent); // one that was stopped is kept already
      return agent.stream(prompt, options);
    });
  }

  /** Counts the last run among those before. */
  #leaveRun() {
    if (!this.#run) return;
    this.#past = [...this.#past, ...this.#run.messages];
    this.#usage = addUsage(this.#usage, this.#run.usage);
    this.#run = undefined;
  }

  /**
   * Carries a run out, from its prompt or from where it stopped.
   * @param {RunView} run
   * @param {(agent: ChatAgent, options: ChatCall) => AsyncIterable<AgentEvent> | Promise<AsyncIterable<AgentEvent>>} begin
   * @returns {Promise<Reply | undefined>}
   */
  async #carryOut(run, begin) {
    const control = (this.#control = new AbortController());
    const { signal } = control;
    this.#run = { ...run, messages: reopen(run.messages) };
    this.#error = this.#paused = undefined;
    this.#change();
    const isCurrent = () => this.#control === control;
    const generation = this.#generation;
    try {
      if (this.#settling) await unlessAborted(this.#settling, signal);
      if (run.reply === undefined && run.runId === undefined) this.#beginAt(this.#history);
      const agent = await unlessAborted(this.#getAgent(signal), signal);
      const approve = (/** @type {ApprovalRequest} */ request) => this.#ask(request, signal);
      const options = { signal, approve, steering: this.#steering, ...this.#kept.options(this.#history) };
      const events = await begin(agent, options);
      signal.throwIfAborted();
      const settle = (/** @type {Promise<unknown>} */ ending) => isCurrent() && (this.#settling = this.#settle(ending, generation, true));
      for await (const event of follow(events, signal, settle)) {
        if (!isCurrent()) return undefined;
        this.#take(event);
      }
      signal.throwIfAborted();
      if (this.#paused) return undefined; // `answer` goes on with it
      await this.#finish(agent);
      return this.#run.reply;
    } catch (error) {
      if (!isCurrent()) return undefined;
      this.#remember(signal.aborted ? undefined : error);
      if (signal.aborted) this.#run = endRun(this.#run, "stopped");
      else this.#fail(error);
      if (!this.#settling) this.#settling = this.#settle(Promise.resolve(error), generation, signal.aborted);
    } finally {
      if (isCurrent()) {
        this.#control = undefined;
        this.#change();
        if (!this.#error && !signal.aborted && !this.#paused) void this.#sendQueued();
      }
    }
    return undefined;
  }

  /** Notes where the run's prompt stands. @param {Message[]} history before it */
  #beginAt(history) {
    const run = /** @type {RunView} */ (this.#run);
    const at = history.length;
    this.#before = history;
    this.#run = { ...run, at, messages: this.#versions.count(run.messages.with(0, { ...run.messages[0], at, end: at + 1 })) };
  }

  /** @param {AgentEvent} event */
  #take(event) {
    const run = foldRun(/** @type {RunView} */ (this.#run), event);
    if (event.type === "run_started") {
      if (event.messages.length - 1 !== this.#history.length) this.#begin(event.messages.slice(0, -1));
      this.#before = this.#history;
      const first = this.#past.length;
      const begun = first === run.first ? run : foldRun({ ...run, first }, event);
      this.#run = { ...begun, messages: this.#versions.count(begun.messages) };
    } else this.#run = run;
    if (event.type === "message_delivered") this.#steering.withdraw(event.id); // of an agent that does not know the Steering
    if (event.type === "run_done" && event.reply.pending?.length) this.#paused = event.reply;
    this.#changeSoon();
    this.#options.onEvent?.(event);
  }

  /**
   * Ends a run that went well.
   * @param {ChatAgent} agent
   */
  async #finish(agent) {
    const run = (this.#run = endRun(/** @type {RunView} */ (this.#run), "done"));
    const { reply } = run;
    this.#question.answered();
    if (!reply?.messages) return this.#remember(undefined);
    this.#history = reply.messages;
    this.#run = { ...run, messages: placed(run.messages, reply.messages, this.#before.length) };
    if (reply.runId) await this.#forgetRuns(agent, reply.runId).catch((error) => this.#report(error));
    this.#options.onFinish?.(reply);
  }

  /**
   * Takes the history of a run that ended early, once the run has told it. The next run may have begun by then, and waits.
   * @param {Promise<unknown>} ending a promise of the run's error
   * @param {number} generation
   * @param {boolean} isStopped
   */
  async #settle(ending, generation, isStopped) {
    const run = /** @type {RunView} */ (this.#run);
    const before = this.#before;
    const error = await Promise.race([ending, new Promise((resolve) => setTimeout(resolve, GRACE_MS))]);
    if (generation !== this.#generation) return;
    if (error) this.#remember(error, run, before);
    try {
      if (isStopped && run.runId) await this.#keepBroken(run, await this.#getAgent());
      else if (this.#kept.id !== undefined && !run.runId) this.#history = (await this.#kept.load()).messages;
    } catch (failure) {
      this.#report(failure);
    }
    if (generation !== this.#generation) return;
    const isUnsaid = isStopped ? this.#history.length === before.length : run.runId || this.#history.length === before.length;
    if (isUnsaid) this.#question.end(run, before.length, isStopped ? undefined : error);
    const place = (/** @type {ChatMessage[]} */ messages) => placed(messages, this.#history, before.length);
    if (this.#run?.first === run.first) this.#run = { ...this.#run, messages: place(this.#run.messages) };
    else this.#past = [...this.#past.slice(0, run.first), ...place(this.#past.slice(run.first))];
    this.#settling = undefined;
    this.#change();
  }

  /**
   * Takes the history of a run without a reply: of its error, or else of the text that was shown.
   * @param {any} error
   * @param {RunView | undefined} [run]
   * @param {Message[]} [before] the history before the run
   */
  #remember(error, run = this.#run, before = this.#before) {
    this.#history = brokenHistory(error, run, before) ?? this.#history;
  }

  /**
   * Appends a durable run that is given up to the kept conversation, as far as it came, and deletes the run from the record. Python appends
   * every other run.
   * @param {RunView | undefined} run
   * @param {ChatAgent} agent
   */
  async #keepBroken(run, agent) {
    if (!run?.runId || run.reply) return;
    const said = this.#history.slice(run.at ?? this.#before.length);
    if (this.#kept.id !== undefined && said.length) await this.#kept.append(said);
    await agent.forgetRun?.(run.runId);
    if (this.#run?.runId === run.runId) this.#run = { ...this.#run, runId: undefined };
  }

  /**
   * @param {ChatAgent} [agent]
   * @param {string} [kept]
   */
  async #forgetRuns(agent, kept) {
    if (agent || this.#run?.runId || this.#options.durable) await forgetRuns(agent ?? (await this.#getAgent()), this.#kept.id, kept);
  }

  /** Sends the first of the queued messages that no run has taken. */
  async #sendQueued() {
    const own = this.#steering.pending[0];
    const told = this.#run?.queued.find(({ id }) => id !== own?.id);
    const next = own ? { id: own.id, prompt: own.content } : told;
    if (!next) return;
    this.unqueue(next.id);
    await this.#start(/** @type {Prompt} */ (next.prompt));
  }

  /**
   * @param {ApprovalRequest} request
   * @param {AbortSignal} signal
   */
  #ask(request, signal) {
    const answer = this.#approvals.wait(request.id, signal);
    const asked = this.#run && requestsIn(this.#run.messages.at(-1)?.parts ?? []).some(({ id }) => id === request.id);
    if (this.#run && !asked && !this.#approvals.isAnswered(request.id)) {
      this.#run = withParts(this.#run, (parts) => foldParts(parts, { type: "approval_needed", request }));
      this.#change();
    }
    this.#options.onApproval?.(request);
    return answer;
  }

  /** @param {Reply} reply */
  #resumePaused(reply) {
    const approvals = this.#approvals.take();
    return this.#carryOut(/** @type {RunView} */ (this.#run), (agent, options) =>
      /** @type {Required<ChatAgent>} */ (agent).resumeStream(reply, { ...withoutHistory(options), approvals }),
    );
  }

  #leavePaused() {
    this.#history = /** @type {Reply} */ (this.#paused).messages;
    this.#paused = undefined;
    if (this.#run) this.#run = endRun(this.#run, "stopped");
    this.#change();
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#error = error instanceof Error ? error : new Error(String(error));
    if (this.#run) this.#run = endRun(this.#run, "failed", this.#error);
    this.#report(error);
    this.#change();
  }

  /** @param {unknown} error */
  #report(error) {
    this.#options.onError?.(error);
  }

  /** Tells subscribers of a change at once. */
  #change() {
    this.#isStale = false;
    this.#snapshot = this.#look();
    for (const listener of [...this.#listeners]) listener();
  }

  /** Tells subscribers of a change, once for all events that came together. */
  #changeSoon() {
    if (this.#isStale) return;
    this.#isStale = true;
    setTimeout(() => this.#isStale && this.#change());
  }

  /** @returns {ChatSnapshot} */
  #look() {
    return takeSnapshot(
      {
        past: this.#past,
        run: this.#run,
        isRunning: this.isRunning,
        isPaused: this.#paused !== undefined,
        isRestoring: this.#restoring,
        steering: this.#steering,
        error: this.#error,
        usage: this.#usage,
      },
      this.#snapshot,
    );
  }
}

/** @param {ChatCall} options */
const withoutHistory = ({ history: _, ...options }) => options;
