/** Announces whole paragraphs and events to screen readers, one after the other, never single words. */

import { h } from "./dom.js";

const KEPT = 20;

export class Announcer {
  node = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite", "aria-relevant": "additions" });

  /** @param {string} text */
  say(text) {
    if (!text.trim()) return;
    this.node.append(h("p", {}, text));
    if (this.node.childElementCount > KEPT) this.node.firstElementChild?.remove();
  }
}
