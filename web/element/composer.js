/** The field for the user's message: Enter sends, Shift+Enter is a new line; files by button, camera, paste and drop. */

/** @import { Reader } from "./attachments.js" */
/** @import { Prompt } from "./types.js" */

import { ACCEPT, AttachmentList, explainRefusals } from "./attachments.js";
import { ContextMeter } from "./context-meter.js";
import { h, icon } from "./dom.js";
import { QueueList } from "./queue-list.js";
import { wordsOf } from "./user-message.js";

/**
 * @typedef {object} ComposerActions
 * @property {(prompt: Prompt) => boolean} send false when it cannot be sent now; the text stays
 * @property {() => void} stop
 * @property {() => void} clear
 * @property {(text: string) => void} draft is called when the text changed
 * @property {Reader} read reads a document's text
 */

export class Composer {
  #actions;
  #attachments = new AttachmentList();
  #queue = new QueueList({ edit: (prompt) => this.#takeBack(prompt), send: (prompt) => this.#sendNow(prompt) });
  #isRunning = false;
  /** Whether the first message that waits is sent even after an answer that was stopped or failed. */
  #isUrgent = false;
  #picker = h("input", { type: "file", multiple: true, accept: ACCEPT, hidden: true, tabindex: -1, "aria-label": "Files to attach" });
  #camera = h("input", {
    type: "file",
    accept: "image/*",
    capture: "environment",
    hidden: true,
    tabindex: -1,
    "aria-label": "Take a picture",
  });
  #note = h("p", { class: "composer-note", role: "alert" });
  /** Says what happens to files. */
  #status = h("p", { class: "composer-status", role: "status" });
  /** Ends when the files that were chosen last are read. @type {Promise<void> | undefined} */
  #reading;
  #leaving = 0;
  #send = h("button", { type: "submit", class: "send", part: "button send" }, h("span", {}, "Send"), icon("send"));
  #stop = h("button", { type: "button", class: "send stop", part: "button stop", hidden: true }, h("span", {}, "Stop"), icon("stop"));
  input = h("textarea", { class: "input", part: "input", rows: 1, dir: "auto", "aria-label": "Message", enterkeyhint: "send" });
  usage = h("span", { class: "usage total", part: "usage" });
  context = new ContextMeter();
  /** Opens the list of models for this page, where the chat offers it. */
  models = h(
    "button",
    { type: "button", class: "quiet", part: "button models", title: "Models for this page", hidden: true },
    icon("chip"),
    h("span", { class: "label" }, "Model"),
  );
  node;

  /** @param {ComposerActions} actions */
  constructor(actions) {
    this.#actions = actions;
    const attach = h(
      "button",
      {
        type: "button",
        class: "quiet",
        part: "button attach",
        title: "Attach files; they can be pasted and dropped, too",
        click: () => this.#picker.click(),
      },
      icon("attach"),
      h("span", { class: "label" }, "Attach"),
    );
    const camera = h(
      "button",
      { type: "button", class: "quiet camera", part: "button camera", title: "Take a picture", click: () => this.#camera.click() },
      icon("camera"),
      h("span", { class: "label" }, "Camera"),
    );
    const clear = h(
      "button",
      { type: "button", class: "quiet", part: "button new", title: "New chat", click: actions.clear },
      icon("plus"),
      h("span", { class: "label" }, "New chat"),
    );
    this.node = h(
      "form",
      { class: "composer", part: "composer" },
      this.#queue.node,
      this.#attachments.node,
      this.#note,
      this.#status,
      this.input,
      this.#picker,
      this.#camera,
      h(
        "div",
        { class: "composer-bar" },
        attach,
        camera,
        clear,
        this.models,
        h("slot", { name: "composer" }),
        h("span", { class: "spent" }, this.context.node, this.usage),
        this.#send,
        this.#stop,
      ),
    );
    this.#listen();
  }

  #listen() {
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#stop.addEventListener("click", this.#actions.stop);
    this.input.addEventListener("keydown", (event) => {
      // While an input method composes a word, Enter belongs to it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#submit();
    });
    this.input.addEventListener("input", () => {
      this.#note.replaceChildren();
      this.#actions.draft(this.input.value);
    });
    for (const picker of [this.#picker, this.#camera]) {
      picker.addEventListener("change", () => {
        void this.attach([...(picker.files ?? [])]); // a list of its own: the field's is emptied at once
        picker.value = "";
      });
    }
    this.input.addEventListener("paste", (event) => {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      void this.attach([...event.clipboardData.files]);
    });
  }

  /** The text that is not sent. */
  get draft() {
    return this.input.value;
  }
  set draft(text) {
    this.input.value = text;
    this.#actions.draft(text);
  }

  /** @param {File[]} files */
  async attach(files) {
    this.markDrop(false);
    this.#note.replaceChildren();
    const reading = (this.#reading ?? Promise.resolve()).then(() => this.#read(files));
    this.#reading = reading;
    this.input.focus();
    await reading;
    if (this.#reading === reading) this.#reading = undefined;
  }

  /** @param {File[]} files */
  async #read(files) {
    const errors = [];
    const attached = [];
    for (const file of files) {
      this.#say(`Reading ${file.name} …`, true);
      try {
        await this.#attachments.add(file, this.#actions.read);
        attached.push(file.name);
      } catch (error) {
        errors.push(/** @type {Error} */ (error));
      }
    }
    this.#say(attached.length ? `Attached: ${attached.join(", ")}` : "");
    this.#note.append(...explainRefusals(errors).map((text) => h("span", {}, text)));
  }

  /**
   * Says what happens, for a screen reader; and for eyes, where nothing else shows it.
   * @param {string} text
   * @param {boolean} [isSeen]
   */
  #say(text, isSeen = false) {
    this.#status.textContent = text;
    this.#status.classList.toggle("visually-hidden", !isSeen);
  }

  /** Shows that files can be dropped, until the drag has left. @param {boolean} isOver */
  markDrop(isOver) {
    clearTimeout(this.#leaving);
    const wasOver = this.node.classList.contains("dropping");
    this.node.classList.toggle("dropping", isOver);
    if (isOver !== wasOver) this.#say(isOver ? "Drop files to attach them to the message." : "", isOver);
    // There is no event for a drag that ends outside of the page.
    if (isOver) this.#leaving = window.setTimeout(() => this.markDrop(false), 300);
  }

  /** Takes the messages that wait back into the field: their chat is emptied. */
  takeBackQueue() {
    if (this.#queue.isEmpty) return;
    this.draft = [this.#queue.text, this.draft].filter(Boolean).join("\n\n");
    this.#queue.prompts = [];
  }

  /** The messages that wait, of the chat that is looked at. */
  get waiting() {
    return this.#queue.prompts;
  }
  set waiting(prompts) {
    this.#queue.prompts = prompts;
    this.#isUrgent = false;
  }

  /** @param {boolean} running */
  setRunning(running) {
    this.#isRunning = running;
    if (!running) setTimeout(() => this.#sendNext()); // once the answer's end is drawn
    const focused = /** @type {ShadowRoot} */ (this.node.getRootNode()).activeElement;
    this.#send.hidden = running;
    this.#stop.hidden = !running;
    // A button that vanishes takes the focus with it.
    if (focused === this.#send || focused === this.#stop) this.input.focus();
  }

  #submit() {
    if (this.#reading) return void this.#reading.then(() => this.#submit());
    const text = this.input.value.trim();
    const parts = this.#attachments.parts;
    if (!text && !parts.length) return;
    const prompt = parts.length ? [...parts, ...(text ? [{ type: /** @type {const} */ ("text"), text }] : [])] : text;
    if (!this.#actions.send(prompt)) {
      if (!this.#isRunning) return;
      this.#queue.add(prompt);
    }
    this.draft = "";
    this.#attachments.clear();
    this.#note.replaceChildren();
    this.#say("");
  }

  /** Sends the first message that waits; after an answer that was stopped or failed, only where the user wants that one now. */
  #sendNext() {
    const root = /** @type {ParentNode} */ (this.node.getRootNode());
    const isBroken = root.querySelector(".turn:last-child :is(.fault, .halted)") !== null;
    if (this.#isRunning || this.#queue.isEmpty || (isBroken && !this.#isUrgent)) return;
    this.#isUrgent = false;
    const prompt = /** @type {Prompt} */ (this.#queue.take());
    if (!this.#actions.send(prompt)) this.#queue.putFirst(prompt);
  }

  /** @param {Prompt} prompt */
  #sendNow(prompt) {
    this.#queue.putFirst(prompt);
    this.#isUrgent = true;
    if (this.#isRunning) this.#actions.stop();
    else this.#sendNext();
    this.input.focus();
  }

  /** @param {Prompt} prompt */
  #takeBack(prompt) {
    this.draft = [wordsOf(prompt), this.draft].filter(Boolean).join("\n\n");
    this.input.focus();
  }
}
