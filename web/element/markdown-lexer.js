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
/** Characters of a list item: the parser reads it again at each of its lines. */
const MOST_ITEM = 32_000;
/** Letters and digits without a space: the parser looks for an address from many of them. */
const MOST_WORD = 16_000;
const WORD = /[\w.+-]+/g;
const BULLET = /^( {0,3})(?:[-*+]|\d{1,9}[.)])(?:[ \t]|\n|$)/;
/** Characters of the first two lines of a table. */
const MOST_TABLE_HEAD = 40_000;
const RULE = /^(?=.*[|:])[-:| \t]*-[-:| \t]*$/;
/** Characters in which a paragraph is looked for first. */
const FEW = 400;
const MOST_PIECES = 500;
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
      const [head, rule = ""] = source.slice(0, MOST_TABLE_HEAD).split("\n", 2);
      // The parser reads a table to its end before it compares the two.
      if (!RULE.test(rule) || cellsOf(head) !== cellsOf(rule)) return undefined;
      const columns = cellsOf(head);
      if (columns < 20) return false;
      return columns * linesOf(source).length <= MOST_CELLS ? false : undefined;
    },
    /** @returns {any} */
    lheading(source) {
      return UNDERLINE.test(`${source.slice(0, MOST_HEADING)}${source.length > MOST_HEADING ? "" : "\n"}`) ? false : undefined;
    },
    /** @returns {any} */
    list(source) {
      const item = longItem(source);
      if (!item) return false;
      /** @type {BoundedLexer} */ (this.lexer).isLimited = true;
      return unread(item);
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

/**
 * The text up to the end of a list's first item that is too long, or as far as that is known; undefined where none is.
 * @param {string} source
 */
function longItem(source) {
  const indent = BULLET.exec(source)?.[1].length;
  if (indent === undefined) return undefined;
  let start = 0;
  let isAfterBlank = false;
  for (let at = 0; at < source.length; ) {
    const end = source.indexOf("\n", at) + 1 || source.length;
    const line = source.slice(at, Math.min(end, at + 16));
    const bullet = BULLET.exec(line);
    if (bullet && bullet[1].length <= indent) start = at;
    else if (isAfterBlank && /^ {0,1}[^ \t\n]/.test(line)) return undefined;
    if (end - start > MOST_ITEM) return source.slice(0, end);
    isAfterBlank = !line.trim();
    at = end;
  }
  return undefined;
}

/** Cells of a line of a table. @param {string} line */
const cellsOf = (line) =>
  line
    .replace(/\\./g, "x")
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|").length;

/** Whether a word is longer than the parser can take. @param {string} source */
function hasLongWord(source) {
  return source.length > MOST_WORD && (source.match(WORD) ?? []).some((word) => word.length > MOST_WORD);
}

class BoundedLexer extends Lexer {
  /** Whether some of the text was left as it is. */
  isLimited = false;
  #depth = 0;
  #inlineDepth = 0;
  #room = 0;

  /** @param {any} options */
  constructor(options) {
    super(options);
    const { rules } = /** @type {any} */ (this).tokenizer;
    const { paragraph } = rules.block;
    // From each line of a paragraph the parser looks for a table, to its end: it sees a part of what follows.
    const read = (/** @type {string} */ source) => {
      for (let most = FEW; ; most *= 8) {
        const found = paragraph.exec(source.slice(0, most));
        if (!found || most >= source.length || found[0].length < most / 2) return found;
      }
    };
    // A paragraph that ends before what could be a table or HTML, and is neither, goes on: the parser copies it for each such piece.
    let rest = -1;
    let pieces = 0;
    const exec = (/** @type {string} */ source) => {
      pieces = rest - source.length === 0 || rest - source.length === 1 ? pieces + 1 : 0; // with the line's end or without
      const whole = pieces > MOST_PIECES ? linesOf(source).join("\n") : "";
      const found = whole.trim() ? [whole, whole] : read(source);
      rest = found ? source.length - found[0].length : -1;
      return found;
    };
    /** @type {any} */ (this).tokenizer.rules = { ...rules, block: { ...rules.block, paragraph: { exec } } };
  }

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
    if (this.#inlineDepth > MOST_DEPTH || this.#room < 0 || pairs > MOST_PAIRS || hasLongWord(source)) {
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
