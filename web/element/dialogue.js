/**
 * The content of the element: the chat that is shown, the composer, the progress of Python's start. Kept conversations are opened, others begun.
 *
 * @import { Conversations } from "../agent/conversations.js"
 * @import { Message, Prompt, Source, ToolViewer } from "./types.js"
 * @import { Owner } from "./owner.js"
 * @import { ModelFacts } from "./spending.js"
 *
 * @typedef {object} Host the element
 * @property {boolean} isConnected
 * @property {ShadowRoot | null} shadowRoot
 * @property {string | boolean} durable the name of its record of runs, or ""
 *
 * Dispatches an event of the element. Returns false where a listener prevented the default.
 * @typedef {(type: string, detail: object, options?: EventInit) => boolean} Tell
 */

import { AgentSource } from "./agent-source.js";
import { Announcer } from "./announcer.js";
import { Composer } from "./composer.js";
import { formatUsage } from "./format.js";
import { PassageDialog } from "./passage-dialog.js";
import { PythonStart } from "./python-start.js";
import { Background } from "./background.js";
import { Session } from "./session.js";
import { findFacts } from "./spending.js";
import { Startup } from "./startup.js";
import { Turns } from "./turns.js";

/** @implements {Owner} */
export class Dialogue {
  announcer = new Announcer();
  startup = new Startup();
  passage = new PassageDialog();
  composer = new Composer({
    send: (prompt) => this.accept(prompt),
    stop: () => this.stop(),
    clear: () => this.#startNew(),
    draft: (text) => this.#tell("staysail-draft", { text }),
    read: async (file) => {
      await this.python.start();
      const { loadDocuments } = await import("../stores/ingest.js");
      return loadDocuments(file);
    },
  });
  /** @type {Record<string, ToolViewer>} */
  toolViews = {};
  /** @type {Conversations | undefined} */
  conversations;
  /** Facts about the model that the page knows, and the catalog does not. @type {ModelFacts} */
  facts = {};
  python;
  source;
  turns;
  #host;
  #tell;
  /** The chat that is looked at. @type {Session} */
  #session;
  #background = new Background((id, state) => this.#tell("staysail-activity", { id, state }));

  /**
   * @param {Host} host
   * @param {Tell} tell
   * @param {(event: Event) => void} choose called with a click on the content that is shown while there is no turn
   */
  constructor(host, tell, choose) {
    this.#host = host;
    this.#tell = tell;
    this.python = new PythonStart(this.startup, tell);
    this.source = new AgentSource(this.python, this.startup);
    this.turns = new Turns(choose);
    this.#session = new Session(this);
    this.turns.show(this.#session.turns);
  }

  /** The chat that is looked at. */
  get session() {
    return this.#session;
  }

  get isDurable() {
    return Boolean(this.#host.durable);
  }

  get isConnected() {
    return this.#host.isConnected;
  }

  get running() {
    return this.#session.isRunning;
  }

  get usage() {
    return this.#session.chat.getSnapshot().usage;
  }

  /** The id of the conversation that the chat is kept as. */
  get conversation() {
    return this.#session.chat.conversation;
  }

  get history() {
    return this.#session.chat.history;
  }

  set history(messages) {
    this.clear();
    this.#session.history = messages;
  }

  /** The chats with a run under way, and those with an answer that was not shown yet. */
  get activity() {
    return this.#background.list(this.#session);
  }

  /** Draws a kept conversation; undefined: a chat that is not kept. @param {string | undefined} id */
  open(id) {
    if (id === this.conversation) return;
    const isNew = this.#switchTo(id);
    if (!id || !isNew) return;
    this.turns.busy = true;
    this.#session.restore(() => this.python.start());
    this.resumeOnceSet();
  }

  /** Begins another conversation, which is kept from its first answer on. */
  begin() {
    const id = crypto.randomUUID();
    this.#switchTo(id, true);
    return id;
  }

  /** Sends a prompt. Returns once the run has ended; false where a run is under way already. @param {Prompt} prompt */
  send(prompt) {
    return this.#session.send(prompt);
  }

  /** Repeats the last prompt. */
  retry() {
    return this.#session.retry();
  }

  stop() {
    this.#session.chat.stop();
  }

  /** Stops the runs of all chats. */
  stopAll() {
    this.stop();
    this.#background.stop();
  }

  /** Ends the run of a conversation that is about to be deleted. @param {string} id */
  async end(id) {
    await (id === this.conversation ? this.#session.end() : this.#background.end(id));
  }

  /** A new chat. */
  clear() {
    this.#session.clear();
    this.#tell("staysail-clear", {});
    if (this.#host.shadowRoot?.activeElement) this.composer.input.focus();
  }

  /** Sends it, unless an answer is under way. @param {Prompt} prompt */
  accept(prompt) {
    if (this.running || this.#session.restoring) return false;
    void this.send(prompt);
    return true;
  }

  /** Resumes the last durable run, once the properties of the element are set. */
  resumeOnceSet() {
    const session = this.#session;
    const resume = () =>
      session.resume(
        () => session === this.#session,
        () => this.python.start(),
      );
    if (this.isDurable && this.isConnected) onceSet(() => void resume());
  }

  /** @param {string} model */
  async findFacts(model) {
    const given = Object.fromEntries(Object.entries(this.facts).filter(([, value]) => value != null));
    return { ...(model ? await findFacts(model) : {}), ...given };
  }

  focus() {
    this.composer.input.focus({ preventScroll: true });
  }

  /** @param {Source} source */
  cite(source) {
    if (this.#tell("staysail-citation", { source }, { cancelable: true })) this.passage.show(source);
  }

  /**
   * @param {Session} session
   * @param {string} type
   * @param {object} detail
   */
  tell(session, type, detail) {
    if (session === this.#session) this.#tell(type, detail);
  }

  /**
   * @param {Session} session
   * @param {string} text
   */
  announce(session, text) {
    if (session === this.#session) this.announcer.say(text);
  }

  /** @param {Session} session */
  changed(session) {
    const isShown = session === this.#session;
    if (isShown) this.#showState();
    const state = this.#background.note(session, isShown);
    if (!isShown && state === "news") this.announcer.say(`“${session.title}” has an answer`);
    if (!isShown && state === "waiting") this.announcer.say(`“${session.title}” asks for your approval`);
  }

  /**
   * @param {Session} session
   * @param {boolean} isNew
   */
  drawn(session, isNew) {
    if (session !== this.#session) return;
    this.turns.changed(isNew);
    this.turns.busy = session.restoring !== undefined;
  }

  /** Clears the chat, for the button: a kept conversation stays as it is, and another begins. */
  #startNew() {
    if (this.conversation === undefined) return this.clear();
    this.begin();
    this.composer.input.focus();
  }

  /**
   * Shows another chat. The one before goes on, where it is kept.
   * @param {string | undefined} id
   * @param {boolean} [isNew] whether nothing is kept of it yet
   * @returns {boolean} whether it has to be loaded
   */
  #switchTo(id, isNew = false) {
    const left = this.#session;
    left.waiting = this.composer.waiting;
    if (!this.#background.add(left)) this.clear();
    const known = this.#background.take(id);
    this.#session = known ?? new Session(this, id, isNew);
    this.composer.waiting = this.#session.waiting;
    this.turns.show(this.#session.turns);
    this.turns.busy = false;
    this.#showState();
    this.#tell("staysail-conversation", { id });
    return !known;
  }

  #showState() {
    this.composer.setRunning(this.running);
    this.turns.running = this.running;
    const { usd, context } = this.#session.spending;
    const usage = formatUsage(this.usage, usd || undefined);
    this.composer.usage.textContent = usage && `This chat: ${usage}`;
    this.composer.context.show(context.tokens, context.size);
  }
}

/** Resumes a durable run once the element's properties are set. @param {() => void} work */
function onceSet(work) {
  if (document.readyState === "complete") setTimeout(work);
  else window.addEventListener("load", () => setTimeout(work), { once: true });
}
