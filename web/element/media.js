/** Additions to sanitised text: a button to copy a code block, a button before a stranger's picture is loaded, wide tables that scroll. */

import { h, icon } from "./dom.js";

/** Pictures that are shown where their data is at hand. */
export const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif)$/;
const BOX_LINES = 60;

/** @param {DocumentFragment} fragment sanitised */
export function furnish(fragment) {
  for (const pre of fragment.querySelectorAll("pre")) {
    const code = pre.querySelector("code");
    const language = code?.className.replace("language-", "") ?? "";
    pre.replaceWith(codeBlock(language, (code ?? pre).textContent ?? "").node);
  }
  for (const picture of fragment.querySelectorAll("img")) {
    if (picture.dataset.source) picture.replaceWith(askForPicture(picture.dataset.source, picture.alt));
    else if (!picture.hasAttribute("src")) picture.replaceWith(picture.alt);
  }
  for (const table of fragment.querySelectorAll("table")) {
    const frame = h("div", { class: "wide", tabindex: 0, role: "group", "aria-label": "Table" });
    table.replaceWith(frame);
    frame.append(table);
  }
  return fragment;
}

/**
 * @param {string} language
 * @param {string} text
 * @returns {{node: HTMLElement, update: (text: string) => void}} `update` adds to the text where the new one begins with the old one
 */
export function codeBlock(language, text) {
  const content = h("code");
  let shown = "";
  /** @param {string} next */
  const update = (next) => {
    if (!next.startsWith(shown)) {
      content.replaceChildren();
      shown = "";
    }
    addLines(content, next.slice(shown.length));
    shown = next;
  };
  update(text);
  const copy = copyButton("Copy code", () => shown);
  const head = h("figcaption", {}, h("span", {}, language || "code"), copy);
  return { node: h("figure", { class: "code", part: "code" }, head, h("pre", { tabindex: 0, dir: "ltr" }, content)), update };
}

/**
 * Adds text in boxes of so many lines: a browser lays out a whole box when a letter of it changes.
 * @param {HTMLElement} content
 * @param {string} text
 */
function addLines(content, text) {
  let rest = text;
  while (rest) {
    let box = content.lastElementChild;
    let count = box?.textContent?.split("\n").length ?? Infinity;
    if (!box || count > BOX_LINES) {
      box = content.appendChild(h("span", { class: "lines" }));
      count = 1;
    }
    let end = 0;
    for (; count <= BOX_LINES && end < rest.length; count++) end = rest.indexOf("\n", end) + 1 || rest.length;
    const piece = rest.slice(0, end);
    if (box.firstChild instanceof Text) box.firstChild.appendData(piece);
    else box.append(piece);
    rest = rest.slice(end);
  }
}

/**
 * @param {string} label
 * @param {() => string} text
 */
export function copyButton(label, text) {
  const words = h("span", { class: "label" }, label);
  const button = h(
    "button",
    { type: "button", class: "quiet", part: "button", title: label, click: () => void copy() },
    icon("copy"),
    words,
  );
  const copy = async () => {
    const done = await navigator.clipboard.writeText(text()).then(
      () => true,
      () => false,
    );
    words.textContent = done ? "Copied" : "The browser did not allow copying";
    button.querySelector("svg")?.replaceWith(icon(done ? "check" : "copy"));
    setTimeout(() => {
      words.textContent = label;
      button.querySelector("svg")?.replaceWith(icon("copy"));
    }, 2000);
  };
  return button;
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
