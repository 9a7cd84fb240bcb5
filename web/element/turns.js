/**
 * The conversation as it is seen: one view a turn, below each other, and what stands there while there is none.
 *
 * @import { Message } from "./types.js"
 * @import { TurnActions } from "./turn-view.js"
 */

import { exchanges } from "./conversation.js";
import { h } from "./dom.js";
import { Scroll } from "./scroll.js";
import { TurnView } from "./turn-view.js";

/** What cannot be done with a turn that is over. */
const OVER = { retry() {}, edit() {}, announce() {}, focus() {} };

export class Turns {
  #list = h("div", { class: "turns" });
  #empty = h(
    "div",
    { class: "empty", part: "empty" },
    h("slot", { name: "empty" }, h("p", { class: "empty-line" }, "Ask anything.")),
    h("div", { class: "suggestions" }, h("slot", { name: "suggestion" })),
  );
  #log = h(
    "div",
    { class: "log", part: "log", role: "log", tabindex: 0, "aria-live": "off", "aria-label": "Conversation" },
    h("div", { class: "content" }, this.#empty, this.#list),
  );
  #scroll = new Scroll(this.#log, /** @type {HTMLElement} */ (this.#log.firstElementChild));
  node = h("div", { class: "middle" }, this.#log, this.#scroll.button);

  /** @param {(event: Event) => void} choose told of a click on what stands there while there is no turn */
  constructor(choose) {
    this.#empty.addEventListener("click", choose);
  }

  /** @param {TurnView} view */
  add(view) {
    this.#list.append(view.node);
    this.#empty.hidden = true;
    this.#scroll.toEnd();
  }

  /** @param {TurnView} view */
  remove(view) {
    view.node.remove();
    this.#empty.hidden = this.#list.childElementCount > 0;
  }

  clear() {
    this.#list.replaceChildren();
    this.#empty.hidden = false;
  }

  /**
   * Adds what was said before.
   * @param {Message[]} messages
   * @param {{cite: TurnActions["cite"], forkAt: (at: number) => TurnActions["fork"]}} actions forkAt: what goes on after so many messages
   */
  draw(messages, { cite, forkAt }) {
    for (const [prompt, answer, end] of exchanges(messages)) {
      const view = new TurnView(prompt, { ...OVER, cite, fork: forkAt(end) });
      view.replay(answer);
      this.#list.append(view.node);
    }
    this.#empty.hidden = this.#list.childElementCount > 0;
    this.#scroll.toEnd();
  }

  /** Before the first turn. @param {string} text */
  note(text) {
    this.#list.prepend(h("p", { class: "stopped", part: "notice" }, text));
  }

  /** Whether something is being drawn. */
  set busy(/** @type {boolean} */ isBusy) {
    if (isBusy) this.#log.setAttribute("aria-busy", "true");
    else this.#log.removeAttribute("aria-busy");
  }
}
