/**
 * `<staysail-chat>`: a chat with an agent, as one tag. README.md beside this file lists its attributes, properties,
 * slots, parts, events and CSS variables, and the content security policy it works under.
 *
 * @import { AgentOptions } from "../types.js"
 * @import { ChatAgent, Message, Prompt, Theme } from "./types.js"
 * @import { ModelFacts } from "./spending.js"
 */

import { Dialogue } from "./dialogue.js";
import { h } from "./dom.js";
import { isLocal } from "./local-start.js";
import { styles } from "./styles.js";

/** Attributes that are settings of the agent, and their properties. */
const SETTINGS = /** @type {const} */ ({
  model: "model",
  "api-key": "apiKey",
  "base-url": "baseURL",
  preamble: "preamble",
  reasoning: "reasoning",
});
const PROPERTIES = [
  "model",
  "apiKey",
  "baseURL",
  "preamble",
  "reasoning",
  "tools",
  "toolViews",
  "options",
  "agent",
  "history",
  "runtimeURL",
  "theme",
  "durable",
  "conversations",
  "conversation",
  "draft",
  "modelFacts",
  "models",
];

/** On a server, where pages are rendered, there is none: then the module does nothing. @type {typeof HTMLElement} */
const Element = globalThis.HTMLElement ?? Object;

export class StaysailChat extends Element {
  static observedAttributes = [...Object.keys(SETTINGS), "placeholder", "runtime-url", "durable", "conversation", "models"];

  #dialogue = new Dialogue(
    this,
    (type, detail, options) => this.#tell(type, detail, options),
    (event) => this.#onSuggestion(event),
  );
  #source = this.#dialogue.source;
  #composer = this.#dialogue.composer;
  /** @type {Promise<import("./models-dialog.js").ModelsDialog> | undefined} */
  #models;

  constructor() {
    super();
    const { turns, startup, announcer, passage } = this.#dialogue;
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = styles();
    root.append(
      h("slot", { name: "header" }),
      h("h2", { class: "visually-hidden" }, "Chat"),
      turns.node,
      h("div", { class: "startup-place" }, startup.node),
      h("div", { class: "below" }, h("div", { class: "foot" }, this.#composer.node, h("slot", { name: "footer" }))),
      announcer.node,
      passage.node,
    );
    this.#composer.models.addEventListener("click", () => void this.#showModels(root));
    root.addEventListener("keydown", (event) => this.#onKey(/** @type {KeyboardEvent} */ (event)));
    this.addEventListener("staysail-clear", () => this.#composer.takeBackQueue());
    root.addEventListener("staysail-continue", () => void this.send("Go on where you stopped."));
    root.addEventListener("staysail-run-code", (event) => {
      Object.assign(/** @type {CustomEvent} */ (event).detail, { runtimeURL: this.runtimeURL, scope: this.#dialogue.session });
    });
    root.addEventListener("dragover", (event) => this.#onDrag(/** @type {DragEvent} */ (event)));
    root.addEventListener("drop", (event) => this.#onDrop(/** @type {DragEvent} */ (event)));
    this.addEventListener("focusin", () => this.#source.warm(), { once: true });
  }

  connectedCallback() {
    for (const name of PROPERTIES) this.#upgrade(name);
    if (!this.hasAttribute("placeholder")) this.#composer.input.placeholder = "Write a message";
    if (this.getAttribute("start") === "load") this.#source.warm();
    this.#dialogue.resumeOnceSet();
  }

  disconnectedCallback() {
    // Moving the element disconnects it for a moment.
    queueMicrotask(() => this.isConnected || this.#dialogue.stopAll());
  }

  /**
   * @param {string} name
   * @param {string | null} _
   * @param {string | null} value
   */
  attributeChangedCallback(name, _, value) {
    if (name === "placeholder") this.#composer.input.placeholder = value ?? "";
    else if (name === "durable") this.#source.set("durable", value === null ? undefined : value || "chat");
    else if (name === "runtime-url") this.#dialogue.python.runtimeURL = value ?? undefined;
    else if (name === "conversation") this.conversation = value ?? undefined;
    else if (name === "models") this.#composer.models.hidden = value === null;
    else if (name === "reasoning") this.reasoning = /** @type {AgentOptions["reasoning"]} */ (value ?? undefined);
    else this.#source.set(SETTINGS[/** @type {keyof typeof SETTINGS} */ (name)], value ?? "");
  }

  /** "provider:model", or "local". */
  get model() {
    return this.#source.get("model");
  }
  set model(value) {
    this.#source.set("model", value ?? "");
    this.#dialogue.resumeOnceSet();
  }

  /** Text or a function that gives it. Kept in memory only: it cannot be read back, and no attribute reflects it. */
  set apiKey(/** @type {AgentOptions["apiKey"]} */ value) {
    this.#source.set("apiKey", value);
  }

  get baseURL() {
    return this.#source.get("baseURL");
  }
  set baseURL(value) {
    this.#source.set("baseURL", value);
  }

  get preamble() {
    return this.#source.get("preamble");
  }
  set preamble(value) {
    this.#source.set("preamble", value);
  }

  /** How much the model reasons: "none", "minimal", "low", "medium", "high", "max" or {budgetTokens}. Undefined: as the model does by itself. */
  get reasoning() {
    return this.#source.get("reasoning");
  }
  set reasoning(value) {
    this.#source.set("reasoning", value || undefined);
  }

  /** Tools in any shape that `new Agent` takes, or a function that gives them. */
  get tools() {
    return this.#source.tools;
  }
  set tools(value) {
    this.#source.tools = value;
  }

  /**
   * Draws calls of your tools: functions by the tools' names. Each gets the call, also while its arguments are written, and returns a node, or
   * text, or null for nothing. Calls of the history that no view has drawn yet are drawn too.
   */
  get toolViews() {
    return this.#dialogue.toolViews;
  }
  set toolViews(value) {
    this.#dialogue.toolViews = value ?? {};
    this.#dialogue.session.drawMissingTools();
  }

  /** Whatever else `new Agent` takes: temperature, maxTokens, maxTurns, headers, retry, … */
  set options(/** @type {Partial<AgentOptions>} */ value) {
    for (const [name, option] of Object.entries(value)) this.#source.set(/** @type {keyof AgentOptions} */ (name), option);
  }

  /** An agent of your own in place of the settings. @returns {ChatAgent | undefined} */
  get agent() {
    return this.#source.given;
  }
  set agent(value) {
    this.#source.given = value;
    this.#dialogue.resumeOnceSet();
  }

  /** Whether the last run outlives the page: its name, or "". */
  get durable() {
    return this.hasAttribute("durable") ? this.getAttribute("durable") || "chat" : "";
  }
  set durable(/** @type {string | boolean} */ value) {
    if (value === false || value === "") this.removeAttribute("durable");
    else this.setAttribute("durable", value === true ? "" : value);
  }

  /** Whether a button in the composer opens the list of models that can run in this page. */
  get models() {
    return this.hasAttribute("models");
  }
  set models(value) {
    this.toggleAttribute("models", Boolean(value));
  }

  get runtimeURL() {
    return this.#dialogue.python.runtimeURL;
  }
  set runtimeURL(value) {
    this.#dialogue.python.runtimeURL = value;
  }

  /** @returns {Theme | null} null follows the page's own color-scheme */
  get theme() {
    return /** @type {Theme | null} */ (this.getAttribute("theme"));
  }
  set theme(value) {
    if (value) this.setAttribute("theme", value);
    else this.removeAttribute("theme");
  }

  /** The conversation as messages; setting it draws them. @returns {Message[]} */
  get history() {
    return this.#dialogue.history;
  }
  set history(messages) {
    this.#dialogue.history = messages;
  }

  /**
   * The id of the conversation that this chat is kept as, and restored from: setting it draws what it holds. Undefined: nothing is kept.
   * @returns {string | undefined}
   */
  get conversation() {
    return this.#dialogue.conversation;
  }
  set conversation(id) {
    this.#dialogue.open(id || undefined);
  }

  /** The text in the message field that is not sent; `staysail-draft` tells that it changed. */
  get draft() {
    return this.#composer.draft;
  }
  set draft(text) {
    this.#composer.draft = text ?? "";
  }

  /** Where conversations are kept, a `Conversations`; by default the package's own store. */
  get conversations() {
    return this.#dialogue.conversations;
  }
  set conversations(value) {
    this.#dialogue.conversations = value ?? undefined;
  }

  /**
   * What you know of the model and the package's catalog does not: prices in US dollars for a million tokens, and the tokens that it reads and
   * writes in all. Answers then have their cost beside their tokens, and the composer tells how full the context is.
   * @returns {ModelFacts}
   */
  get modelFacts() {
    return this.#dialogue.facts;
  }
  set modelFacts(facts) {
    this.#dialogue.facts = facts ?? {};
  }

  get usage() {
    return this.#dialogue.usage;
  }
  /** Whether Python is up; `staysail-ready` tells when. */
  get ready() {
    return this.#dialogue.python.ready;
  }
  get running() {
    return this.#dialogue.running;
  }

  /**
   * The kept conversations that do something while they or others are looked at: "running", "waiting" for an approval, "failed", "news" (an
   * answer that was not looked at). `staysail-activity` tells of changes. title: the first words, "" where the store has it.
   */
  get activity() {
    return this.#dialogue.activity;
  }

  /** Ends what a conversation does, before it is deleted. @param {string} id */
  end(id) {
    return this.#dialogue.end(id);
  }

  /** Begins another conversation, which is kept from its first answer on. */
  newConversation() {
    return this.#dialogue.begin();
  }

  /** Ends when the answer is there, was stopped or failed; false if one is under way already. @param {Prompt} prompt */
  send(prompt) {
    return this.#dialogue.send(prompt);
  }

  /** Asks the last question again. */
  retry() {
    return this.#dialogue.retry();
  }

  stop() {
    this.#dialogue.stop();
  }

  /** A new chat. */
  clear() {
    this.#dialogue.clear();
  }

  /**
   * @param {FocusOptions} [options]
   * @override
   */
  focus(options) {
    this.#composer.input.focus(options);
  }

  /** @param {ShadowRoot} root */
  async #showModels(root) {
    this.#models ??= import("./models-dialog.js").then(({ ModelsDialog }) => {
      const dialog = new ModelsDialog({
        chosen: () => (isLocal(this.#source.modelName) ? this.#source.modelName.slice("local:".length) : undefined),
        choose: (name) => {
          this.model = name ? `local:${name}` : "local";
          this.#tell("staysail-model", { model: this.model });
        },
      });
      dialog.placeIn(root);
      return dialog;
    });
    (await this.#models).show();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key === "Escape" && this.running && !event.isComposing) {
      event.preventDefault();
      this.stop();
    } else if (event.key === "ArrowUp" && event.target === this.#composer.input && !this.draft && !event.isComposing) {
      // In an empty field, the arrow edits the last question.
      event.preventDefault();
      /** @type {HTMLElement | null} */ (this.shadowRoot?.querySelector(".turn:last-child [part~=edit]:not([hidden])"))?.click();
    }
  }

  /** @param {DragEvent} event */
  #onDrag(event) {
    event.preventDefault();
    if (event.dataTransfer?.types.includes("Files")) this.#composer.markDrop(true);
  }

  /** @param {DragEvent} event */
  #onDrop(event) {
    event.preventDefault();
    if (event.dataTransfer?.files.length) void this.#composer.attach([...event.dataTransfer.files]);
  }

  /** @param {Event} event a click on a slotted suggestion, or on anything in the empty chat with data-prompt */
  #onSuggestion(event) {
    const chosen = /** @type {Element} */ (event.target).closest("[slot=suggestion], [data-prompt]");
    if (chosen instanceof HTMLElement) this.#dialogue.accept(chosen.dataset.prompt ?? chosen.textContent?.trim() ?? "");
  }

  /**
   * @param {string} type
   * @param {object} detail
   * @param {EventInit} [options]
   * @returns {boolean} whether nobody prevented what comes of it
   */
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
