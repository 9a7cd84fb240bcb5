/**
 * The long texts of the timeline, such as raw requests: each request of a chat holds the whole chat, so that all of them together grow with its
 * square. The latest are kept, and of those before only their beginnings.
 *
 * @import { Span } from "../../web/types.js"
 */

/** Characters from which a text is long. */
const LONG = 2_000;
/** Characters of long texts that are kept in all. */
const MOST = 2_000_000;
const BEGINNING = 200;

/** @typedef {{holder: Record<string, unknown>, name: string, length: number}} TextPlace */

export class LongTexts {
  /** Places of long texts, the oldest first. @type {TextPlace[]} */
  #places = [];
  #length = 0;

  /** Takes the long texts of a span into account, and shortens those of others where there are too many. @param {Span} span */
  add({ attributes, events }) {
    for (const holder of [attributes, ...events.map((event) => event.attributes)]) {
      for (const [name, text] of Object.entries(holder)) {
        if (typeof text !== "string" || text.length <= LONG) continue;
        this.#places.push({ holder, name, length: text.length });
        this.#length += text.length;
      }
    }
    while (this.#length > MOST) {
      const { holder, name, length } = /** @type {TextPlace} */ (this.#places.shift());
      holder[name] = beginningOf(String(holder[name]));
      this.#length -= length;
    }
  }

  clear() {
    this.#places = [];
    this.#length = 0;
  }
}

/** A copy, as a part of a string keeps the whole of it in memory. @param {string} text */
function beginningOf(text) {
  const beginning = [...text.slice(0, BEGINNING)].join("");
  return [beginning, ` … (${text.length.toLocaleString("en")} characters; the timeline keeps the latest alone)`].join("");
}
