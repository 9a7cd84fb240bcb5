/** The list of files, a row each: files that are being added, files that could not be added, and stored files. */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { COLOURS } from "./map.js";

/**
 * @typedef {"waiting" | "working" | "done" | "skipped" | "failed" | "stored"} State
 * @typedef {{node: HTMLElement, say: (words: string, state?: State) => void, advance: (done: number, total: number) => void, keep: (count: number, unread: number, colour: number) => void}} Row */

/** @param {(name: string) => void} remove deletes a file */
export function watchList(remove) {
  const list = find("documents-list", HTMLUListElement);
  /** @type {Map<string, Row>} */
  let rows = new Map();
  /** Names of stored files, in order. @type {string[]} */
  let stored = [];

  const arrange = () => {
    const others = [...rows.keys()].filter((name) => !stored.includes(name));
    const nodes = [...others, ...stored].map((name) => /** @type {Row} */ (rows.get(name)).node);
    const isSame = nodes.length === list.children.length && nodes.every((node, at) => node === list.children[at]);
    if (!isSame) list.replaceChildren(...nodes); // only then, as it takes the focus away
    find("documents-none", HTMLElement).hidden = nodes.length > 0;
  };
  const rowOf = (/** @type {string} */ name) => {
    const row = rows.get(name) ?? makeRow(name, () => remove(name));
    rows.set(name, row);
    return row;
  };

  return {
    /**
     * Shows files that wait. Removes the rows of earlier files that could not be added.
     * @param {string[]} names
     * @returns {Row[]}
     */
    begin(names) {
      for (const [name, { node, say }] of rows) {
        const state = node.dataset.state ?? "";
        if (!["done", "skipped", "failed"].includes(state)) continue;
        if (stored.includes(name)) say("", "stored");
        else rows.delete(name);
      }
      const added = names.map(rowOf);
      for (const { say } of added) say("waiting", "waiting");
      arrange();
      return added;
    },

    /**
     * Shows which files are stored.
     * @param {Map<string, number>} files passages by name, in order
     * @param {Map<string, number>} unread passages without meaning, by name
     */
    show(files, unread) {
      stored = [...files.keys()];
      rows = new Map([...rows].filter(([name, { node }]) => files.has(name) || !["stored", "done"].includes(node.dataset.state ?? "")));
      stored.forEach((name, at) => void rowOf(name).keep(files.get(name) ?? 0, unread.get(name) ?? 0, at % COLOURS));
      for (const [name, row] of rows) if (!files.has(name)) row.keep(0, 0, 0);
      arrange();
    },
  };
}

/**
 * @param {string} name
 * @param {() => void} remove
 * @returns {Row}
 */
function makeRow(name, remove) {
  const state = h("span", { class: "adding-state" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": name, hidden: true });
  const key = h("span", { class: "map-key", "aria-hidden": "true", hidden: true });
  const passages = h("span", { class: "language" });
  const button = h("button", { type: "button", "aria-label": `Delete ${name}`, hidden: true, click: remove }, "Delete");
  const node = h(
    "li",
    { "data-state": "stored" },
    key,
    h("span", { class: "document-file" }, h("span", { class: "document-name", dir: "auto" }, name), state, bar),
    passages,
    button,
  );
  return {
    node,
    say(words, to = "working") {
      state.textContent = words;
      node.dataset.state = to;
      bar.hidden = to !== "working";
    },
    advance(done, total) {
      if (total) Object.assign(bar, { max: total, value: done });
      else bar.removeAttribute("value");
    },
    keep(count, unread, colour) {
      key.className = `map-key colour-${colour}`;
      key.hidden = button.hidden = passages.hidden = !count;
      const shown = unread ? `${count - unread} of ${count}` : String(count);
      const words = unread ? " passages found by meaning" : count === 1 ? " passage" : " passages";
      passages.replaceChildren(shown, h("span", { class: "visually-hidden" }, words));
    },
  };
}
