/** Diagrams in an answer: the page draws them, and the drawing is shown as a picture above its code. */

import { vector } from "./artifact.js";
import { h } from "./dom.js";

/** Since the block last grew. */
const QUIET_MS = 400;

/** @param {string} language */
export const isDiagram = (language) => language.toLowerCase() === "mermaid";

export class Diagram {
  node = h("div", { class: "artifact diagram", hidden: true });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #drawn = "";

  /** Draws a text once it grows no more. @param {string} text */
  update(text) {
    clearTimeout(this.#timer);
    if (text.trim() && text !== this.#drawn) this.#timer = setTimeout(() => void this.#draw(text), QUIET_MS);
  }

  /** @param {string} text */
  async #draw(text) {
    /** @type {{text: string, svg?: Promise<string>}} */
    const detail = { text };
    this.node.dispatchEvent(new CustomEvent("staysail-diagram", { bubbles: true, composed: true, detail }));
    if (!detail.svg) return; // nobody draws diagrams here: the code stays
    this.#drawn = text;
    let shown;
    try {
      const source = vector(await detail.svg);
      if (!source) throw new Error("The drawing was empty.");
      shown = h("img", { alt: "Diagram of this code", src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}` });
    } catch (error) {
      shown = h("p", { class: "diagram-fault", dir: "auto" }, `This diagram could not be drawn: ${/** @type {Error} */ (error).message}`);
    }
    if (text !== this.#drawn) return;
    this.node.replaceChildren(shown);
    this.node.hidden = false;
  }
}
