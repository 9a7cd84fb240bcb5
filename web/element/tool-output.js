/** Output of a tool while it runs, and its result: printed text, tables and pictures, all of them a stranger's. */

/** @import { Part } from "./types.js" */

import { h } from "./dom.js";
import { MarkdownView } from "./markdown.js";
import { PICTURE } from "./media.js";

/** The latest that was printed is kept in view. */
const MOST_PRINTED = 20_000;
const TABLE = /^\|.*\|\n\|(?: ?:?-{3,}:? ?\|)+(?:\n\|.*\|)*/m;

export class ToolOutput {
  node = h("div", { class: "tool-output" });
  /** All that was printed. */
  printed = "";
  /** @type {HTMLElement | undefined} */
  #open;

  get isEmpty() {
    return !this.node.hasChildNodes();
  }

  /** @param {string} text */
  print(text) {
    if (!text) return;
    this.printed += text;
    if (!this.#open) this.node.append((this.#open = h("pre", { tabindex: 0, dir: "auto", "aria-label": "Output" })));
    this.#open.textContent = `${this.#open.textContent}${text}`.slice(-MOST_PRINTED);
    this.#open.scrollTop = this.#open.scrollHeight;
  }

  /** @param {Part} part */
  show(part) {
    this.#open = undefined;
    if (part.type === "image") this.node.append(...picture(part));
    if (part.type !== "text") return;
    const table = TABLE.exec(part.text);
    if (!table) return this.print(`${part.text}\n`);
    this.#printApart(part.text.slice(0, table.index));
    const view = new MarkdownView();
    view.push(table[0]);
    view.finish();
    this.node.append(view.node);
    this.#printApart(part.text.slice(table.index + table[0].length));
  }

  /** Prints the text beside a table. @param {string} text */
  #printApart(text) {
    this.print(text.trim());
    this.#open = undefined;
  }

  clear() {
    this.node.replaceChildren();
    this.#open = undefined;
    this.printed = "";
  }
}

/** Whether a result is more than words. @param {Part[]} content */
export function isRich(content) {
  return content.some((part) => part.type === "image" || (part.type === "text" && TABLE.test(part.text)));
}

/**
 * @param {Part & {type: "image"}} part
 * @returns {HTMLElement[]}
 */
function picture({ data, mediaType, name }) {
  if (!data || !PICTURE.test(mediaType ?? "")) return [];
  return [h("img", { src: `data:${mediaType};base64,${data}`, alt: name ?? "Picture that the tool made" })];
}
