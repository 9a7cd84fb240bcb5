/** The search box: its hits with their scores, and the time that the search took. */

/** @import { Found } from "./collection.js" */

import { describeSource } from "../../web/stores/sources.js";
import { placeOf } from "../../web/element/citations.js";
import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { search, store } from "./collection.js";
import { openPassage } from "./passage.js";

/**
 * @param {{attempt: (work: () => Promise<void>) => Promise<void>, onFound: (query: string, found: Found) => void}} options
 * @returns {{offer: (files: string[]) => void}}
 */
export function watchSearch({ attempt, onFound }) {
  const query = find("documents-query", HTMLInputElement);
  const mode = find("documents-mode", HTMLSelectElement);
  const source = find("documents-source", HTMLSelectElement);
  const timing = find("documents-timing", HTMLOutputElement);
  const list = find("documents-hits", HTMLOListElement);

  let runs = 0;
  const run = () =>
    attempt(async () => {
      const mine = ++runs;
      const text = query.value.trim();
      if (!text) return;
      const found = await search(text, { mode: /** @type {"vector" | "keyword" | "hybrid"} */ (mode.value), source: source.value });
      const passages = await store.count();
      if (mine !== runs) return; // a later one shows its own
      timing.value = `${found.hits.length} of ${passages} passages. ${describeTimes(found)}`;
      list.replaceChildren(...found.hits.map(hitRow));
      onFound(text, found);
    });
  find("documents-search", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  for (const choice of [mode, source]) choice.addEventListener("change", run);

  return {
    offer(files) {
      const chosen = source.value;
      source.replaceChildren(h("option", { value: "" }, "All files"), ...files.map((name) => h("option", { value: name }, name)));
      source.value = files.includes(chosen) ? chosen : "";
    },
  };
}

/** @param {Found} found */
export function describeTimes({ embedMs, searchMs }) {
  return `${embedMs ? `${embedMs.toFixed(0)} ms to read the question, ` : ""}${searchMs.toFixed(1)} ms to search`;
}

/** @param {Found["hits"][number]} hit */
function hitRow(hit) {
  const found = describeSource(hit);
  const text = found.document.text.replace(/\s+/g, " ");
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", "data-id": found.id, click: () => openPassage(found.id, found.document.text) },
      h(
        "span",
        { class: "hit-head" },
        h("span", { class: "hit-source" }, found.source ?? found.id),
        h("span", { class: "hit-score" }, h("span", { class: "visually-hidden" }, "score "), found.score.toFixed(3)),
      ),
      h("span", { class: "hit-place" }, placeOf(found)),
      h("span", { class: "hit-text" }, text),
    ),
  );
}
