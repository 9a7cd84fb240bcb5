/** Parts that cannot be drawn, as text with a note: a fault in one part hides nothing else of a chat. */

import { h } from "./dom.js";

/** Characters that are shown of a part. */
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
