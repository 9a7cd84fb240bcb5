/**
 * Markdown within bounds. A model's text may be nested a thousand deep, or take a parser minutes: text beyond a limit stays text.
 * Limits hold for depth, for the work on one text, for the cells of a table and for what references to links add.
 *
 * @import { Token, Tokens } from "../vendor/marked.esm.js"
 * @typedef {import("../vendor/marked.esm.js").Links} Links
 */

import { Lexer, Marked } from "../vendor/marked.esm.js";
import { EXTRAS, escapeHtml } from "./markdown-extras.js";

/** Headings of an answer stand below the chat's own. */
const HEADINGS_ABOVE = 3;
const MOST_DEPTH = 40;
/** Characters that are read again, for each of a text: in a quote of a quote they are read thrice. */
const MOST_READINGS = 64;
/** Marks of a paragraph by its length: the time that emphasis takes. */
const MOST_PAIRS = 1e7;
const MOST_CELLS = 20_000;
/** Lines of a quote that go on without its mark. */
const MOST_CHANGES = 200;
/** Characters of a heading that is underlined: a parser looks for the line below from each line of a list item. */
const MOST_HEADING = 4000;
const UNDERLINE = /\n {0,3}(?:=+|-+) *\n/;
const QUOTE = /^ {0,3}>/;
const MARK = /[!"&*:<@[\\_`~]/g;

/** Characters that references to links may still add to the text. */
let linkRoom = 0;

const marked = new Marked({
  gfm: true,
  tokenizer: {
    /** @returns {any} false: as always; undefined: no table */
    table(source) {
      const columns = source.slice(0, Math.max(0, source.indexOf("\n"))).split("|").length;
      if (columns < 20) return false;
      return columns * linesOf(source).length <= MOST_CELLS ? false : undefined;
    },
    /** @returns {any} */
    lheading(source) {
      return UNDERLINE.test(`${source.slice(0, MOST_HEADING)}${source.length > MOST_HEADING ? "" : "\n"}`) ? false : undefined;
    },
    /** @returns {any} */
    blockquote(source) {
      if (!QUOTE.test(source)) return undefined;
      const lines = linesOf(source);
      const changes = lines.filter((line, at) => at > 0 && QUOTE.test(line) && !QUOTE.test(lines[at - 1])).length;
      return changes <= MOST_CHANGES ? false : unread(lines.join("\n"));
    },
  },
  extensions: EXTRAS,
  renderer: {
    heading({ tokens, depth }) {
      const level = Math.min(6, depth + HEADINGS_ABOVE);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
    checkbox({ checked }) {
      return checked ? "☑ " : "☐ ";
    },
    link({ href, title, raw, tokens }) {
      linkRoom -= Math.max(0, href.length + (title?.length ?? 0) - raw.length);
      return linkRoom < 0 ? this.parser.parseInline(tokens) : false;
    },
    image({ href, title, raw, text }) {
      linkRoom -= Math.max(0, href.length + (title?.length ?? 0) - raw.length);
      return linkRoom < 0 ? escapeHtml(text) : false;
    },
  },
});

/**
 * Lines up to the first empty one.
 * @param {string} source
 */
function linesOf(source) {
  const end = source.search(/\n[ \t]*\n/);
  return source.slice(0, end < 0 ? source.length : end).split("\n");
}

class BoundedLexer extends Lexer {
  /** Whether some of the text was left as it is. */
  isLimited = false;
  #depth = 0;
  #inlineDepth = 0;
  #room = 0;

  /**
   * @param {string} source
   * @override
   */
  lex(source) {
    this.#room = MOST_READINGS * source.length + 1e6;
    return super.lex(source);
  }

  /**
   * @param {string} source
   * @param {any} tokens as of a list, or with links
   * @param {boolean} [clipped]
   * @returns {any}
   * @override
   */
  blockTokens(source, tokens = [], clipped = undefined) {
    this.#room -= source.length;
    if (this.#depth > MOST_DEPTH || this.#room < 0) {
      this.isLimited = true;
      if (source.trim()) tokens.push(unread(source));
      return tokens;
    }
    this.#depth++;
    try {
      return super.blockTokens(source, tokens, clipped);
    } finally {
      this.#depth--;
    }
  }

  /**
   * @param {string} source
   * @param {Token[]} tokens
   * @override
   */
  inlineTokens(source, tokens = []) {
    this.#room -= source.length;
    const pairs = source.length * (source.length > 1000 ? (source.match(MARK)?.length ?? 0) : 0);
    if (this.#inlineDepth > MOST_DEPTH || this.#room < 0 || pairs > MOST_PAIRS) {
      this.isLimited = true;
      tokens.push(plain(source));
      return tokens;
    }
    this.#inlineDepth++;
    try {
      return super.inlineTokens(source, tokens);
    } finally {
      this.#inlineDepth--;
    }
  }
}

/**
 * The top-level blocks of a text, with `links`: what it defines for references.
 * @param {string} text
 * @returns {{tokens: Token[], links: Links, isLimited: boolean}} isLimited: some of it stays as it was written
 */
export function lex(text) {
  const lexer = new BoundedLexer({ ...marked.defaults });
  try {
    const tokens = lexer.lex(text);
    return { tokens, links: tokens.links, isLimited: lexer.isLimited };
  } catch {
    // A fault of the parser.
    return { tokens: [unread(text)], links: {}, isLimited: true };
  }
}

/**
 * @param {Token[]} tokens
 * @param {Links} links
 * @returns {string} HTML that is not safe yet
 */
export function render(tokens, links) {
  linkRoom = 1e5 + tokens.reduce((length, { raw }) => length + raw.length, 0);
  return marked.parser(Object.assign(tokens, { links }));
}

/**
 * A paragraph of what stays as it was written.
 * @param {string} text
 * @returns {Tokens.Paragraph}
 */
function unread(text) {
  return { type: "paragraph", raw: text, text, tokens: [plain(text)] };
}

/**
 * @param {string} text
 * @returns {Tokens.Text}
 */
function plain(text) {
  return { type: "text", raw: text, text, escaped: false };
}
