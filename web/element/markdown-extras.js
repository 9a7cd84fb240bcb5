/**
 * Formulas and footnotes in Markdown: extensions of the parser. A formula becomes code of the language "math", which media.js draws. Every
 * search ends after so many characters, because the parser asks again at each place; and none ends a paragraph, because the parser would
 * read the rest of the text again for each.
 */

/** @import { TokenizerAndRendererExtension } from "../vendor/marked.esm.js" */

const MOST_INLINE = 1_000;
const MOST_BLOCK = 4_000;
const WINDOW = 256;
const ENTITIES = /** @type {Record<string, string>} */ ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" });

/** @param {string} text */
export function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
}

/** @type {TokenizerAndRendererExtension[]} */
export const EXTRAS = [
  {
    name: "mathBlock",
    level: "block",
    tokenizer: readBlock,
    renderer: ({ text }) => `<p><code class="language-math-block">${escapeHtml(text)}</code></p>\n`,
  },
  {
    name: "math",
    level: "inline",
    start: (source) => inLine(source, /\$|\\[([]/),
    tokenizer: (source) => {
      const found =
        betweenDollars(source) ||
        (source.startsWith("\\(") && enclosed(source, 2, "\\)", MOST_INLINE)) ||
        (source.startsWith("\\[") && enclosed(source, 2, "\\]", MOST_BLOCK)) ||
        (source.startsWith("$$") && enclosed(source, 2, "$$", MOST_BLOCK));
      // An escaped bracket may be no formula: "\\[sic\\]".
      if (source.startsWith("\\[") && found && !/[\\^_=<>+\d]/.test(found.text)) return undefined;
      if (!found) return undefined;
      const isBlock = source.startsWith("\\[") || source.startsWith("$$");
      return { type: "math", raw: source.slice(0, found.end), text: found.text.trim(), isBlock };
    },
    renderer: ({ text, isBlock }) => `<code class="language-math${isBlock ? "-block" : ""}">${escapeHtml(text)}</code>`,
  },
  {
    name: "footnote",
    level: "inline",
    start: (source) => inLine(source, /\[\^/),
    tokenizer: (source) => {
      const found = /^\[\^([\w-]{1,30})\](?!:)/.exec(source);
      return found ? { type: "footnote", raw: found[0], text: found[1] } : undefined;
    },
    renderer: ({ text }) => `<sup>${escapeHtml(text)}</sup>`,
  },
  {
    name: "footnoteText",
    level: "block",
    tokenizer(source) {
      const found = /^\[\^([\w-]{1,30})\]:[ \t]*([^\n]*)(?:\n+|$)/.exec(source);
      return found ? { type: "footnoteText", raw: found[0], text: found[1], tokens: this.lexer.inlineTokens(found[2]) } : undefined;
    },
    renderer({ text, tokens }) {
      return `<p><small><sup>${escapeHtml(text)}</sup> ${this.parser.parseInline(tokens ?? [])}</small></p>\n`;
    },
  },
];

/**
 * A formula in lines of its own.
 * @param {string} source
 */
function readBlock(source) {
  const opened = /^ {0,3}(\$\$|\\\[)/.exec(source);
  const found = opened && enclosed(source, opened[0].length, opened[1] === "$$" ? "$$" : "\\]", MOST_BLOCK);
  const after = found ? /^[ \t]*(?:\n+|$)/.exec(source.slice(found.end, found.end + 1_000)) : null;
  return found && after ? { type: "mathBlock", raw: source.slice(0, found.end) + after[0], text: found.text.trim() } : undefined;
}

/**
 * The first place of a pattern within the next characters, or where to look again: the parser asks at each piece of text, and joins the pieces.
 * @param {string} source
 * @param {RegExp} pattern
 */
function inLine(source, pattern) {
  const at = source.slice(0, WINDOW).search(pattern);
  return at < 0 ? (source.length > WINDOW ? WINDOW : undefined) : at;
}

/**
 * The text up to a closing mark, where that comes before an empty line.
 * @param {string} source
 * @param {number} from
 * @param {string} close
 * @param {number} most
 * @returns {{text: string, end: number} | undefined}
 */
function enclosed(source, from, close, most) {
  const near = source.slice(from, from + most);
  const at = near.indexOf(close);
  const text = near.slice(0, Math.max(0, at));
  return at > 0 && text.trim() && !/\n[ \t]*\n/.test(text) ? { text, end: from + at + close.length } : undefined;
}

/**
 * The text between two dollars with no space inside of them and no letter or digit behind, so that "$5 and $6" is money.
 * @param {string} source
 * @returns {{text: string, end: number} | undefined}
 */
function betweenDollars(source) {
  if (!/^\$[^\s$]/.test(source)) return undefined;
  const near = source.slice(0, MOST_INLINE);
  for (let at = near.indexOf("$", 2); at > 0; at = near.indexOf("$", at + 1)) {
    if (near[at - 1] === "\\") continue;
    const text = near.slice(1, at);
    return /\s$/.test(text) || /\n[ \t]*\n/.test(text) || /^[\w$]/.test(source.slice(at + 1)) ? undefined : { text, end: at + 1 };
  }
  return undefined;
}
