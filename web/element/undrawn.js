/** What cannot be drawn as it is meant is shown as text, with a word about it: nothing of a chat is lost for one part of it. */

import { h } from "./dom.js";

/** More than anybody reads of it. */
const MOST_SHOWN = 100_000;

/**
 * @param {string} text
 * @param {string} [why]
 */
export function undrawn(text, why = "This part could not be drawn. Here it is as text.") {
  const cut = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)} […]` : text;
  return h(
    "div",
    { class: "undrawn", part: "notice" },
    h("p", { class: "undrawn-note" }, why),
    h("pre", { tabindex: 0, dir: "auto", "aria-label": "The part as text" }, cut),
  );
}

/**
 * Draws something, or shows it as text where that throws.
 * @template {Node} N
 * @param {() => N} draw
 * @param {() => string} text
 * @returns {N | HTMLElement}
 */
export function drawOr(draw, text) {
  try {
    return draw();
  } catch (error) {
    console.warn("staysail-chat: a part could not be drawn", error);
    return undrawn(text());
  }
}
