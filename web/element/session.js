/**
 * One chat of the element with its turns: sends prompts, shows answers as they come. A `Chat` holds the state; this module draws it.
 *
 * @import { ChatMessage } from "../chat/types.js"
 * @import { StoredConversation } from "../types.js"
 * @import { Activity, ApprovalRequest, ChatEvent, Message, Prompt, Source } from "./types.js"
 * @import { Turn } from "./conversation.js"
 * @import { Owner } from "./owner.js"
 */

import { Chat } from "../chat/chat.js";
import { textOf } from "../chat/history.js";
import { noUsage } from "../chat/usage.js";
import { sourcesOf } from "./citations.js";
import { HistoryView } from "./history-view.js";
import { Spending } from "./spending.js";
import { ToolViews } from "./tool-views.js";
import { TurnList } from "./turn-list.js";
import { TurnView } from "./turn-view.js";
import { wordsOf } from "./user-message.js";

export class Session {
  chat;
  /** Messages that wait, while another chat is shown. @type {Prompt[]} */
  waiting = [];
  turns = new TurnList((isNew) => this.#owner.drawn(this, isNew));
  #owner;
  /** The view of the run that is under way, or of the last one. @type {TurnView | undefined} */
  #view;
  /** Whether the last turn's run is under way, as it is drawn. */
  #isRunning = false;
  /** Whether that run began before this page. */
  #isResumed = false;
  /** Whether a run was drawn as it went on. */
  #hasBegun = false;
  /** The model of the run that is under way, or of the last one; "" where several answered. */
  #model = "";
  spending = new Spending();
  /** The last activity that the owner was notified of. @type {Activity} */
  #activity = "";
  /** The loading of the kept conversation; messages are sent after it. @type {Promise<void> | undefined} */
  restoring;
  /** The view that the next run is drawn in again. @type {TurnView | undefined} */
  #again;
  #tools = new ToolViews();
  #history;
  /** The sources of the last answer. @type {Source[] | undefined} */
  #sources;

  /**
   * @param {Owner} owner
   * @param {string} [conversation] the id under which the chat is kept
   * @param {boolean} [isNew] whether nothing is kept of it yet, so that its first message need not wait for the store
   */
  constructor(owner, conversation, isNew = false) {
    this.#owner = owner;
    this.chat = new Chat((signal) => this.#findAgent(signal), {
      conversation,
      restore: isNew ? "none" : "manual",
      get conversations() {
        return owner.conversations;
      },
      get durable() {
        return owner.isDurable;
      },
      onRestore: (stored) => this.#drawRestored(stored),
      onEvent: (event) => this.#show(event),
      onApproval: (request) => void this.#ask(request),
      onError: (error) => this.#isRunning || this.#tell("staysail-error", { error }),
    });
    this.#history = new HistoryView(this, owner, this.#tools);
    this.chat.subscribe(() => this.#look());
  }

  get isRunning() {
    return this.chat.isRunning;
  }

  /** @returns {Activity} */
  get activity() {
    const { status } = this.chat.getSnapshot();
    if (status === "awaiting-approval") return "waiting";
    if (this.isRunning) return "running";
    return status === "error" ? "failed" : "";
  }

  /** The first line of the first question: a title for a chat that the store may not hold yet. */
  get title() {
    return wordsOf(this.#messages[0]?.prompt ?? []).split("\n")[0];
  }

  /** Stops the run. Returns once nothing more of it is stored. */
  async end() {
    while (this.isRunning || this.activity === "waiting") {
      this.chat.stop();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await this.chat.settled;
  }

  /** Draws messages, which go with the next prompt. @param {Message[]} messages */
  set history(messages) {
    this.chat.history = messages;
    this.#history.draw(messages);
  }

  /** Draws the calls of the history that have a view now, and had none when they were drawn. */
  drawMissingTools() {
    this.#history.drawMissingTools();
  }

  /** Sets the view that the next run is drawn in. @param {TurnView | undefined} view */
  drawAgain(view) {
    this.#again = view;
  }

  /**
   * Sends a prompt. Returns once the run has ended; false where a run is under way already.
   * @param {Prompt} prompt
   */
  async send(prompt) {
    if (this.isRunning) return false;
    if (this.restoring) await this.restoring;
    if (this.isRunning) return false;
    const sent = this.chat.send(prompt);
    this.#tell("staysail-send", { prompt });
    await sent;
    return true;
  }

  /** Repeats the last prompt. */
  async retry() {
    const view = this.turns.last;
    if (this.isRunning || !view?.question) return false;
    this.#isResumed = this.chat.getSnapshot().status === "error" && this.#owner.isDurable;
    this.#owner.focus();
    this.#again = view;
    await this.chat.retry();
    return true;
  }

  /** Leaves the run, and drops the turns. */
  clear() {
    this.#isRunning = false; // the run's end is not drawn
    this.chat.clear();
    this.#view = this.#again = this.#sources = undefined;
    this.spending = new Spending();
    this.#isResumed = this.#hasBegun = false;
    this.turns.clear();
    this.#owner.changed(this);
  }

  /** Loads the kept conversation and draws it. @param {() => Promise<void>} startPython */
  restore(startPython) {
    this.restoring = this.#restore(startPython);
  }

  /** @param {() => Promise<void>} startPython */
  async #restore(startPython) {
    try {
      await Promise.resolve(); // properties that are set with it, such as where Python is
      await startPython();
      await this.chat.restore();
    } catch (error) {
      this.#tell("staysail-error", { error });
    } finally {
      this.restoring = undefined;
      this.#owner.drawn(this, false);
    }
  }

  /**
   * Resumes the last durable run, which a page before a reload or another tab began; shows a run that has ended.
   * @param {() => boolean} isShown
   * @param {() => Promise<void>} startPython
   */
  async resume(isShown, startPython) {
    const { source } = this.#owner;
    const mayBegin = () => isShown() && !this.isRunning && !this.#hasBegun && this.#owner.isConnected;
    if (!mayBegin() || !(source.get("model") || source.given)) return;
    try {
      if (!source.given) await startPython();
      await this.restoring;
      if (mayBegin()) await this.chat.resume(() => mayBegin() && (this.#isResumed = true));
    } catch (error) {
      this.#tell("staysail-error", { error });
    }
  }

  /** @param {AbortSignal} [signal] */
  async #findAgent(signal) {
    const { source } = this.#owner;
    const agent = await (signal ? source.prepare((what) => this.#view?.wait(what), signal) : source.agent());
    if (this.#isRunning) this.#model = source.modelName; // the one of before, if it was set while its tools were found
    return agent;
  }

  /** Draws the beginning and the end of a run. */
  #look() {
    const { messages } = this.chat.getSnapshot();
    const [prompt, answer] = messages.slice(-2);
    if (this.isRunning && !this.#isRunning) this.#beginTurn(prompt);
    if (this.#isRunning && this.#view && answer) this.#tools.draw(this.#view, answer.parts, this.#owner.toolViews);
    if (!this.isRunning && this.#isRunning) this.#endTurn(prompt, answer);
    const { activity } = this;
    if (activity === this.#activity) return;
    this.#activity = activity;
    this.#owner.changed(this);
  }

  /** @param {ChatMessage} message the user's */
  #beginTurn(message) {
    const view = this.#again ?? this.#newView(message);
    if (this.#again && view.question) {
      this.turns.endWith(view);
      view.question.prompt = message.prompt ?? [];
    }
    this.#again = undefined;
    this.#view = view;
    this.#isRunning = this.#hasBegun = true;
    this.#model = this.#owner.source.modelName;
    view.begin(this.#owner.source.waitingFor);
  }

  /** @param {ChatMessage} message the user's */
  #newView({ prompt = [], id }) {
    /** @type {TurnView} */
    const view = new TurnView(
      /** @type {Prompt} */ (prompt),
      this.#history.actions(
        () => id,
        () => view,
      ),
    );
    this.turns.add(view);
    return view;
  }

  /**
   * @param {ChatMessage} prompt
   * @param {ChatMessage} answer
   */
  #endTurn(prompt, answer) {
    const view = /** @type {TurnView} */ (this.#view);
    const { history } = this.chat;
    const sources = answer.parts.flatMap((part) => (part.type === "source" ? [part.source] : []));
    /** @type {Turn} */
    const turn = {
      prompt: /** @type {Prompt} */ (prompt.prompt),
      text: textOf(answer),
      usage: answer.usage ?? noUsage(),
      sources: this.#sources ?? sources,
      messages: answer.status === "done" ? history : undefined,
    };
    this.#isRunning = this.#isResumed = false;
    view.question?.showVersions(prompt);
    if (answer.status === "done") {
      view.fork = this.#history.forkAt(history.length);
      view.finish(turn);
      this.#tell("staysail-done", { text: turn.text, messages: history, usage: turn.usage, sources: turn.sources });
    } else if (answer.status === "stopped") view.stop(turn);
    else {
      view.fail(turn, answer.error);
      this.#tell("staysail-error", { error: answer.error });
    }
    void this.#count(view, answer);
  }

  /**
   * @param {TurnView} view
   * @param {ChatMessage} answer
   */
  async #count(view, answer) {
    const usd = await this.spending.add(answer, this.#owner.findFacts(this.#model));
    if (usd !== undefined) view.showCost(answer.usage ?? noUsage(), usd);
    this.#owner.changed(this);
  }

  /** @param {ChatEvent} event */
  #show(event) {
    const view = /** @type {TurnView} */ (this.#view);
    if (event.type === "run_started" && this.#isResumed) this.#showBeginning(view, event.messages);
    if (event.type === "model_changed") this.#model = "";
    if (event.type === "run_done") this.#sources = sourcesOf(event.reply);
    view.show(event);
    this.#tell("staysail-event", event);
  }

  /**
   * Draws the history before a resumed run, and its prompt.
   * @param {TurnView} view
   * @param {Message[]} messages
   */
  #showBeginning(view, messages) {
    this.turns.clear();
    this.#history.draw(messages.slice(0, -1));
    if (view.question) view.question.prompt = /** @type {Prompt} */ (messages.at(-1)?.content ?? "");
    this.turns.add(view);
  }

  /** @param {ApprovalRequest} request */
  async #ask(request) {
    const answer = await this.#view?.ask(request);
    if (answer !== undefined) this.chat.answer(request.id, answer);
  }

  /** @param {StoredConversation} stored */
  #drawRestored({ id, messages, problems }) {
    const [prompt, answer] = this.#messages.slice(-2);
    const isOpen = answer !== undefined && answer.status !== "done";
    this.#history.draw(isOpen ? messages.slice(0, prompt.at) : messages);
    if (isOpen) this.#drawOpenQuestion(prompt, answer, messages.slice((prompt.at ?? messages.length) + 1));
    if (problems.length) this.turns.note("A part of this conversation is damaged and cannot be shown.");
    this.#tell("staysail-restored", { id, messages, problems });
  }

  /**
   * Draws a question from before a reload that has no answer, or whose answer broke off.
   * @param {ChatMessage} prompt
   * @param {ChatMessage} answer
   * @param {Message[]} said the answer in the history
   */
  #drawOpenQuestion(prompt, answer, said) {
    const view = this.#newView(prompt);
    view.question?.showVersions(prompt);
    if (said.length) view.replay(said);
    this.#tools.draw(view, answer.parts, this.#owner.toolViews);
    const turn = { prompt: /** @type {Prompt} */ (prompt.prompt), text: textOf(answer), usage: noUsage(), sources: [] };
    if (answer.status === "failed") view.fail(turn, answer.error);
    else view.stop(turn);
  }

  get #messages() {
    return this.chat.getSnapshot().messages;
  }

  /**
   * @param {string} type
   * @param {object} detail
   */
  #tell(type, detail) {
    this.#owner.tell(this, type, detail);
  }
}
