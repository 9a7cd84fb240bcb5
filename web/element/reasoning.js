/** The model's reasoning before its answer, folded until a reader opens it. */

import { h } from "./dom.js";
import { formatSeconds } from "./format.js";
import { Frames } from "./frames.js";

export class ReasoningView {
  #text = "";
  #words = h("span", {}, "Thinking");
  #body = h("div", { class: "thoughts", dir: "auto" });
  node = h("details", { class: "reasoning", part: "reasoning" }, h("summary", {}, this.#words), this.#body);
  #started = performance.now();
  #drawn = 0;
  #frames = new Frames(() => {
    this.#body.append(this.#text.slice(this.#drawn));
    this.#drawn = this.#text.length;
  });

  /** @param {string} text */
  push(text) {
    this.#text += text;
    this.#frames.request();
  }

  /** @param {{timed?: boolean}} [options] */
  finish({ timed = true } = {}) {
    this.#frames.flush();
    const seconds = (performance.now() - this.#started) / 1000;
    this.#words.textContent = timed && seconds >= 1 ? `Thought for ${formatSeconds(seconds)}` : "Thoughts";
  }
}
