/**
 * Markdown that grows. How it works: the text is cut into blocks (paragraphs, lists, code). When a new block begins,
 * the ones before it are settled, and only what follows them is parsed and drawn again, once a frame. A code block is
 * drawn by adding to its text. At the end the whole text is parsed once more and blocks that came out otherwise are
 * replaced, so the finished answer is what the whole text says, wherever the pieces were cut.
 *
 * @import { Token, Tokens } from "../vendor/marked.esm.js"
 */

import { Marked } from "../vendor/marked.esm.js";
import { h } from "./dom.js";
import { Frames } from "./frames.js";
import { codeBlock, furnish } from "./media.js";
import { sanitise } from "./sanitise.js";

/** Headings of an answer stand below the chat's own. */
const HEADINGS_ABOVE = 3;

/** A last line that may yet become the marker of a list item, heading, quote, table or rule. */
const PERHAPS_A_MARKER = /(?:^|\n)[ \t]*[-*+#>|`~=_:\d.)]*[ \t]*$/;

const marked = new Marked({
  gfm: true,
  renderer: {
    heading({ tokens, depth }) {
      const level = Math.min(6, depth + HEADINGS_ABOVE);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
    checkbox({ checked }) {
      return checked ? "☑ " : "☐ ";
    },
  },
});

/** @typedef {{source: string, node: HTMLElement, update?: (text: string) => void}} Block */

export class MarkdownView {
  node = h("div", { class: "markdown", part: "markdown" });
  #text = "";
  /** Where the first block begins that is not settled. */
  #start = 0;
  #settled = 0;
  #whole = false;
  /** @type {Block[]} */
  #blocks = [];
  #frames = new Frames(() => this.#draw());
  #onSettled;

  /** @param {(text: string) => void} [onSettled] told the text of each block once it is whole, for screen readers */
  constructor(onSettled = () => {}) {
    this.#onSettled = onSettled;
  }

  get text() {
    return this.#text;
  }

  /** @param {string} text */
  push(text) {
    this.#text += text.replaceAll("\r", "");
    this.#frames.request();
  }

  finish() {
    const told = this.#settled;
    this.#start = this.#settled = 0;
    this.#whole = true;
    this.#frames.flush();
    this.#tell(told, this.#blocks.length);
  }

  #draw() {
    const rest = this.#text.slice(this.#start);
    const tokens = marked.lexer(rest);
    const drawn = tokens.filter((token) => token.type !== "space" && token.type !== "def");
    drawn.forEach((token, offset) => this.#place(this.#settled + offset, token, tokens));
    for (const extra of this.#blocks.splice(this.#settled + drawn.length)) extra.node.remove();
    if (!this.#whole) this.#settle(rest, tokens, drawn);
  }

  /**
   * @param {number} position
   * @param {Token} token
   * @param {{links?: any}} all
   */
  #place(position, token, all) {
    const former = this.#blocks[position];
    const kind = token.type === "code" ? `code ${token.lang ?? ""}` : "";
    const source = kind || marked.parser(Object.assign([token], { links: all.links ?? {} }));
    if (former?.source === source) {
      former.update?.(/** @type {Tokens.Code} */ (token).text);
      return;
    }
    const block = kind ? this.#codeBlock(source, /** @type {Tokens.Code} */ (token)) : textBlock(source);
    if (former) former.node.replaceWith(block.node);
    else this.node.append(block.node);
    this.#blocks[position] = block;
  }

  /**
   * @param {string} source
   * @param {Tokens.Code} token
   * @returns {Block}
   */
  #codeBlock(source, token) {
    return { source, ...codeBlock((token.lang ?? "").split(/\s/)[0] ?? "", token.text) };
  }

  /**
   * All but the last block, when the last one has really begun.
   * @param {string} rest
   * @param {Token[]} tokens
   * @param {Token[]} drawn
   */
  #settle(rest, tokens, drawn) {
    const last = drawn.at(-1);
    if (drawn.length < 2 || !last || PERHAPS_A_MARKER.test(rest)) return;
    const before = tokens.slice(0, tokens.indexOf(last)).reduce((length, token) => length + token.raw.length, 0);
    if (!rest.startsWith(last.raw.trimEnd(), before)) return; // the lexer rewrote what it read: parse it all again next time
    const first = this.#settled;
    this.#start += before;
    this.#settled += drawn.length - 1;
    this.#tell(first, this.#settled);
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  #tell(from, to) {
    for (const block of this.#blocks.slice(from, to)) this.#onSettled(block.node.textContent ?? "");
  }
}

/**
 * @param {string} source HTML as the parser wrote it
 * @returns {Block}
 */
function textBlock(source) {
  const node = h("div", { class: "block", dir: "auto" });
  node.append(furnish(sanitise(source)));
  return { source, node };
}
