/** What the user said: their text as they typed it, and the names of what they attached. */

/** @import { MediaPart, Part, Prompt, TextPart } from "./types.js" */

import { h } from "./dom.js";

const ATTACHED = /^Attached file (.+):\n\n/;

/** @param {Prompt | Part[]} prompt */
export function userMessage(prompt) {
  const parts = typeof prompt === "string" ? [{ type: /** @type {const} */ ("text"), text: prompt }] : prompt;
  const said = parts.filter((part) => part.type === "text" && !ATTACHED.test(part.text));
  const files = parts.filter((part) => !said.includes(part));
  return h(
    "article",
    { class: "message user", part: "message message-user" },
    h("h3", { class: "who" }, "You"),
    files.length > 0 &&
      h("ul", { class: "attachments" }, ...files.map((part) => h("li", {}, attachment(/** @type {TextPart | MediaPart} */ (part))))),
    ...said.map((part) => h("p", { class: "said", dir: "auto" }, /** @type {TextPart} */ (part).text)),
  );
}

/** @param {Prompt} prompt the words alone, to be edited */
export function wordsOf(prompt) {
  if (typeof prompt === "string") return prompt;
  return prompt
    .filter((part) => part.type === "text" && !ATTACHED.test(part.text))
    .map((part) => /** @type {TextPart} */ (part).text)
    .join("\n");
}

/** @param {TextPart | MediaPart} part */
function attachment(part) {
  if (part.type === "text") return h("span", { class: "file-name" }, ATTACHED.exec(part.text)?.[1]);
  if (part.type === "image" && part.data) {
    return h("img", { class: "thumbnail", src: `data:${part.mediaType};base64,${part.data}`, alt: part.name ?? "attached picture" });
  }
  return h("span", { class: "file-name" }, part.name ?? part.url ?? part.type);
}
