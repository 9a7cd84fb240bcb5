/**
 * The runs of a chat, one at a time: begins, stops, resumes and ends them, and puts their events into the chat's state.
 *
 * @import { AgentEvent, ApprovalAnswer, ApprovalRequest, Message, Reply } from "../types.js"
 * @import { AgentSource, ChatAgent, ChatCall, ChatMessage, ChatOptions, Prompt } from "./types.js"
 * @import { RunView } from "./fold.js"
 * @import { ChatState } from "./state.js"
 */

import { Steering } from "../agent/steering.js";
import { unlessAborted } from "../agent/unless-aborted.js";
import { Approvals } from "./approvals.js";
import { beginRun, endRun, foldRun, reopen, withParts } from "./fold.js";
import { follow } from "./follow.js";
import { foldParts, requestsIn, settleRequest } from "./parts.js";
import { placed } from "./places.js";
import { findLastRun, forgetRuns } from "./runs.js";
import { noUsage } from "./usage.js";

/** Milliseconds for a stopped run to return its history. */
const GRACE_MS = 1500;

export class RunControl {
  agent;
  #options;
  #state;
  #approvals = new Approvals();
  /** Counts how often the chat was emptied: an earlier run changes nothing any more. */
  #generation = 0;
  /** The end of a stopped run, until its history is known. @type {Promise<unknown> | undefined} */
  settling;

  /**
   * @param {AgentSource} agent
   * @param {ChatOptions} options
   * @param {ChatState} state
   */
  constructor(agent, options, state) {
    this.agent = agent;
    this.#options = options;
    this.#state = state;
  }

  /** Ends the run. The text that came so far stays, and so do queued messages, which go with the next prompt. */
  stop() {
    if (this.#state.paused) this.#leavePaused();
    this.#state.control?.abort();
  }

  /** Returns the agent. @param {AbortSignal} [signal] of the run that the agent is for */
  async getAgent(signal) {
    return typeof this.agent === "function" ? this.agent(signal) : this.agent;
  }

  /**
   * Begins a run with a prompt.
   * @param {Prompt} prompt
   * @returns {Promise<Reply | undefined>}
   */
  async start(prompt) {
    const state = this.#state;
    const broken = state.run;
    state.leaveRun();
    const run = beginRun(prompt, state.past.length);
    return this.carryOut(run, async (agent, options) => {
      await state.versions.save();
      state.question.ask(prompt, state.history.length);
      await unlessAborted(state.question.stored, options.signal); // nothing that was sent is lost
      if (broken?.messages.at(-1)?.status === "failed") await this.#appendUnfinished(broken, agent); // a stopped run is kept already
      return agent.stream(prompt, options);
    });
  }

  /**
   * Carries a run out, from its prompt or from where it stopped.
   * @param {RunView} run
   * @param {(agent: ChatAgent, options: ChatCall) => AsyncIterable<AgentEvent> | Promise<AsyncIterable<AgentEvent>>} begin
   * @returns {Promise<Reply | undefined>}
   */
  async carryOut(run, begin) {
    const state = this.#state;
    const control = (state.control = new AbortController());
    const { signal } = control;
    state.run = { ...run, messages: reopen(run.messages) };
    state.error = state.paused = undefined;
    state.notify();
    const isCurrent = () => state.control === control;
    const generation = this.#generation;
    try {
      if (this.settling) await unlessAborted(this.settling, signal);
      if (run.reply === undefined && run.runId === undefined) this.#beginAt(state.history);
      const agent = await unlessAborted(this.getAgent(signal), signal);
      const approve = (/** @type {ApprovalRequest} */ request) => this.#waitForAnswer(request, signal);
      const options = { signal, approve, steering: state.steering, ...state.kept.options(state.history) };
      const events = await begin(agent, options);
      signal.throwIfAborted();
      const settle = (/** @type {Promise<unknown>} */ ending) => isCurrent() && (this.settling = this.#settle(ending, generation, true));
      for await (const event of follow(events, signal, settle)) {
        if (!isCurrent()) return undefined;
        this.#apply(event);
      }
      signal.throwIfAborted();
      if (state.paused) return undefined; // `answer` goes on with it
      await this.#finish(agent);
      return state.run.reply;
    } catch (error) {
      if (!isCurrent()) return undefined;
      state.remember(signal.aborted ? undefined : error);
      if (signal.aborted) state.run = endRun(state.run, "stopped");
      else state.fail(error);
      if (!this.settling) this.settling = this.#settle(Promise.resolve(error), generation, signal.aborted);
    } finally {
      if (isCurrent()) {
        state.control = undefined;
        state.notify();
        if (!state.error && !signal.aborted && !state.paused) void this.sendQueued();
      }
    }
    return undefined;
  }

  /** Sets the place of the run's prompt. @param {Message[]} history before it */
  #beginAt(history) {
    const state = this.#state;
    const run = /** @type {RunView} */ (state.run);
    const at = history.length;
    state.before = history;
    state.run = { ...run, at, messages: state.versions.count(run.messages.with(0, { ...run.messages[0], at, end: at + 1 })) };
  }

  /** Puts an event into the state. @param {AgentEvent} event */
  #apply(event) {
    const state = this.#state;
    const run = foldRun(/** @type {RunView} */ (state.run), event);
    if (event.type === "run_started") {
      if (event.messages.length - 1 !== state.history.length) state.begin(event.messages.slice(0, -1));
      state.before = state.history;
      const first = state.past.length;
      const begun = first === run.first ? run : foldRun({ ...run, first }, event);
      state.run = { ...begun, messages: state.versions.count(begun.messages) };
    } else state.run = run;
    if (event.type === "message_delivered") state.steering.withdraw(event.id); // an agent of another kind may not know the Steering
    if (event.type === "run_done" && event.reply.pending?.length) state.paused = event.reply;
    state.notifySoon();
    this.#options.onEvent?.(event);
  }

  /**
   * Ends a run that has its answer.
   * @param {ChatAgent} agent
   */
  async #finish(agent) {
    const state = this.#state;
    const run = (state.run = endRun(/** @type {RunView} */ (state.run), "done"));
    const { reply } = run;
    state.question.answered();
    if (!reply?.messages) return state.remember(undefined);
    state.history = reply.messages;
    state.run = { ...run, messages: placed(run.messages, reply.messages, state.before.length) };
    if (reply.runId) await this.forgetRuns(agent, reply.runId).catch((error) => state.report(error));
    this.#options.onFinish?.(reply);
  }

  /**
   * Takes the history of a run that ended early, once the run's stream has ended. The next run may have begun by then, and waits.
   * @param {Promise<unknown>} ending a promise of the run's error
   * @param {number} generation
   * @param {boolean} isStopped
   */
  async #settle(ending, generation, isStopped) {
    const state = this.#state;
    const run = /** @type {RunView} */ (state.run);
    const before = state.before;
    const error = await Promise.race([ending, new Promise((resolve) => setTimeout(resolve, GRACE_MS))]);
    if (generation !== this.#generation) return;
    if (error) state.remember(error, run, before);
    try {
      if (isStopped && run.runId) await this.#appendUnfinished(run, await this.getAgent());
      else if (state.kept.id !== undefined && !run.runId) state.history = (await state.kept.load()).messages;
    } catch (failure) {
      state.report(failure);
    }
    if (generation !== this.#generation) return;
    // The text of a durable run that failed is in its record, where the run can go on.
    const end = run.runId && !isStopped ? before.length : state.history.length;
    state.question.end(run, before.length, end, isStopped ? undefined : error);
    const place = (/** @type {ChatMessage[]} */ messages) => placed(messages, state.history, before.length);
    if (state.run?.first === run.first) state.run = { ...state.run, messages: place(state.run.messages) };
    else state.past = [...state.past.slice(0, run.first), ...place(state.past.slice(run.first))];
    this.settling = undefined;
    state.notify();
  }

  /**
   * Appends a durable run that is given up to the kept conversation, as far as it came, and deletes the run from the record. Python appends
   * every other run.
   * @param {RunView | undefined} run
   * @param {ChatAgent} agent
   */
  async #appendUnfinished(run, agent) {
    const state = this.#state;
    if (!run?.runId || run.reply) return;
    const said = state.history.slice(run.at ?? state.before.length);
    if (state.kept.id !== undefined && said.length) await state.kept.append(said);
    await agent.forgetRun?.(run.runId);
    if (state.run?.runId === run.runId) state.run = { ...state.run, runId: undefined };
  }

  /**
   * Deletes the runs that no tab carries out from the record.
   * @param {ChatAgent} [agent]
   * @param {string} [kept] the id of a run that stays
   */
  async forgetRuns(agent, kept) {
    if (agent || this.#state.run?.runId || this.#options.durable)
      await forgetRuns(agent ?? (await this.getAgent()), this.#state.kept.id, kept);
  }

  /** Sends the first of the queued messages that no run has taken. */
  async sendQueued() {
    const own = this.#state.steering.pending[0];
    const recorded = this.#state.run?.queued.find(({ id }) => id !== own?.id);
    const next = own ? { id: own.id, prompt: own.content } : recorded;
    if (!next) return;
    this.#state.unqueue(next.id);
    await this.start(/** @type {Prompt} */ (next.prompt));
  }

  /**
   * Waits for the answer to an approval request, which the answer's parts show.
   * @param {ApprovalRequest} request
   * @param {AbortSignal} signal
   */
  #waitForAnswer(request, signal) {
    const state = this.#state;
    const answer = this.#approvals.wait(request.id, signal);
    const isShown = state.run && requestsIn(state.run.messages.at(-1)?.parts ?? []).some(({ id }) => id === request.id);
    if (state.run && !isShown && !this.#approvals.isAnswered(request.id)) {
      state.run = withParts(state.run, (parts) => foldParts(parts, { type: "approval_needed", request }));
      state.notify();
    }
    this.#options.onApproval?.(request);
    return answer;
  }

  /** Resumes a paused run with the answers to its requests. @param {Reply} reply */
  #resumePaused(reply) {
    const approvals = this.#approvals.take();
    return this.carryOut(/** @type {RunView} */ (this.#state.run), (agent, options) =>
      /** @type {Required<ChatAgent>} */ (agent).resumeStream(reply, { ...withoutHistory(options), approvals }),
    );
  }

  /** Stops a paused run: its calls without an answer stay undone. */
  #leavePaused() {
    const state = this.#state;
    state.history = /** @type {Reply} */ (state.paused).messages;
    state.paused = undefined;
    if (state.run) state.run = endRun(state.run, "stopped");
    state.notify();
  }

  /**
   * Answers an approval request, and resumes a run that paused once it was the last one.
   * @param {string} id of the request
   * @param {ApprovalAnswer} answer
   */
  answer(id, answer) {
    const state = this.#state;
    // The snapshot follows an event a moment later; a listener to events may answer at once.
    if (!state.takeSnapshot().approvals.some((request) => request.id === id)) return;
    const given = typeof answer === "object" && "approve" in answer ? answer.arguments : undefined;
    if (state.run) state.run = withParts(state.run, (parts) => settleRequest(parts, id, given));
    this.#approvals.answer(id, answer);
    state.notify();
    if (state.paused && !state.snapshot.approvals.length) void this.#resumePaused(state.paused);
  }

  /** Leaves the run and the queued messages. */
  reset() {
    this.stop();
    this.#state.control = this.settling = undefined;
    this.#generation++;
    this.#state.steering = new Steering();
    this.#state.usage = noUsage();
  }

  /** Whether a durable run is under way that a page before a reload or another tab began. */
  async isAtWork() {
    return Boolean(this.#options.durable && (await findLastRun(await this.getAgent(), this.#state.kept.id)));
  }
}

/** @param {ChatCall} options */
const withoutHistory = ({ history: _, ...options }) => options;
