/** The conversation as it is seen: the turns of the chat that is looked at, and what stands there while there is none. */

/** @import { TurnList } from "./turn-list.js" */

import { h } from "./dom.js";
import { Scroll } from "./scroll.js";

export class Turns {
  #empty = h(
    "div",
    { class: "empty", part: "empty" },
    h("slot", { name: "empty" }, h("p", { class: "empty-line" }, "Ask anything.")),
    h("div", { class: "suggestions" }, h("slot", { name: "suggestion" })),
  );
  #content = h("div", { class: "content" }, this.#empty);
  #log = h("div", { class: "log", part: "log", role: "log", tabindex: 0, "aria-live": "off", "aria-label": "Conversation" }, this.#content);
  #scroll = new Scroll(this.#log, this.#content);
  /** @type {TurnList | undefined} */
  #list;
  node = h("div", { class: "middle" }, this.#log, this.#scroll.button);

  /** @param {(event: Event) => void} choose gets clicks on the suggestions of an empty chat */
  constructor(choose) {
    this.#empty.addEventListener("click", choose);
  }

  /** Shows the turns of a chat in place of those of another. @param {TurnList} list */
  show(list) {
    this.#list = list;
    this.#content.replaceChildren(this.#empty, list.node);
    this.changed(true);
  }

  /** Is called when the turns that are shown changed. @param {boolean} isNew whether the end is to be seen */
  changed(isNew) {
    this.#empty.hidden = !this.#list?.isEmpty;
    if (isNew) this.#scroll.toEnd();
  }

  /** Whether something is being drawn. */
  set busy(/** @type {boolean} */ isBusy) {
    if (isBusy) this.#log.setAttribute("aria-busy", "true");
    else this.#log.removeAttribute("aria-busy");
  }

  /** Whether an answer is under way, which keeps questions from being edited. */
  set running(/** @type {boolean} */ isRunning) {
    this.#log.classList.toggle("running", isRunning);
  }
}
