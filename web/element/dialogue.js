/**
 * What goes on between the user and the agent: prompts go out, answers are shown as they come, the last one is asked for again or taken back,
 * kept conversations are opened and durable runs taken up. A `Chat` holds the state; this module draws it.
 *
 * @import { Conversations } from "../agent/conversations.js"
 * @import { ChatMessage, ChatPart, ChatTool } from "../chat/types.js"
 * @import { StoredConversation } from "../types.js"
 * @import { ApprovalRequest, ChatEvent, Message, Prompt, Source, ToolViewer } from "./types.js"
 * @import { Turn } from "./conversation.js"
 *
 * @typedef {object} Host the element
 * @property {boolean} isConnected
 * @property {ShadowRoot | null} shadowRoot
 * @property {string | boolean} durable the name of its record of runs, or ""
 *
 * Dispatches an event of the element; false where somebody prevented what comes of it.
 * @typedef {(type: string, detail: object, options?: EventInit) => boolean} Tell
 */

import { Chat } from "../chat/chat.js";
import { readHistory, textOf } from "../chat/history.js";
import { noUsage } from "../chat/usage.js";
import { AgentSource } from "./agent-source.js";
import { Announcer } from "./announcer.js";
import { sourcesOf } from "./citations.js";
import { Composer } from "./composer.js";
import { formatUsage } from "./format.js";
import { PassageDialog } from "./passage-dialog.js";
import { PythonStart } from "./python-start.js";
import { Startup } from "./startup.js";
import { TurnView } from "./turn-view.js";
import { Turns } from "./turns.js";
import { wordsOf } from "./user-message.js";

export class Dialogue {
  announcer = new Announcer();
  startup = new Startup();
  passage = new PassageDialog();
  composer = new Composer({
    send: (prompt) => this.accept(prompt),
    stop: () => this.stop(),
    clear: () => this.#startNew(),
    draft: (text) => this.#tell("staysail-draft", { text }),
  });
  /** Draws calls of the page's tools, by their names. @type {Record<string, ToolViewer>} */
  toolViews = {};
  /** The page's own store of conversations, else that of the package. @type {Conversations | undefined} */
  conversations;
  python;
  source;
  turns;
  #host;
  #tell;
  #chat;
  #leave = () => {};
  /** The view of the last turn, with the id of the user's message. @type {{id: string, view: TurnView} | undefined} */
  #last;
  /** Whether the last turn's run is under way, as it is drawn. */
  #isRunning = false;
  /** Whether that run began before this page. */
  #isTakenUp = false;
  /** What is being drawn from the store; messages are sent after it. @type {Promise<void> | undefined} */
  #restoring;
  /** The view that the next run is drawn in again. @type {TurnView | undefined} */
  #again;
  /** Calls that are drawn as they are. @type {WeakSet<ChatTool>} */
  #drawn = new WeakSet();
  /** What the last answer rests on. @type {Source[] | undefined} */
  #sources;

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
    this.#chat = this.#newChat();
  }

  get running() {
    return this.#chat.isRunning;
  }

  get usage() {
    return this.#chat.getSnapshot().usage;
  }

  /** The id of the conversation that the chat is kept as. */
  get conversation() {
    return this.#chat.conversation;
  }

  get history() {
    return this.#chat.history;
  }

  set history(messages) {
    this.clear();
    this.#chat.history = messages;
    this.#draw(messages);
  }

  /** Draws what a kept conversation holds; undefined: nothing is kept. @param {string | undefined} id */
  open(id) {
    if (id === this.conversation) return;
    this.#switchTo(id);
    this.#restoring = id ? this.#restore(this.#chat) : undefined;
    if (id) this.takeUpOnceSet();
  }

  /** Begins another conversation, which is kept from its first answer on. */
  begin() {
    const id = crypto.randomUUID();
    this.#switchTo(id);
    return id;
  }

  /** Ends when the answer is there, was stopped or failed; false if one is under way already. @param {Prompt} prompt */
  async send(prompt) {
    if (this.running) return false;
    if (this.#restoring) await this.#restoring;
    if (this.running) return false;
    const sent = this.#chat.send(prompt);
    this.#tell("staysail-send", { prompt });
    await sent;
    return true;
  }

  /** Asks the last question again. */
  async retry() {
    if (this.running || !this.#last) return false;
    const { view } = this.#last;
    this.#isTakenUp = this.#chat.getSnapshot().status === "error" && Boolean(this.#host.durable);
    this.composer.input.focus({ preventScroll: true });
    this.#again = view;
    await this.#chat.retry();
    return true;
  }

  stop() {
    this.#chat.stop();
  }

  /** A new chat. */
  clear() {
    this.#isRunning = false; // what is left is not drawn to its end
    this.#chat.clear();
    this.#forget();
    this.#tell("staysail-clear", {});
    if (this.#host.shadowRoot?.activeElement) this.composer.input.focus();
  }

  /** Sends it, unless an answer is under way. @param {Prompt} prompt */
  accept(prompt) {
    if (this.running || this.#restoring) return false;
    void this.send(prompt);
    return true;
  }

  /** Goes on with the last durable run, where there is one. */
  takeUpOnceSet() {
    if (this.#host.durable && this.#host.isConnected) onceSet(() => void this.#takeUp());
  }

  /** Goes on with the last durable run, from an earlier life of the page or in another tab; one that has ended is shown. */
  async #takeUp() {
    const chat = this.#chat;
    const mayBegin = () => chat === this.#chat && !this.running && !this.#last && this.#host.isConnected;
    if (!mayBegin() || !(this.source.get("model") || this.source.given)) return;
    try {
      if (!this.source.given) await this.python.start();
      await this.#restoring;
      if (mayBegin()) await chat.resume(() => mayBegin() && (this.#isTakenUp = true));
    } catch (error) {
      this.#tell("staysail-error", { error });
    }
  }

  /** @param {string} [conversation] */
  #newChat(conversation) {
    const dialogue = this;
    const chat = new Chat((signal) => this.#findAgent(signal), {
      conversation,
      restore: "manual",
      get conversations() {
        return dialogue.conversations;
      },
      get durable() {
        return Boolean(dialogue.#host.durable);
      },
      onRestore: (stored) => this.#drawRestored(stored),
      onEvent: (event) => this.#show(event),
      onApproval: (request) => void this.#ask(request),
      onError: (error) => this.#isRunning || this.#tell("staysail-error", { error }),
    });
    this.#leave();
    this.#leave = chat.subscribe(() => chat === this.#chat && this.#look());
    return chat;
  }

  /** @param {AbortSignal} [signal] */
  #findAgent(signal) {
    if (!signal) return this.source.agent();
    return this.source.prepare((what) => this.#last?.view.wait(what), signal);
  }

  /** Draws the beginning and the end of a run. */
  #look() {
    const { messages } = this.#chat.getSnapshot();
    const [prompt, answer] = messages.slice(-2);
    if (this.running && !this.#isRunning) this.#beginTurn(prompt);
    if (this.#isRunning && this.#last && answer) this.#drawTools(this.#last.view, answer.parts);
    if (!this.running && this.#isRunning) this.#endTurn(prompt, answer);
  }

  /** @param {ChatMessage} message the user's */
  #beginTurn({ id, prompt }) {
    const view = this.#again ?? this.#newView(prompt ?? []);
    this.#again = undefined;
    this.#last = { id, view };
    this.#isRunning = true;
    this.composer.setRunning(true);
    view.begin(this.source.waitingFor);
  }

  /** @param {Prompt | Message["content"]} prompt */
  #newView(prompt) {
    const view = new TurnView(/** @type {Prompt} */ (prompt), {
      retry: () => void this.retry(),
      edit: () => void this.#edit(),
      announce: (text) => this.announcer.say(text),
      cite: (source) => this.#cite(source),
      focus: () => this.composer.input.focus({ preventScroll: true }),
    });
    this.turns.add(view);
    return view;
  }

  /**
   * @param {ChatMessage} prompt
   * @param {ChatMessage} answer
   */
  #endTurn(prompt, answer) {
    const { view } = /** @type {{view: TurnView}} */ (this.#last);
    const { history } = this.#chat;
    const sources = answer.parts.flatMap((part) => (part.type === "source" ? [part.source] : []));
    /** @type {Turn} */
    const turn = {
      prompt: /** @type {Prompt} */ (prompt.prompt),
      text: textOf(answer),
      usage: answer.usage ?? noUsage(),
      sources: this.#sources ?? sources,
      messages: answer.status === "done" ? history : undefined,
    };
    this.#isRunning = this.#isTakenUp = false;
    this.composer.setRunning(false);
    if (answer.status === "done") {
      view.fork = this.#forkAt(history.length);
      view.finish(turn);
      this.#tell("staysail-done", { text: turn.text, messages: history, usage: turn.usage, sources: turn.sources });
    } else if (answer.status === "stopped") view.stop(turn);
    else {
      view.fail(turn, answer.error);
      this.#tell("staysail-error", { error: answer.error });
    }
    this.#showUsage();
  }

  /** @param {ChatEvent} event */
  #show(event) {
    const { view } = /** @type {{view: TurnView}} */ (this.#last);
    if (event.type === "run_started" && this.#isTakenUp) this.#showBeginning(view, event.messages);
    if (event.type === "run_done") this.#sources = sourcesOf(event.reply);
    view.show(event);
    this.#tell("staysail-event", event);
  }

  /**
   * What came before a run that is taken up, and its prompt as it was.
   * @param {TurnView} view
   * @param {Message[]} messages
   */
  #showBeginning(view, messages) {
    this.turns.clear();
    this.#draw(messages.slice(0, -1));
    view.correct(messages.at(-1)?.content ?? "");
    this.turns.add(view);
  }

  /** @param {ApprovalRequest} request */
  async #ask(request) {
    const chat = this.#chat;
    const answer = await this.#last?.view.ask(request);
    if (answer !== undefined) chat.answer(request.id, answer);
  }

  async #edit() {
    if (this.running || !this.#last) return;
    const { id, view } = this.#last;
    const prompt = await this.#chat.takeBack(id);
    if (prompt === undefined) return;
    this.turns.remove(view);
    this.#last = undefined;
    this.composer.draft = wordsOf(/** @type {Prompt} */ (prompt));
    this.composer.input.focus();
  }

  /** @param {Chat} chat */
  async #restore(chat) {
    const isCurrent = () => chat === this.#chat;
    this.turns.busy = true;
    try {
      await Promise.resolve(); // properties that are set with it, such as where Python is
      await this.python.start();
      if (isCurrent()) await chat.restore();
    } catch (error) {
      if (isCurrent()) this.#tell("staysail-error", { error });
    } finally {
      if (isCurrent()) {
        this.#restoring = undefined;
        this.turns.busy = false;
      }
    }
  }

  /** @param {StoredConversation} stored */
  #drawRestored({ id, messages, problems }) {
    if (id !== this.conversation) return;
    this.#draw(messages);
    if (problems.length) this.turns.note("A part of this conversation is damaged and cannot be shown.");
    this.#tell("staysail-restored", { id, messages, problems });
  }

  /** What goes on in a copy of the conversation's first `at` messages. @param {number} at */
  #forkAt(at) {
    return this.conversation === undefined
      ? undefined
      : async () => {
          if (this.running) return;
          try {
            this.open((await this.#chat.fork(at)).conversation);
            this.announcer.say("This is a copy of the conversation up to here.");
            this.composer.input.focus();
          } catch (error) {
            this.#tell("staysail-error", { error });
          }
        };
  }

  /** The button's: a kept conversation stays as it is, and another begins. */
  #startNew() {
    if (this.conversation === undefined) return this.clear();
    this.begin();
    this.composer.input.focus();
  }

  /** @param {string | undefined} id */
  #switchTo(id) {
    this.clear();
    this.#chat = this.#newChat(id);
    this.#restoring = undefined;
    this.turns.busy = false;
    this.#tell("staysail-conversation", { id });
  }

  /** Drops the turns that are drawn. */
  #forget() {
    this.#last = this.#again = this.#sources = undefined;
    this.#isRunning = this.#isTakenUp = false;
    this.composer.setRunning(false);
    this.turns.clear();
    this.#showUsage();
  }

  /** @param {Message[]} messages */
  #draw(messages) {
    this.turns.draw(messages, {
      cite: (source) => this.#cite(source),
      forkAt: (at) => this.#forkAt(at),
      drawTools: (view, answer) => this.#drawTools(view, readHistory(answer).at(-1)?.parts ?? []),
    });
  }

  /**
   * Draws the calls of tools that have a view of the page's, where they changed.
   * @param {TurnView} view
   * @param {ChatPart[]} parts
   */
  #drawTools(view, parts) {
    for (const part of parts) {
      if (part.type !== "tool" || !Object.hasOwn(this.toolViews, part.name) || this.#drawn.has(part)) continue;
      this.#drawn.add(part);
      view.drawTool(part, this.toolViews[part.name]);
    }
  }

  /** @param {Source} source */
  #cite(source) {
    if (this.#tell("staysail-citation", { source }, { cancelable: true })) this.passage.show(source);
  }

  #showUsage() {
    const usage = formatUsage(this.usage);
    this.composer.usage.textContent = usage && `This chat: ${usage}`;
  }
}

/** Once whoever made the element has set what it needs. @param {() => void} work */
function onceSet(work) {
  if (document.readyState === "complete") setTimeout(work);
  else window.addEventListener("load", () => setTimeout(work), { once: true });
}
