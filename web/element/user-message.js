/** A message of the user: the text as it was typed, and the attachments. */

/** @import { Part, Prompt, TextPart } from "./types.js" */

import { partsOf } from "./conversation.js";
import { h } from "./dom.js";
import { PICTURE } from "./media.js";

const ATTACHED = /^Attached file (.+):\n\n/;

/** @param {Prompt | Part[]} prompt */
export function userMessage(prompt) {
  const parts = partsOf({ content: prompt });
  const said = parts.filter((part) => part.type === "text" && !ATTACHED.test(part.text));
  const files = parts.filter((part) => !said.includes(part));
  return h(
    "article",
    { class: "message user", part: "message message-user" },
    h("h3", { class: "who" }, "You"),
    files.length > 0 && h("ul", { class: "attachments" }, ...files.map((part) => h("li", {}, attachment(part)))),
    ...said.map((part) => h("p", { class: "said", dir: "auto" }, String(/** @type {TextPart} */ (part).text))),
  );
}

/** @param {Prompt} prompt the words alone, to be edited */
export function wordsOf(prompt) {
  return partsOf({ content: prompt })
    .filter((part) => part.type === "text" && !ATTACHED.test(part.text))
    .map((part) => /** @type {TextPart} */ (part).text)
    .join("\n");
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
