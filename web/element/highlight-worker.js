/**
 * Finds the colours of code, beside the page's thread: a long block takes a second. In: {id, language, text}. Out: {id, tokens}, with tokens as
 * pairs of text and kind, or null where the language is unknown.
 */

import library from "../vendor/highlight/highlight.min.js";

const ENTITIES = /** @type {Record<string, string>} */ ({ "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'" });

addEventListener("message", ({ data: { id, language, text } }) => {
  let tokens = null;
  try {
    if (library.getLanguage(language)) tokens = tokensOf(library.highlight(text, { language, ignoreIllegals: true }).value);
  } catch {
    // The library fails on this text: it stays without colours.
  }
  postMessage({ id, tokens });
});

/**
 * Takes the library's HTML apart, which holds spans and text alone.
 * @param {string} html
 */
function tokensOf(html) {
  /** @type {[string, string][]} */
  const tokens = [];
  const open = [""];
  for (const [piece, kind] of html.matchAll(/<span class="hljs-([a-z_-]+)[^"]*">|<[^>]*>|[^<]+/g)) {
    if (kind) open.push(kind);
    else if (piece.startsWith("<span")) open.push(open.at(-1) ?? "");
    else if (piece === "</span>") open.pop();
    else tokens.push([piece.replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES[entity]), open.at(-1) ?? ""]);
  }
  return tokens;
}
