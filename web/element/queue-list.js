/** Messages that were written while an answer was under way: each is sent when its turn comes, and can be changed, sent at once or left out. */

/** @import { Prompt } from "./types.js" */

import { h, icon } from "./dom.js";
import { wordsOf } from "./user-message.js";

export class QueueList {
  /** @type {Prompt[]} */
  #prompts = [];
  #actions;
  node = h("ul", { class: "queue", part: "queue", "aria-label": "Messages that wait", hidden: true });

  /** @param {{edit: (prompt: Prompt) => void, send: (prompt: Prompt) => void}} actions */
  constructor(actions) {
    this.#actions = actions;
  }

  get isEmpty() {
    return this.#prompts.length === 0;
  }

  /** The waiting messages of the chat that is shown. */
  get prompts() {
    return this.#prompts;
  }
  set prompts(prompts) {
    this.#prompts = prompts;
    this.#show();
  }

  /** The words of all messages, for a field that takes them back. */
  get text() {
    return this.#prompts.map(wordsOf).join("\n\n");
  }

  /** @param {Prompt} prompt */
  add(prompt) {
    this.#prompts.push(prompt);
    this.#show();
  }

  /** Puts a message before the others. @param {Prompt} prompt */
  putFirst(prompt) {
    this.#prompts.unshift(prompt);
    this.#show();
  }

  /** Takes the first message out of the list. */
  take() {
    const first = this.#prompts.shift();
    this.#show();
    return first;
  }

  #show() {
    this.node.hidden = this.isEmpty;
    this.node.replaceChildren(...this.#prompts.map((prompt) => this.#row(prompt)));
  }

  /** @param {Prompt} prompt */
  #row(prompt) {
    const words = wordsOf(prompt) || "Files";
    const out = (/** @type {(prompt: Prompt) => void} */ then = () => {}) => {
      this.#prompts = this.#prompts.filter((other) => other !== prompt);
      this.#show();
      then(prompt);
    };
    return h(
      "li",
      {},
      h("span", { class: "queue-words", dir: "auto" }, words),
      button("send", `Send now: ${words}`, () => out(this.#actions.send)),
      button("edit", `Change: ${words}`, () => out(this.#actions.edit)),
      button("close", `Leave out: ${words}`, () => out()),
    );
  }
}

/**
 * @param {Parameters<typeof icon>[0]} picture
 * @param {string} label
 * @param {() => void} click
 */
function button(picture, label, click) {
  return h("button", { type: "button", class: "quiet", part: "button", "aria-label": label, title: label, click }, icon(picture));
}
