/**
 * The conversation as it is seen: one view a turn, below each other, and what stands there while there is none.
 *
 * @import { Message } from "./types.js"
 * @import { TurnActions } from "./turn-view.js"
 */

import { exchanges } from "./conversation.js";
import { h } from "./dom.js";
import { formatJson } from "./format.js";
import { Scroll } from "./scroll.js";
import { TurnView } from "./turn-view.js";
import { drawOr } from "./undrawn.js";

/** Actions that a turn of a history does not offer. */
const OVER = { retry() {}, edit() {}, announce() {}, focus() {} };

/** Turns that are drawn in one go; more take a moment each. */
const AT_ONCE = 12;
const SLICE_MS = 12;

/**
 * @param {Message["content"] | undefined} prompt
 * @param {Message[]} answer
 * @param {TurnActions} actions
 * @param {(view: TurnView, answer: Message[]) => void} drawTools
 */
function replayed(prompt, answer, actions, drawTools) {
  const view = new TurnView(prompt, actions);
  view.replay(answer);
  drawTools(view, answer);
  return view.node;
}

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
  /** The drawing in pieces that is under way. @type {object | undefined} */
  #drawing;
  node = h("div", { class: "middle" }, this.#log, this.#scroll.button);

  /** @param {(event: Event) => void} choose gets clicks on the suggestions of an empty chat */
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
    this.#drawing = undefined;
    this.#list.replaceChildren();
    this.#empty.hidden = false;
  }

  /**
   * Adds what was said before: the latest turns at once, those before them in pieces, so that a long conversation does not hold up the page.
   * @param {Message[]} messages
   * @param {{cite: TurnActions["cite"], forkAt: (at: number) => TurnActions["fork"], drawTools: (view: TurnView, answer: Message[]) => void}} actions
   *   forkAt: what goes on after so many messages; drawTools: draws tool calls as the page wants them
   */
  draw(messages, { cite, forkAt, drawTools }) {
    const before = exchanges(messages);
    const drawing = this.#startDrawing();
    /** @type {Node | null} */
    let next = null;
    const drawLatest = () => {
      const [prompt, answer, end] = /** @type {ReturnType<typeof exchanges>[number]} */ (before.pop());
      const turn = drawOr(
        () => replayed(prompt, answer, { ...OVER, cite, fork: forkAt(end) }, drawTools),
        () => formatJson([prompt, answer]),
      );
      this.#list.insertBefore(turn, next);
      next = turn;
    };
    const drawSome = () => {
      if (drawing !== this.#drawing) return; // it was cleared meanwhile
      const until = performance.now() + SLICE_MS;
      while (before.length && performance.now() < until) drawLatest();
      if (before.length) setTimeout(drawSome);
      else this.#drawing = undefined;
    };
    for (let count = 0; before.length && count < AT_ONCE; count++) drawLatest();
    this.#empty.hidden = this.#list.childElementCount > 0;
    this.#scroll.toEnd();
    if (before.length) setTimeout(drawSome);
  }

  #startDrawing() {
    this.#drawing = {};
    return this.#drawing;
  }

  /** Adds a notice before the first turn. @param {string} text */
  note(text) {
    this.#list.prepend(h("p", { class: "stopped", part: "notice" }, text));
  }

  /** Whether something is being drawn. */
  set busy(/** @type {boolean} */ isBusy) {
    if (isBusy) this.#log.setAttribute("aria-busy", "true");
    else this.#log.removeAttribute("aria-busy");
  }
}
