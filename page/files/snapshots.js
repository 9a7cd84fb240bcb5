/** @import { Opened } from "./opened.js" */
/** @import { Snapshot } from "../../web/toolfs/types.js" */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { attempt, tell } from "./status.js";

/**
 * @param {Opened} opened
 * @param {() => Promise<void>} onRollback
 * @returns {{refresh: () => Promise<void>}}
 */
export function watchSnapshots({ toolfs, me }, onRollback) {
  const list = find("snapshots-list", HTMLUListElement);
  const diff = find("snapshots-diff", HTMLElement);

  const compare = async (/** @type {string} */ name) => {
    const { added, removed, changed, states } = await toolfs.snapshots.diff(name, null, me);
    const lines = [
      ["added", added],
      ["changed", changed],
      ["removed", removed],
      ["other", states],
    ].flatMap(([what, paths]) =>
      /** @type {string[]} */ (paths).map((path) =>
        h("li", { class: `diff-${what}` }, h("span", { class: "language" }, String(what)), " ", h("code", {}, path)),
      ),
    );
    diff.replaceChildren(
      h("p", { class: "note" }, lines.length ? `Since ${name}:` : `Nothing has changed since ${name}.`),
      h("ul", { class: "diff" }, ...lines),
    );
  };
  const rollback = async (/** @type {string} */ name) => {
    if (!confirm(`Make all files, memory and skills as they were in ${name}? What came later is gone.`)) return;
    await toolfs.snapshots.rollback(name, me);
    tell(`Everything is as it was in ${name}`);
    diff.replaceChildren();
    await onRollback();
  };
  const row = (/** @type {Snapshot} */ { name, createdAt, files }) =>
    h(
      "li",
      {},
      h("span", { class: "snapshot-name" }, name),
      h("span", { class: "language" }, `${new Date(createdAt).toLocaleString()}, ${files} files`),
      h(
        "span",
        { class: "row-buttons" },
        h("button", { type: "button", "aria-label": `Compare ${name} with now`, click: () => attempt(() => compare(name)) }, "Compare"),
        h("button", { type: "button", "aria-label": `Roll back to ${name}`, click: () => attempt(() => rollback(name)) }, "Roll back"),
      ),
    );
  const refresh = async () => {
    const found = /** @type {Snapshot[] | undefined} */ (await attempt(() => toolfs.snapshots.list(me)));
    if (found) list.replaceChildren(...found.reverse().map(row));
    if (found && !found.length) list.append(h("li", { class: "note" }, "None yet."));
  };

  find("snapshots-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      const field = find("snapshots-name", HTMLInputElement);
      const { name } = await toolfs.snapshots.create(me, { name: field.value.trim() || undefined });
      field.value = "";
      tell(`Took ${name}`);
      await refresh();
    });
  });
  refresh();
  return { refresh };
}
