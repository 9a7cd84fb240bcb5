/**
 * The turns of one chat, below each other: one view a turn. It stays as it is while another chat is shown.
 *
 * @import { Message } from "./types.js"
 * @import { TurnActions } from "./turn-view.js"
 * @import { Exchange } from "./conversation.js"
 */

import { exchanges } from "./conversation.js";
import { h } from "./dom.js";
import { formatJson } from "./format.js";
import { TurnView } from "./turn-view.js";
import { drawOr } from "./undrawn.js";

/** Turns that are drawn in one go; more take a moment each. */
const AT_ONCE = 12;
const SLICE_MS = 12;

/**
 * @typedef {object} Drawing how turns of a history are drawn
 * @property {(exchange: Exchange, view: () => TurnView) => TurnActions} actions view: its view, once there is one
 * @property {(exchange: Exchange) => {version?: number, versions?: number}} versions the number of its prompt's version, and how many there are
 * @property {(view: TurnView, answer: Message[]) => void} drawTools draws tool calls as the page wants them
 */

export class TurnList {
  node = h("div", { class: "turns" });
  /** Views by their nodes. @type {WeakMap<Element, TurnView>} */
  #views = new WeakMap();
  /** Views of a history, by the places of their prompts. @type {Map<number, TurnView>} */
  #placed = new Map();
  /** Counts how often the list was emptied: drawing in pieces then ends. */
  #generation = 0;
  #onChange;

  /** @param {(isNew: boolean) => void} onChange called when turns were added or removed; isNew: a turn was added at the end */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get isEmpty() {
    return this.node.childElementCount === 0;
  }

  /** @returns {TurnView | undefined} */
  get last() {
    return this.node.lastElementChild ? this.#views.get(this.node.lastElementChild) : undefined;
  }

  /** Returns the view of a turn that was drawn from a history. @param {number} at the place of its prompt */
  viewAt(at) {
    return this.#placed.get(at);
  }

  /** @param {TurnView} view */
  add(view) {
    this.#views.set(view.node, view);
    this.node.append(view.node);
    this.#onChange(true);
  }

  /** Removes the turns after a turn. @param {TurnView} view */
  endWith(view) {
    while (view.node.nextSibling) view.node.nextSibling.remove();
  }

  /** Removes a turn and the turns after it. @param {TurnView} view */
  endBefore(view) {
    this.endWith(view);
    view.node.remove();
  }

  clear() {
    this.#generation++;
    this.#placed.clear();
    this.node.replaceChildren();
    this.#onChange(false);
  }

  /**
   * Draws the turns of a history: the latest at once, earlier ones in pieces, so that a long conversation does not block the page.
   * @param {Message[]} messages
   * @param {Drawing} drawing
   * @param {number} [from] of the messages; those before it are drawn already
   */
  draw(messages, drawing, from = 0) {
    const left = exchanges(messages).filter(({ at }) => at >= from);
    const generation = this.#generation;
    const start = this.node.appendChild(new Comment());
    const drawLatest = () => {
      const exchange = /** @type {Exchange} */ (left.pop());
      start.after(
        drawOr(
          () => this.#replay(exchange, drawing),
          () => formatJson([exchange.prompt, exchange.answer]),
        ),
      );
    };
    const drawSome = () => {
      if (generation !== this.#generation || start.parentNode !== this.node) return; // they were removed meanwhile
      const until = performance.now() + SLICE_MS;
      while (left.length && performance.now() < until) drawLatest();
      if (left.length) setTimeout(drawSome);
      else start.remove();
    };
    for (let count = 0; left.length && count < AT_ONCE; count++) drawLatest();
    this.#onChange(true);
    if (left.length) setTimeout(drawSome);
    else start.remove();
  }

  /**
   * @param {Exchange} exchange
   * @param {Drawing} drawing
   */
  #replay(exchange, { actions, versions, drawTools }) {
    /** @type {TurnView} */
    const view = new TurnView(
      exchange.prompt,
      actions(exchange, () => view),
    );
    view.replay(exchange.answer);
    drawTools(view, exchange.answer);
    view.question?.showVersions(versions(exchange));
    this.#views.set(view.node, view);
    this.#placed.set(exchange.at, view);
    return view.node;
  }

  /** Adds a notice before the first turn. @param {string} text */
  note(text) {
    this.node.prepend(h("p", { class: "stopped", part: "notice" }, text));
  }
}
