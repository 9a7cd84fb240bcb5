/** How much of the model's context the conversation takes. */

import { h } from "./dom.js";

/** From this share on, the words say that it is nearly full. */
const NEARLY = 0.8;

export class ContextMeter {
  #meter = h("meter", { min: 0, max: 1, high: NEARLY, optimum: 0, "aria-label": "Context" });
  #words = h("span", {});
  node = h("span", { class: "context", part: "context", hidden: true }, this.#meter, this.#words);

  /**
   * @param {number | undefined} tokens that the conversation takes
   * @param {number | null | undefined} size tokens that the model reads and writes in all
   */
  show(tokens, size) {
    this.node.hidden = !tokens || !size;
    if (!tokens || !size) return;
    const share = tokens / size;
    const percent = share < 0.01 ? "under 1 %" : `${Math.round(share * 100)} %`;
    this.#meter.value = Math.min(1, share);
    const words = `${tokens.toLocaleString("en")} of ${size.toLocaleString("en")} tokens of the model's context`;
    this.#meter.ariaLabel = `Context: ${words}`;
    this.node.title = words;
    this.#words.textContent = share >= NEARLY ? `${percent} of the context, which is nearly full` : `${percent} of the context`;
  }
}
