/** What a user's message consists of: the text as it was typed, and the attachments. */

/** @import { MediaPart, Part, Prompt, TextPart } from "./types.js" */

import { partsOf } from "./conversation.js";
import { h } from "./dom.js";
import { PICTURE } from "./media.js";

const ATTACHED = /^Attached file (.+):\n\n/;

/**
 * @param {Part} part
 * @returns {part is TextPart}
 */
const isSaid = (part) => part.type === "text" && !ATTACHED.test(part.text);

/** Draws the attachments and the words of a message. @param {Prompt | Part[]} prompt */
export function drawContent(prompt) {
  const parts = partsOf({ content: prompt });
  const files = parts.filter((part) => !isSaid(part));
  return [
    ...(files.length ? [h("ul", { class: "attachments" }, ...files.map((part) => h("li", {}, attachment(part))))] : []),
    ...parts.filter(isSaid).map(({ text }) => h("p", { class: "said", dir: "auto" }, String(text))),
  ];
}

/** @param {Prompt | Part[]} prompt the words alone, to be edited */
export function wordsOf(prompt) {
  return partsOf({ content: prompt })
    .filter(isSaid)
    .map(({ text }) => text)
    .join("\n");
}

/**
 * Returns a message with other words, and the attachments that it had.
 * @param {Prompt | Part[]} prompt
 * @param {string} words
 * @returns {Prompt}
 */
export function withWords(prompt, words) {
  const files = /** @type {(TextPart | MediaPart)[]} */ (partsOf({ content: prompt }).filter((part) => !isSaid(part)));
  if (!files.length) return words;
  return words ? [...files, { type: "text", text: words }] : files;
}

/** @param {Part} part a picture, or the name of what else it is */
export function attachment(part) {
  if (part.type === "text") return h("span", { class: "file-name" }, ATTACHED.exec(part.text)?.[1]);
  if (!("mediaType" in part || "data" in part || "url" in part)) return h("span", { class: "file-name" }, `A part of kind ${part.type}`);
  if (part.type === "image" && part.data && PICTURE.test(String(part.mediaType))) {
    return h("img", { class: "thumbnail", src: `data:${part.mediaType};base64,${part.data}`, alt: part.name ?? "attached picture" });
  }
  return h("span", { class: "file-name" }, String(part.name ?? part.url ?? part.type));
}
