/** Formulas in TeX, drawn as MathML by a library that is loaded with the first one. Until then, and where it fails, the source stands there. */

import { h } from "./dom.js";

/** Longer formulas stay as they were written. */
const MOST_CHARACTERS = 4_000;
/** What a formula needs to be drawn; a link, a picture or a handler is none of it. */
const UNWANTED = /^(?:href|src|id|on|xlink)/i;

/** @type {any} */
let library;
/** @type {Promise<any> | undefined} */
let loading;

/**
 * @param {string} source TeX
 * @param {boolean} isBlock whether it stands on a line of its own
 * @returns {HTMLElement}
 */
export function formula(source, isBlock) {
  const node = h("span", { class: isBlock ? "math math-block" : "math", dir: "ltr" }, h("code", {}, source));
  if (isBlock) {
    node.setAttribute("tabindex", "0");
    node.setAttribute("role", "group");
    node.setAttribute("aria-label", "Formula");
  }
  if (source.length > MOST_CHARACTERS) return node;
  if (library) draw(node, source, isBlock);
  else void load().then(() => library && draw(node, source, isBlock));
  return node;
}

async function load() {
  try {
    loading ??= import(/** @type {string} */ ("../vendor/temml/temml.mjs"));
    library ??= (await loading).default;
  } catch {
    loading = undefined; // without a network: the source stays
  }
}

/**
 * @param {HTMLElement} node
 * @param {string} source
 * @param {boolean} isBlock
 */
function draw(node, source, isBlock) {
  const drawn = h("span");
  try {
    library.render(source, drawn, { displayMode: isBlock, throwOnError: true, trust: false, maxSize: [20, 40], maxExpand: 200 });
  } catch {
    return; // no TeX, or a part of it that the library does not know
  }
  for (const part of drawn.querySelectorAll("*")) {
    for (const { name } of [...part.attributes]) if (UNWANTED.test(name)) part.removeAttribute(name);
  }
  node.replaceChildren(...drawn.childNodes);
  node.classList.add("math-drawn");
}
