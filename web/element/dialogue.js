/**
 * What goes on between the user and the agent: prompts go out, answers are shown as they come, the last one is asked for again or taken back,
 * kept conversations are opened and durable runs taken up. The element shows the parts.
 *
 * @import { ApprovalRequest, Message, Prompt, Source } from "./types.js"
 * @import { Turn } from "./conversation.js"
 * @import { Begin } from "./last-run.js"
 *
 * @typedef {object} Host the element
 * @property {boolean} isConnected
 * @property {ShadowRoot | null} shadowRoot
 * @property {string | boolean} durable the name of its record of runs, or ""
 *
 * Dispatches an event of the element; false where somebody prevented what comes of it.
 * @typedef {(type: string, detail: object, options?: EventInit) => boolean} Tell
 */

import { abortable } from "./abortable.js";
import { AgentSource } from "./agent-source.js";
import { Announcer } from "./announcer.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { formatUsage } from "./format.js";
import { KeptConversation, newConversationId } from "./kept-conversation.js";
import { findFailedRun, findLastRun, forgetRuns, onceSet } from "./last-run.js";
import { PassageDialog } from "./passage-dialog.js";
import { PythonStart } from "./python-start.js";
import { Startup } from "./startup.js";
import { TurnView } from "./turn-view.js";
import { Turns } from "./turns.js";
import { wordsOf } from "./user-message.js";

export class Dialogue {
  kept = new KeptConversation();
  announcer = new Announcer();
  startup = new Startup();
  passage = new PassageDialog();
  composer = new Composer({
    send: (prompt) => this.accept(prompt),
    stop: () => this.stop(),
    clear: () => this.#startNew(),
    draft: (text) => this.#tell("staysail-draft", { text }),
  });
  python;
  source;
  turns;
  #host;
  #tell;
  #conversation = new Conversation();
  /** @type {{turn: Turn, view: TurnView, failed?: boolean} | undefined} */
  #last;
  /** @type {AbortController | undefined} */
  #running;
  /** What is being drawn from the store; messages are sent after it. @type {Promise<void> | undefined} */
  #restoring;

  /**
   * @param {Host} host
   * @param {Tell} tell
   * @param {(event: Event) => void} choose told of a click on what stands there while there is no turn
   */
  constructor(host, tell, choose) {
    this.#host = host;
    this.#tell = tell;
    this.python = new PythonStart(this.startup, tell);
    this.source = new AgentSource(this.python, this.startup);
    this.turns = new Turns(choose);
  }

  get running() {
    return this.#running !== undefined;
  }

  get usage() {
    return this.#conversation.usage;
  }

  get history() {
    return this.#conversation.history;
  }

  set history(messages) {
    this.clear();
    this.#draw(messages);
  }

  /** Draws what a kept conversation holds; undefined: nothing is kept. @param {string | undefined} id */
  open(id) {
    if (id === this.kept.id) return;
    this.#switchTo(id);
    this.#restoring = id ? this.#restore(id) : undefined;
    if (id) this.takeUpOnceSet();
  }

  /** Begins another conversation, which is kept from its first answer on. */
  begin() {
    const id = newConversationId();
    this.#switchTo(id);
    return id;
  }

  /** Ends when the answer is there, was stopped or failed; false if one is under way already. @param {Prompt} prompt */
  async send(prompt) {
    if (this.#running) return false;
    if (this.#restoring) await this.#restoring;
    if (this.#running) return false;
    const { turn, view } = this.#beginTurn(prompt);
    this.#tell("staysail-send", { prompt });
    await this.#run(turn, view);
    return true;
  }

  /** Asks the last question again. */
  async retry() {
    if (this.#running || !this.#last) return false;
    const { turn, view, failed } = this.#last;
    const goOn = failed && this.#host.durable ? await findFailedRun(await this.source.agent(), this.kept.id) : undefined;
    if (goOn) {
      await this.#run(turn, view, goOn);
      return true;
    }
    await this.#takeBack(turn);
    const again = this.#conversation.begin(turn.prompt);
    this.#last = { turn: again, view };
    this.composer.input.focus({ preventScroll: true });
    await this.#run(again, view);
    return true;
  }

  stop() {
    this.#running?.abort();
  }

  /** A new chat. */
  clear() {
    this.stop();
    this.#running = this.#last = undefined;
    this.composer.setRunning(false);
    this.#conversation.clear();
    this.turns.clear();
    this.#showUsage();
    const { id } = this.kept;
    if (this.#host.durable)
      void this.source
        .agent()
        .then((agent) => forgetRuns(agent, id))
        .catch(() => {});
    this.#tell("staysail-clear", {});
    if (this.#host.shadowRoot?.activeElement) this.composer.input.focus();
  }

  /** Sends it, unless an answer is under way. @param {Prompt} prompt */
  accept(prompt) {
    if (this.#running || this.#restoring) return false;
    void this.send(prompt);
    return true;
  }

  /** Goes on with the last durable run, where there is one. */
  takeUpOnceSet() {
    if (this.#host.durable && this.#host.isConnected) onceSet(() => void this.#takeUp());
  }

  /** Goes on with the last durable run, from an earlier life of the page or in another tab; one that has ended is shown. */
  async #takeUp() {
    if (this.#running || this.#last || !this.#host.isConnected || !(this.source.get("model") || this.source.given)) return;
    try {
      if (!this.source.given) await this.python.start();
      const agent = await this.source.agent();
      const found = await findLastRun(agent, this.kept.id);
      await this.#restoring;
      if (!found || this.#running || this.#last || !this.#host.isConnected) return;
      const { turn, view } = this.#beginTurn(found.prompt);
      await this.#run(turn, view, found.begin);
    } catch (error) {
      this.#tell("staysail-error", { error });
    }
  }

  /**
   * What came before a run that is taken up, and its prompt as it was.
   * @param {Turn} turn
   * @param {TurnView} view
   * @param {Message[]} messages
   */
  #showBeginning(turn, view, messages) {
    const prompt = messages.at(-1)?.content ?? "";
    this.turns.clear();
    this.#draw(messages.slice(0, -1));
    Object.assign(turn, { prompt, before: messages.slice(0, -1) });
    view.correct(prompt);
    this.turns.add(view);
  }

  /** @param {Prompt} prompt */
  #beginTurn(prompt) {
    const turn = this.#conversation.begin(prompt);
    const view = new TurnView(prompt, {
      retry: () => void this.retry(),
      edit: () => void this.#edit(),
      announce: (text) => this.announcer.say(text),
      cite: (source) => this.#cite(source),
      focus: () => this.composer.input.focus({ preventScroll: true }),
    });
    this.#last = { turn, view };
    this.turns.add(view);
    return { turn, view };
  }

  /**
   * @param {Turn} turn
   * @param {TurnView} view
   * @param {Begin} [begin]
   */
  async #run(turn, view, begin) {
    const control = new AbortController();
    this.#running = control;
    if (this.#last) this.#last.failed = false;
    this.composer.setRunning(true);
    view.begin(this.source.waitingFor);
    try {
      await this.#stream(turn, view, control.signal, begin);
      if (control.signal.aborted) throw control.signal.reason;
      this.#conversation.end(turn);
      view.fork = this.#forkAt(this.#conversation.history.length);
      view.finish(turn);
      this.#tell("staysail-done", { text: turn.text, messages: this.#conversation.history, usage: turn.usage, sources: turn.sources });
    } catch (error) {
      if (this.#last?.turn === turn) this.#conversation.end(turn, error);
      if (control.signal.aborted) view.stop(turn);
      else {
        if (this.#last?.turn === turn) this.#last.failed = true;
        view.fail(turn, error);
        this.#tell("staysail-error", { error });
      }
    } finally {
      if (this.#running === control) {
        this.#running = undefined;
        this.composer.setRunning(false);
      }
      this.#showUsage();
    }
  }

  /**
   * @param {Turn} turn
   * @param {TurnView} view
   * @param {AbortSignal} signal
   * @param {Begin} [begin]
   */
  async #stream(turn, view, signal, begin) {
    const agent = await this.source.prepare((what) => view.wait(what), signal);
    const approve = (/** @type {ApprovalRequest} */ request) => view.ask(request);
    // A kept conversation is its own history.
    const before = this.kept.id === undefined ? { history: turn.before } : this.kept.options();
    const events = begin
      ? begin(agent, { signal, approve, ...(this.kept.id !== undefined && this.kept.options()) })
      : agent.stream(turn.prompt, { signal, approve, ...before });
    for await (const event of abortable(events, signal)) {
      if (begin && event.type === "run_started") this.#showBeginning(turn, view, event.messages);
      if (event.type === "run_done" && event.reply.runId) await forgetRuns(agent, this.kept.id, event.reply.runId);
      this.#conversation.take(turn, event);
      view.show(event);
      this.#tell("staysail-event", event);
    }
  }

  /** @param {Turn} turn */
  async #takeBack(turn) {
    this.#conversation.takeBack(turn);
    await this.kept.takeBack(turn.before.length);
  }

  async #edit() {
    if (this.#running || !this.#last) return;
    const { turn, view } = this.#last;
    await this.#takeBack(turn);
    this.turns.remove(view);
    this.#last = undefined;
    this.composer.draft = wordsOf(turn.prompt);
    this.composer.input.focus();
  }

  /** @param {string} id */
  async #restore(id) {
    const isCurrent = () => this.kept.id === id;
    this.turns.busy = true;
    try {
      await Promise.resolve(); // properties that are set with it, such as where Python is
      await this.python.start();
      const { messages, problems } = await this.kept.load(id);
      if (!isCurrent()) return;
      this.#draw(messages);
      if (problems.length) this.turns.note("A part of this conversation is damaged and cannot be shown.");
      this.#tell("staysail-restored", { id, messages, problems });
    } catch (error) {
      if (isCurrent()) this.#tell("staysail-error", { error });
    } finally {
      if (isCurrent()) {
        this.#restoring = undefined;
        this.turns.busy = false;
      }
    }
  }

  /** What goes on in a copy of the conversation's first `at` messages. @param {number} at */
  #forkAt(at) {
    return this.kept.id === undefined
      ? undefined
      : async () => {
          if (this.#running) return;
          try {
            this.open(await this.kept.fork(at));
            this.announcer.say("This is a copy of the conversation up to here.");
            this.composer.input.focus();
          } catch (error) {
            this.#tell("staysail-error", { error });
          }
        };
  }

  /** The button's: a kept conversation stays as it is, and another begins. */
  #startNew() {
    if (this.kept.id === undefined) return this.clear();
    this.begin();
    this.composer.input.focus();
  }

  /** @param {string | undefined} id */
  #switchTo(id) {
    this.clear();
    this.kept.id = id;
    this.#restoring = undefined;
    this.turns.busy = false;
    this.#tell("staysail-conversation", { id });
  }

  /** @param {Message[]} messages */
  #draw(messages) {
    this.#conversation.history = messages;
    this.turns.draw(messages, { cite: (source) => this.#cite(source), forkAt: (at) => this.#forkAt(at) });
  }

  /** @param {Source} source */
  #cite(source) {
    if (this.#tell("staysail-citation", { source }, { cancelable: true })) this.passage.show(source);
  }

  #showUsage() {
    const usage = formatUsage(this.#conversation.usage);
    this.composer.usage.textContent = usage && `This chat: ${usage}`;
  }
}
