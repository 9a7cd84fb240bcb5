/**
 * Markdown that grows. How it works: the text is cut into blocks (paragraphs, lists, code). When a new block begins, those before it are
 * settled, and only the text after them is parsed again, once a frame. Of a long list or table the items and rows before the last one are
 * settled, too. At the end a text of ordinary length is parsed once more as a whole, and a long one where later text can change what stands
 * before it, so the finished answer is what the whole text says, wherever the pieces were cut.
 *
 * @import { Token, Tokens } from "../vendor/marked.esm.js"
 * @import { Block } from "./blocks.js"
 * @import { Links } from "./markdown-lexer.js"
 */

import { makeBlock } from "./blocks.js";
import { h } from "./dom.js";
import { Frames } from "./frames.js";
import { lex } from "./markdown-lexer.js";

/** A last line that may yet become the marker of a list item, heading, quote, table or rule. */
const PERHAPS_A_MARKER = /(?:^|\n)[ \t]*[-*+#>|`~=_:\d.)]*[ \t]*$/;
const DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;
/** A list or a table that is longer is settled piece by piece. */
const LONG_BLOCK = 4_000;
/** A text that is longer is only parsed as a whole at the end where it must be. */
const LONG_TEXT = 16_000;

export class MarkdownView {
  node = h("div", { class: "markdown", part: "markdown" });
  #text = "";
  /** Offset of the text that is not settled. */
  #start = 0;
  /** Offset of the first block that is not settled: before #start where pieces of it are settled. */
  #blockStart = 0;
  /** Whether that block cannot be settled in pieces. */
  #isOne = false;
  /** Text that the parser reads before it: the head of a table. */
  #head = "";
  #settled = 0;
  #isWhole = false;
  /** @type {Block[]} */
  #blocks = [];
  #frames = new Frames(() => this.#draw());
  #note = h(
    "p",
    { class: "undrawn-note" },
    "Parts of this text are shown as they were written: they are nested too deep, or too long, to be drawn.",
  );
  #onSettled;

  /** @param {(text: string) => void} [onSettled] gets the text of each block once it is whole, for screen readers */
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
    if (this.#text.length > LONG_TEXT) this.#frames.flush();
    const announced = this.#settled;
    if (this.#text.length <= LONG_TEXT || this.#blocks.some(({ isUneven }) => isUneven) || DEFINITION.test(this.#text)) {
      this.#start = this.#settled = 0;
      this.#head = "";
      for (const block of this.#blocks) if (block.settled) block.settled = 0;
      this.#isWhole = true;
      this.#frames.flush();
    }
    this.#announce(announced, this.#blocks.length);
  }

  #draw() {
    const rest = this.#head + this.#text.slice(this.#start);
    const { tokens, links, isLimited } = lex(rest);
    const drawn = tokens.filter(({ type }) => type !== "space" && type !== "def");
    for (const [offset, token] of drawn.entries()) {
      if (!this.#place(this.#settled + offset, token, links)) return this.#unsplit();
    }
    for (const extra of this.#blocks.splice(this.#settled + drawn.length)) extra.node.remove();
    if (isLimited) this.node.after(this.#note);
    if (!this.#isWhole && !PERHAPS_A_MARKER.test(rest)) this.#settle(rest, tokens, drawn);
  }

  /**
   * @param {number} position
   * @param {Token} token
   * @param {Links} links
   * @returns {boolean} false where the token cannot be added to the pieces of a long block
   */
  #place(position, token, links) {
    const former = this.#blocks[position];
    if (former?.update(token, links)) return true;
    if (former?.settled) return false;
    const block = makeBlock(token, links);
    if (former) former.node.replaceWith(block.node);
    else this.node.append(block.node);
    this.#blocks[position] = block;
    return true;
  }

  /** Draws a long block as one, up to its end. */
  #unsplit() {
    const block = this.#blocks[this.#settled];
    if (block) block.settled = 0;
    this.#start = this.#blockStart;
    this.#head = "";
    this.#isOne = true;
    this.#draw();
  }

  /**
   * Settles all blocks but the last, once the last one has really begun; of a single long block all pieces but its last.
   * @param {string} rest
   * @param {Token[]} tokens
   * @param {Token[]} drawn
   */
  #settle(rest, tokens, drawn) {
    const last = drawn.at(-1);
    if (!last) return;
    const before = tokens.slice(0, tokens.indexOf(last)).reduce((length, token) => length + token.raw.length, 0);
    if (!rest.startsWith(last.raw.trimEnd(), before)) return; // the lexer rewrote what it read: parse it all again next time
    if (drawn.length > 1) {
      const first = this.#settled;
      this.#start += before - this.#head.length;
      this.#blockStart = this.#start;
      this.#head = "";
      this.#isOne = false;
      this.#settled += drawn.length - 1;
      this.#announce(first, this.#settled);
    } else if (last.raw.length > LONG_BLOCK && !this.#isOne) this.#settlePieces(last, before);
  }

  /**
   * @param {Token} token
   * @param {number} before where it begins
   */
  #settlePieces(token, before) {
    const block = this.#blocks[this.#settled];
    if (block?.settled === undefined) return;
    const { length } = this.#head;
    if (token.type === "list") {
      const { items } = /** @type {Tokens.List} */ (token);
      if (items.length < 2) return;
      this.#start += before + items.slice(0, -1).reduce((sum, { raw }) => sum + raw.length, 0);
      block.settled += items.length - 1;
    } else {
      const { rows } = /** @type {Tokens.Table} */ (token);
      const lines = token.raw.trimEnd().split("\n");
      if (rows.length < 2 || lines.length !== rows.length + 2) return;
      const last = /** @type {string} */ (lines.at(-1));
      this.#start += before - length + token.raw.trimEnd().length - last.length;
      this.#head = `${lines[0]}\n${lines[1]}\n`;
      block.settled += rows.length - 1;
    }
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  #announce(from, to) {
    for (const block of this.#blocks.slice(from, to)) this.#onSettled(block.node.textContent ?? "");
  }
}
