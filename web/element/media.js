/** Additions to sanitised text: code blocks, formulas, a button before a stranger's picture is loaded, tables that scroll and are copied. */

import { CodeView } from "./code-block.js";
import { copyButton } from "./copy-button.js";
import { h } from "./dom.js";
import { formula } from "./math.js";

/** Marks of formulas, which markdown-lexer.js sets. */
const MATH = "code:is(.language-math, .language-math-block)";
/** Pictures whose data is in the text itself: they are shown. */
export const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif)$/;

/** @param {DocumentFragment} fragment sanitised */
export function furnish(fragment) {
  for (const pre of fragment.querySelectorAll("pre")) {
    const code = pre.querySelector("code");
    const language = code?.className.replace("language-", "") ?? "";
    const text = (code ?? pre).textContent ?? "";
    pre.replaceWith(language === "math" ? formula(text, true) : new CodeView(language, text).node);
  }
  for (const code of fragment.querySelectorAll(MATH))
    code.replaceWith(formula(code.textContent ?? "", code.matches(".language-math-block")));
  for (const item of fragment.querySelectorAll("li")) {
    if (/^\s*[☐☑]/.test(item.textContent ?? "")) item.classList.add("task");
  }
  for (const picture of fragment.querySelectorAll("img")) {
    if (picture.dataset.source) picture.replaceWith(askForPicture(picture.dataset.source, picture.alt));
    else if (!picture.hasAttribute("src")) picture.replaceWith(picture.alt);
  }
  for (const table of fragment.querySelectorAll("table")) frameTable(table);
  return fragment;
}

/**
 * A table in a frame that scrolls, with a button that copies it.
 * @param {HTMLTableElement} table
 */
function frameTable(table) {
  const frame = h("div", { class: "wide", tabindex: 0, role: "group", "aria-label": "Table" });
  const copy = copyButton("Copy as CSV", () => csvOf(table));
  table.replaceWith(h("div", { class: "table" }, frame, h("div", { class: "table-foot" }, copy)));
  frame.append(table);
}

/** @param {HTMLTableElement} table */
export function csvOf(table) {
  const cell = (/** @type {string} */ text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [...table.rows].map((row) => [...row.cells].map(({ textContent }) => cell(textContent?.trim() ?? "")).join(",")).join("\r\n");
}

/**
 * @param {string} source
 * @param {string} alt
 */
function askForPicture(source, alt) {
  const host = URL.parse(source)?.host;
  if (!host) return alt || source; // an address that leads nowhere
  const words = `Show the picture ${alt ? `“${alt}” ` : ""}from ${host}`;
  const button = h("button", { type: "button", class: "picture", part: "button", title: source }, words);
  button.addEventListener("click", () => {
    // An isolated page may only show what its host agrees to.
    const picture = h("img", { alt, referrerpolicy: "no-referrer", crossorigin: crossOriginIsolated && "anonymous", src: source });
    picture.addEventListener("error", () =>
      picture.replaceWith(h("span", { class: "picture" }, `The picture from ${host} could not be loaded.`)),
    );
    button.replaceWith(picture);
  });
  return button;
}
