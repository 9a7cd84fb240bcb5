/**
 * Blocks of Markdown on the page. A block that grows is brought up to date: code gets more lines, a list more items and a table more rows,
 * and what was drawn before stays.
 *
 * @import { Token, Tokens } from "../vendor/marked.esm.js"
 * @import { Links } from "./markdown-lexer.js"
 *
 * @typedef {object} Block
 * @property {HTMLElement} node
 * @property {(token: Token, links: Links) => boolean} update false where the token is a block of another kind
 * @property {number} [settled] of a block of pieces: those before the ones that a token brings
 * @property {boolean} [isUneven] whether its pieces were drawn in two ways, so that it has to be drawn once more as a whole
 */

import { h } from "./dom.js";
import { render } from "./markdown-lexer.js";
import { CodeView } from "./code-block.js";
import { furnish } from "./media.js";
import { sanitise } from "./sanitise.js";
import { undrawn } from "./undrawn.js";

/** Rows. */
const LONG_TABLE = 100;

/**
 * @param {Token} token
 * @param {Links} links
 * @returns {Block}
 */
export function makeBlock(token, links) {
  try {
    if (isCode(token)) return new CodeBlock(/** @type {Tokens.Code} */ (token));
    const isPlain = Object.keys(links).length === 0;
    if (isPlain && token.type === "list") return new PieceBlock(LIST, /** @type {Tokens.List} */ (token));
    if (isPlain && token.type === "table") return new PieceBlock(TABLE, /** @type {Tokens.Table} */ (token));
    return new TextBlock(token, links);
  } catch (error) {
    console.warn("staysail-chat: a block could not be drawn", error);
    return new FailedBlock(token);
  }
}

class CodeBlock {
  #kind;
  #view;

  /** @param {Tokens.Code} token */
  constructor(token) {
    this.#kind = kindOf(token);
    this.#view = new CodeView((token.lang ?? "").split(/\s/)[0] ?? "", token.text);
  }

  get node() {
    return this.#view.node;
  }

  /** @param {Token} token */
  update(token) {
    const isSame = isCode(token) && kindOf(/** @type {Tokens.Code} */ (token)) === this.#kind;
    if (isSame) this.#view.update(/** @type {Tokens.Code} */ (token).text);
    return isSame;
  }
}

/** Whether it is shown as code; formulas are not. @param {Token} token */
const isCode = (token) => token.type === "code" && token.lang !== "math";

/** @param {Tokens.Code} token */
const kindOf = (token) => `code ${token.lang ?? ""}`;

class TextBlock {
  node = h("div", { class: "block", dir: "auto" });
  #html;

  /**
   * @param {Token} token
   * @param {Links} links
   */
  constructor(token, links) {
    this.#html = render([token], links);
    this.node.append(furnish(sanitise(this.#html)));
  }

  /**
   * @param {Token} token
   * @param {Links} links
   */
  update(token, links) {
    return !isCode(token) && this.#html === render([token], links);
  }
}

class FailedBlock {
  #raw;
  node;

  /** @param {Token} token */
  constructor({ raw }) {
    this.#raw = raw;
    this.node = undrawn(raw);
  }

  /** @param {Token} token */
  update({ raw }) {
    return raw === this.#raw;
  }
}

/**
 * The way in which a block is made of pieces. pieces: those of a token; key: the looks of a piece; only: a token with other pieces, for the parser; frame:
 * the visible rest of the block; way: how every piece is drawn; selector: where pieces are.
 * @template {Tokens.List | Tokens.Table} T
 * @typedef {{type: string, selector: string, pieces: (token: T) => any[], key: (piece: any) => string, only: (token: T, pieces: any[]) => T,
 *   frame: (token: T) => string, way?: (token: T) => unknown, grown?: (home: Element, count: number) => void}} Making
 */

/** @type {Making<Tokens.List>} */
const LIST = {
  type: "list",
  selector: "ol, ul",
  pieces: (token) => token.items,
  key: (item) => `${item.loose} ${item.checked} ${item.raw.trimEnd()}`,
  only: (token, items) => ({ ...token, items }),
  frame: (token) => `${token.ordered} ${token.start}`,
  way: (token) => token.loose,
};

/** @type {Making<Tokens.Table>} */
const TABLE = {
  type: "table",
  selector: "tbody",
  pieces: (token) => token.rows,
  key: (row) => row.map((/** @type {Tokens.TableCell} */ cell) => cell.text).join("\n"),
  only: (token, rows) => ({ ...token, rows }),
  frame: (token) => JSON.stringify([token.header.map(({ text }) => text), token.align]),
  // With columns of fixed width a new row lays out no other.
  grown: (home, count) => void home.parentElement?.classList.toggle("long", count > LONG_TABLE),
};

/** @template {Tokens.List | Tokens.Table} T */
class PieceBlock {
  node = h("div", { class: "block", dir: "auto" });
  #making;
  #frame;
  /** @type {string[]} */
  #keys = [];
  settled = 0;
  isUneven = false;
  #way;

  /**
   * @param {Making<T>} making
   * @param {T} token
   */
  constructor(making, token) {
    this.#making = making;
    this.#frame = making.frame(token);
    this.#way = making.way?.(token);
    const pieces = making.pieces(token);
    const drawn = this.#draw(token, pieces);
    this.node.append(drawn.fragment);
    this.#keys = pieces.map(making.key);
    if (drawn.nodes.length !== pieces.length) this.#keys = []; // HTML in it made other pieces: it is drawn as a whole
    const home = this.node.querySelector(making.selector);
    if (home) making.grown?.(home, pieces.length);
  }

  /**
   * @param {Token} token
   * @param {Links} links
   */
  update(token, links) {
    const { type, frame, pieces, key } = this.#making;
    if (token.type !== type || Object.keys(links).length) return false;
    const given = /** @type {T} */ (token);
    if (this.settled && this.#way !== this.#making.way?.(given)) this.isUneven = true;
    if (!this.settled && frame(given) !== this.#frame) return false;
    this.#way = this.settled ? this.#way : this.#making.way?.(given);
    const all = pieces(given);
    const keys = all.map(key);
    const known = this.#keys.slice(this.settled);
    let same = 0;
    while (same < keys.length && keys[same] === known[same]) same++;
    if (same === keys.length && same === known.length) return this.#keys.length > 0;
    const home = this.node.querySelector(this.#making.selector);
    if (!home || home.childElementCount !== this.#keys.length || !this.#keys.length) return false;
    const { nodes } = this.#draw(given, all.slice(same));
    if (nodes.length !== all.length - same) return false;
    for (const extra of [...home.children].slice(this.settled + same)) extra.remove();
    home.append(...nodes);
    this.#making.grown?.(home, this.settled + all.length);
    this.#keys.splice(this.settled + same, Infinity, ...keys.slice(same));
    return true;
  }

  /**
   * @param {T} token
   * @param {any[]} pieces
   * @returns {{fragment: DocumentFragment, nodes: Element[]}}
   */
  #draw(token, pieces) {
    const fragment = furnish(sanitise(render([this.#making.only(token, pieces)], {})));
    const home = fragment.querySelector(this.#making.selector);
    const nodes = [...(home?.childNodes ?? [])].filter((node) => node instanceof Element || node.textContent?.trim());
    // White space between pieces would tell where they were cut.
    if (nodes.every((node) => node instanceof Element)) home?.replaceChildren(...nodes);
    else nodes.length = 0; // HTML in it put text between the pieces
    return { fragment, nodes: /** @type {Element[]} */ (nodes) };
  }
}
