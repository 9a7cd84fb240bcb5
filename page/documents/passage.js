/** A dialog with a passage and the text around it. A file's content is shown as text, never as markup. */

import { placeOf } from "../../web/element/citations.js";
import { find } from "../find.js";
import { MARKUP } from "./passage-markup.js";
import { sourceOf, store } from "./collection.js";

const SHARED_CHARACTERS = 200;

document.body.append(document.createRange().createContextualFragment(MARKUP));
const dialog = find("passage", HTMLDialogElement);
const back = find("passage-back", HTMLButtonElement);
const on = find("passage-on", HTMLButtonElement);

let shown = "";
back.addEventListener("click", () => step(-1));
on.addEventListener("click", () => step(1));
find("passage-close", HTMLButtonElement).addEventListener("click", () => dialog.close());

/** @param {number} by */
const neighbour = (by) => `${sourceOf(shown)}#${Number(shown.slice(shown.lastIndexOf("#") + 1)) + by}`;

/** @param {number} by */
async function step(by) {
  await openPassage(neighbour(by));
}

/**
 * @param {string} id
 * @param {string} [otherwise] its text, where the store has it no more
 */
export async function openPassage(id, otherwise = "") {
  shown = id;
  const around = new Map((await store.get([neighbour(-1), id, neighbour(1)])).map((found) => [found.id, found]));
  const [before, here, after] = [neighbour(-1), id, neighbour(1)].map((name) => around.get(name));
  const text = String(here?.document ?? otherwise);
  find("passage-title", HTMLElement).textContent = sourceOf(id) || id;
  find("passage-place", HTMLElement).textContent = here
    ? [
        `passage ${Number(here.metadata.chunk) + 1} of ${here.metadata.chunks}`,
        placeOf({ id, score: 0, document: { id, text, metadata: here.metadata } }),
      ]
        .filter(Boolean)
        .join(", ")
    : "It is in the collection no more.";
  find("passage-before", HTMLElement).textContent = before ? `${cutAtEnd(String(before.document), text)} ` : "";
  find("passage-text", HTMLElement).textContent = text;
  find("passage-after", HTMLElement).textContent = after ? ` ${cutAtStart(text, String(after.document))}` : "";
  back.disabled = !before;
  on.disabled = !after;
  if (!dialog.open) dialog.showModal();
  find("passage-text", HTMLElement).scrollIntoView({ block: "center" });
}

/**
 * Returns the number of characters at the end of `earlier` that `later` repeats.
 * @param {string} earlier
 * @param {string} later
 */
function repeated(earlier, later) {
  for (let size = Math.min(SHARED_CHARACTERS, earlier.length, later.length); size > 0; size--)
    if (earlier.endsWith(later.slice(0, size))) return size;
  return 0;
}

/**
 * @param {string} earlier
 * @param {string} later
 */
const cutAtEnd = (earlier, later) => earlier.slice(0, earlier.length - repeated(earlier, later));

/**
 * @param {string} earlier
 * @param {string} later
 */
const cutAtStart = (earlier, later) => later.slice(repeated(earlier, later));
