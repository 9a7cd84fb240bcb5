/**
 * `<staysail-chat>`: a chat with an agent, as one tag. README.md beside this file lists its attributes, properties,
 * slots, parts, events and CSS variables, and the content security policy it works under.
 *
 * @import { AgentOptions } from "../types.js"
 * @import { ApprovalRequest, ChatAgent, Message, Prompt, Source, Theme } from "./types.js"
 * @import { Turn } from "./conversation.js"
 * @import { Begin } from "./last-run.js"
 */

import { abortable, unlessAborted } from "./abortable.js";
import { AgentSource } from "./agent-source.js";
import { Announcer } from "./announcer.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { h } from "./dom.js";
import { formatUsage } from "./format.js";
import { KeptConversation, newConversationId } from "./kept-conversation.js";
import { findFailedRun, findLastRun, forgetRuns, onceSet } from "./last-run.js";
import { isLocal, loadLocalModel } from "./local-start.js";
import { PassageDialog } from "./passage-dialog.js";
import { PythonStart } from "./python-start.js";
import { Startup } from "./startup.js";
import { styles } from "./styles.js";
import { TurnView } from "./turn-view.js";
import { Turns } from "./turns.js";
import { wordsOf } from "./user-message.js";

/** Attributes that are settings of the agent, and their properties. */
const SETTINGS = /** @type {const} */ ({ "model": "model", "api-key": "apiKey", "base-url": "baseURL", "preamble": "preamble" });
const PROPERTIES = ["model", "apiKey", "baseURL", "preamble", "tools", "options", "agent", "history", "runtimeURL", "theme", "durable", "conversations", "conversation"];

/** On a server, where pages are rendered, there is none: then the module does nothing. @type {typeof HTMLElement} */
const Element = globalThis.HTMLElement ?? Object;

export class StaysailChat extends Element {
  static observedAttributes = [...Object.keys(SETTINGS), "placeholder", "runtime-url", "durable", "conversation"];

  #source = new AgentSource();
  #conversation = new Conversation();
  #kept = new KeptConversation();
  #announcer = new Announcer();
  #startup = new Startup();
  #python = new PythonStart(this.#startup, (type, detail) => this.#tell(type, detail));
  #composer = new Composer({
    send: (prompt) => this.#accept(prompt),
    stop: () => this.stop(),
    clear: () => this.#startNew(),
  });
  #turns = new Turns((event) => this.#onSuggestion(event));
  #passage = new PassageDialog();
  /** @type {{turn: Turn, view: TurnView, failed?: boolean} | undefined} */
  #last;
  /** @type {AbortController | undefined} */
  #running;
  /** What is being drawn from the store; messages are sent after it. @type {Promise<void> | undefined} */
  #restoring;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = styles();
    root.append(
      h("slot", { name: "header" }),
      h("h2", { class: "visually-hidden" }, "Chat"),
      this.#turns.node,
      h("div", { class: "below" }, h("div", { class: "foot" }, this.#startup.node, this.#composer.node, h("slot", { name: "footer" }))),
      this.#announcer.node,
      this.#passage.node,
    );
    root.addEventListener("keydown", (event) => this.#onKey(/** @type {KeyboardEvent} */ (event)));
    root.addEventListener("dragover", (event) => event.preventDefault());
    root.addEventListener("drop", (event) => this.#onDrop(/** @type {DragEvent} */ (event)));
    this.addEventListener("focusin", () => this.#warm(), { once: true });
  }

  connectedCallback() {
    for (const name of PROPERTIES) this.#upgrade(name);
    if (!this.hasAttribute("placeholder")) this.#composer.input.placeholder = "Write a message";
    if (this.getAttribute("start") === "load") this.#warm();
    if (this.durable) onceSet(() => void this.#takeUp());
  }

  disconnectedCallback() {
    // Moving the element disconnects it for a moment.
    queueMicrotask(() => this.isConnected || this.stop());
  }

  /** @param {string} name @param {string | null} _ @param {string | null} value */
  attributeChangedCallback(name, _, value) {
    if (name === "placeholder") this.#composer.input.placeholder = value ?? "";
    else if (name === "durable") this.#source.set("durable", value === null ? undefined : value || "chat");
    else if (name === "runtime-url") this.#python.runtimeURL = value ?? undefined;
    else if (name === "conversation") this.conversation = value ?? undefined;
    else this.#source.set(SETTINGS[/** @type {keyof typeof SETTINGS} */ (name)], value ?? "");
  }

  /** "provider:model", or "local". */
  get model() { return this.#source.get("model"); }
  set model(value) {
    this.#source.set("model", value ?? "");
    if (this.durable && this.isConnected) onceSet(() => void this.#takeUp());
  }

  /** Text or a function that gives it. Kept in memory only: it cannot be read back, and no attribute reflects it. */
  set apiKey(/** @type {AgentOptions["apiKey"]} */ value) { this.#source.set("apiKey", value); }

  get baseURL() { return this.#source.get("baseURL"); }
  set baseURL(value) { this.#source.set("baseURL", value); }

  get preamble() { return this.#source.get("preamble"); }
  set preamble(value) { this.#source.set("preamble", value); }

  /** Tools in any shape that `new Agent` takes, or a function that gives them. */
  get tools() { return this.#source.tools; }
  set tools(value) { this.#source.tools = value; }

  /** Whatever else `new Agent` takes: temperature, maxTokens, maxTurns, headers, retry, … */
  set options(/** @type {Partial<AgentOptions>} */ value) {
    for (const [name, option] of Object.entries(value)) this.#source.set(/** @type {keyof AgentOptions} */ (name), option);
  }

  /** An agent of your own in place of the settings. @returns {ChatAgent | undefined} */
  get agent() { return this.#source.given; }
  set agent(value) {
    this.#source.given = value;
    if (this.durable && this.isConnected) onceSet(() => void this.#takeUp());
  }

  /** Whether the last run outlives the page: its name, or "". */
  get durable() { return this.hasAttribute("durable") ? this.getAttribute("durable") || "chat" : ""; }
  set durable(/** @type {string | boolean} */ value) {
    if (value === false || value === "") this.removeAttribute("durable");
    else this.setAttribute("durable", value === true ? "" : value);
  }

  get runtimeURL() { return this.#python.runtimeURL; }
  set runtimeURL(value) { this.#python.runtimeURL = value; }

  /** @returns {Theme | null} null follows the page's own color-scheme */
  get theme() { return /** @type {Theme | null} */ (this.getAttribute("theme")); }
  set theme(value) {
    if (value) this.setAttribute("theme", value);
    else this.removeAttribute("theme");
  }

  /** The conversation as messages; setting it draws them. @returns {Message[]} */
  get history() { return this.#conversation.history; }
  set history(messages) {
    this.clear();
    this.#draw(messages);
  }

  /** @param {Message[]} messages */
  #draw(messages) {
    this.#conversation.history = messages;
    this.#turns.draw(messages, { cite: (source) => this.#cite(source), forkAt: (at) => this.#forkAt(at) });
  }

  /** @param {string} id */
  async #restore(id) {
    const isCurrent = () => this.#kept.id === id;
    this.#turns.busy = true;
    try {
      await Promise.resolve(); // properties that are set with it, such as where Python is
      await this.#python.start();
      const { messages, problems } = await this.#kept.load(id);
      if (!isCurrent()) return;
      this.#draw(messages);
      if (problems.length) this.#turns.note("A part of this conversation is damaged and cannot be shown.");
      this.#tell("staysail-restored", { id, messages, problems });
    } catch (error) {
      if (isCurrent()) this.#tell("staysail-error", { error });
    } finally {
      if (isCurrent()) {
        this.#restoring = undefined;
        this.#turns.busy = false;
      }
    }
  }

  /** What goes on in a copy of the conversation's first `at` messages. @param {number} at */
  #forkAt(at) {
    return this.#kept.id === undefined ? undefined : async () => {
      if (this.#running) return;
      try {
        this.conversation = await this.#kept.fork(at);
        this.#announcer.say("This is a copy of the conversation up to here.");
        this.#composer.input.focus();
      } catch (error) {
        this.#tell("staysail-error", { error });
      }
    };
  }

  /** The button's: a kept conversation stays as it is, and another begins. */
  #startNew() {
    if (this.#kept.id === undefined) return this.clear();
    this.newConversation();
    this.#composer.input.focus();
  }

  /**
   * The id of the conversation that this chat is kept as, and restored from: setting it draws what it holds. Undefined: nothing is kept.
   * @returns {string | undefined}
   */
  get conversation() { return this.#kept.id; }
  set conversation(id) {
    if ((id || undefined) === this.#kept.id) return;
    this.#switchTo(id || undefined);
    this.#restoring = id ? this.#restore(id) : undefined;
    if (id && this.durable && this.isConnected) onceSet(() => void this.#takeUp());
  }

  /** Begins another conversation, which is kept from its first answer on. */
  newConversation() {
    const id = newConversationId();
    this.#switchTo(id);
    return id;
  }

  /** @param {string | undefined} id */
  #switchTo(id) {
    this.clear();
    this.#kept.id = id;
    this.#restoring = undefined;
    this.#turns.busy = false;
    this.#tell("staysail-conversation", { id });
  }

  /** Where conversations are kept, a `Conversations`; by default the package's own store. */
  get conversations() { return this.#kept.given; }
  set conversations(value) { this.#kept.given = value ?? undefined; }

  get usage() { return this.#conversation.usage; }
  /** Whether Python is up; `staysail-ready` tells when. */
  get ready() { return this.#python.ready; }
  get running() { return this.#running !== undefined; }

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

  /** @param {Prompt} prompt */
  #beginTurn(prompt) {
    const turn = this.#conversation.begin(prompt);
    const view = new TurnView(prompt, {
      retry: () => void this.retry(),
      edit: () => void this.#edit(),
      announce: (text) => this.#announcer.say(text),
      cite: (source) => this.#cite(source),
      focus: () => this.#composer.input.focus({ preventScroll: true }),
    });
    this.#last = { turn, view };
    this.#turns.add(view);
    return { turn, view };
  }

  /** Goes on with the last durable run, from an earlier life of the page or in another tab; one that has ended is shown. */
  async #takeUp() {
    if (this.#running || this.#last || !this.isConnected || !(this.model || this.agent)) return;
    try {
      if (!this.#source.given) await this.#python.start();
      const agent = await this.#source.agent();
      const found = await findLastRun(agent, this.#kept.id);
      await this.#restoring;
      if (!found || this.#running || this.#last || !this.isConnected) return;
      const { turn, view } = this.#beginTurn(found.prompt);
      await this.#run(turn, view, found.begin);
    } catch (error) {
      this.#tell("staysail-error", { error });
    }
  }

  /** What came before a run that is taken up, and its prompt as it was. @param {Turn} turn @param {TurnView} view @param {Message[]} messages */
  #showBeginning(turn, view, messages) {
    const prompt = messages.at(-1)?.content ?? "";
    this.#turns.clear();
    this.#draw(messages.slice(0, -1));
    Object.assign(turn, { prompt, before: messages.slice(0, -1) });
    view.correct(prompt);
    this.#turns.add(view);
  }

  /** Asks the last question again. */
  async retry() {
    if (this.#running || !this.#last) return false;
    const { turn, view, failed } = this.#last;
    const goOn = failed && this.durable ? await findFailedRun(await this.#source.agent(), this.#kept.id) : undefined;
    if (goOn) {
      await this.#run(turn, view, goOn);
      return true;
    }
    await this.#takeBack(turn);
    const again = this.#conversation.begin(turn.prompt);
    this.#last = { turn: again, view };
    this.#composer.input.focus({ preventScroll: true });
    await this.#run(again, view);
    return true;
  }

  /** @param {FocusOptions} [options] @override */
  focus(options) {
    this.#composer.input.focus(options);
  }

  stop() {
    this.#running?.abort();
  }

  /** A new chat. */
  clear() {
    this.stop();
    this.#running = this.#last = undefined;
    this.#composer.setRunning(false);
    this.#conversation.clear();
    this.#turns.clear();
    this.#showUsage();
    const { id } = this.#kept;
    if (this.durable) void this.#source.agent().then((agent) => forgetRuns(agent, id)).catch(() => {});
    this.#tell("staysail-clear", {});
    if (this.shadowRoot?.activeElement) this.#composer.input.focus();
  }

  /** @param {Turn} turn @param {TurnView} view @param {Begin} [begin] */
  async #run(turn, view, begin) {
    const control = new AbortController();
    this.#running = control;
    if (this.#last) this.#last.failed = false;
    this.#composer.setRunning(true);
    view.begin(this.#waitingFor());
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
        this.#composer.setRunning(false);
      }
      this.#showUsage();
    }
  }

  /** @param {Turn} turn @param {TurnView} view @param {AbortSignal} signal @param {Begin} [begin] */
  async #stream(turn, view, signal, begin) {
    const agent = await this.#prepare(view, signal);
    const approve = (/** @type {ApprovalRequest} */ request) => view.ask(request);
    // A kept conversation is its own history.
    const before = this.#kept.id === undefined ? { history: turn.before } : this.#kept.options();
    const events = begin ? begin(agent, { signal, approve, ...(this.#kept.id !== undefined && this.#kept.options()) }) : agent.stream(turn.prompt, { signal, approve, ...before });
    for await (const event of abortable(events, signal)) {
      if (begin && event.type === "run_started") this.#showBeginning(turn, view, event.messages);
      if (event.type === "run_done" && event.reply.runId) await forgetRuns(agent, this.#kept.id, event.reply.runId);
      this.#conversation.take(turn, event);
      view.show(event);
      this.#tell("staysail-event", event);
    }
  }

  /** Everything an agent needs before it can answer. @param {TurnView} view @param {AbortSignal} signal */
  async #prepare(view, signal) {
    if (!this.#source.given) {
      await unlessAborted(this.#python.start(), signal);
      view.wait("Thinking");
    }
    const agent = await unlessAborted(this.#source.agent(), signal);
    const { model } = this;
    if (!this.#source.given && model && isLocal(model)) {
      view.wait("The model in this page is being made ready");
      await loadLocalModel(model, this.#startup, { embedder: this.#source.hasTools, signal });
      view.wait("Thinking");
    }
    return agent;
  }

  #waitingFor() {
    if (this.#source.given || this.#python.ready) return "Thinking";
    return "Python is still starting. Your message goes out as soon as it is up.";
  }

  #warm() {
    if (!this.#source.given) this.#python.start().catch(() => {}); // it shows its own failure
  }

  /** @param {Prompt} prompt */
  #accept(prompt) {
    if (this.#running || this.#restoring) return false;
    void this.send(prompt);
    return true;
  }

  /** @param {Source} source */
  #cite(source) {
    if (this.#tell("staysail-citation", { source }, { cancelable: true })) this.#passage.show(source);
  }

  /** @param {Turn} turn */
  async #takeBack(turn) {
    this.#conversation.takeBack(turn);
    await this.#kept.takeBack(turn.before.length);
  }

  async #edit() {
    if (this.#running || !this.#last) return;
    const { turn, view } = this.#last;
    await this.#takeBack(turn);
    this.#turns.remove(view);
    this.#last = undefined;
    this.#composer.input.value = wordsOf(turn.prompt);
    this.#composer.input.focus();
  }

  #showUsage() {
    const usage = formatUsage(this.#conversation.usage);
    this.#composer.usage.textContent = usage && `This chat: ${usage}`;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key === "Escape" && this.#running && !event.isComposing) {
      event.preventDefault();
      this.stop();
    }
  }

  /** @param {DragEvent} event */
  #onDrop(event) {
    event.preventDefault();
    if (event.dataTransfer?.files.length) void this.#composer.attach([...event.dataTransfer.files]);
  }

  /** @param {Event} event a click on a slotted suggestion, or on anything in the empty chat with data-prompt */
  #onSuggestion(event) {
    const chosen = /** @type {Element} */ (event.target).closest("[slot=suggestion], [data-prompt]");
    if (chosen instanceof HTMLElement) this.#accept(chosen.dataset["prompt"] ?? chosen.textContent?.trim() ?? "");
  }

  /** @param {string} type @param {object} detail @param {EventInit} [options] @returns {boolean} whether nobody prevented what comes of it */
  #tell(type, detail, options) {
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, ...options }));
  }

  /** A property set before the element was defined hides the accessor: set it again. @param {string} name */
  #upgrade(name) {
    if (!Object.hasOwn(this, name)) return;
    const self = /** @type {any} */ (this);
    const value = self[name];
    delete self[name];
    self[name] = value;
  }
}

if (globalThis.customElements && !customElements.get("staysail-chat")) customElements.define("staysail-chat", StaysailChat);
