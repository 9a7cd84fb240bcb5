/** Keeps the newest words in sight until the reader scrolls up, and again once the reader is back at the end. */

import { h, icon } from "./dom.js";

const NEAR_PX = 40;

export class Scroll {
  #box;
  #pinned = true;
  #lastTop = 0;
  button = h(
    "button",
    { type: "button", class: "latest", part: "button latest", hidden: true, click: () => this.toEnd() },
    icon("down"),
    "Latest",
  );
  #observer = new ResizeObserver(() => this.#follow());

  /**
   * @param {HTMLElement} box the element that scrolls
   * @param {HTMLElement} content grows
   */
  constructor(box, content) {
    this.#box = box;
    box.addEventListener("scroll", () => this.#look(), { passive: true });
    this.#observer.observe(content);
    this.#observer.observe(box);
  }

  toEnd() {
    this.#pinned = true;
    this.#follow();
  }

  #follow() {
    if (this.#pinned) this.#box.scrollTop = this.#box.scrollHeight;
    this.#lastTop = this.#box.scrollTop;
    this.#offer();
  }

  #look() {
    const { scrollTop } = this.#box;
    // What grows meanwhile moves the end away, so only going up means leaving it.
    if (scrollTop < this.#lastTop - 1) this.#pinned = false;
    if (this.#distance() < NEAR_PX) this.#pinned = true;
    this.#lastTop = scrollTop;
    this.#offer();
  }

  #offer() {
    this.button.hidden = this.#pinned || this.#distance() < NEAR_PX;
  }

  #distance() {
    return this.#box.scrollHeight - this.#box.clientHeight - this.#box.scrollTop;
  }
}
