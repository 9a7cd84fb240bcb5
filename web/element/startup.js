/** The progress of the interpreter's start, as a bar and in words; hidden once it is up. */

import { h } from "./dom.js";
import { formatMegabytes } from "./format.js";
import { faultNotice } from "./notices.js";

export class Startup {
  #words = h("span", { class: "startup-words" });
  #bar = h("progress", { max: 1, "aria-label": "Start of Python" });
  node = h("div", { class: "startup", part: "progress", hidden: true }, this.#words, this.#bar);

  /**
   * @param {string} stage in words
   * @param {number} [loadedBytes]
   * @param {number} [totalBytes] 0 while unknown
   */
  show(stage, loadedBytes = 0, totalBytes = 0) {
    this.node.hidden = false;
    if (this.#bar.parentNode !== this.node) this.node.replaceChildren(this.#words, this.#bar);
    const bytes = totalBytes
      ? `, ${formatMegabytes(loadedBytes)} of ${formatMegabytes(totalBytes)} MB`
      : loadedBytes
        ? `, ${formatMegabytes(loadedBytes)} MB`
        : "";
    this.#words.textContent = `${stage}${bytes}`;
    if (totalBytes) this.#bar.value = Math.min(1, loadedBytes / totalBytes);
    else this.#bar.removeAttribute("value");
  }

  hide() {
    this.node.hidden = true;
  }

  /**
   * @param {unknown} error
   * @param {() => void} startAgain
   */
  fail(error, startAgain) {
    this.node.hidden = false;
    this.node.replaceChildren(faultNotice(error, startAgain, { button: "Start again" }));
  }
}
