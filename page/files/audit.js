/** @import { Opened } from "./opened.js" */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { attempt } from "./status.js";

const SHOWN = 100;

/**
 * The latest records, while the list is open.
 * @param {Opened} opened
 * @returns {{stale: () => void}}
 */
export function listAudit({ toolfs }) {
  const section = find("audit-section", HTMLDetailsElement);
  const refresh = () =>
    attempt(async () => {
      const today = new Date().toISOString().slice(0, 10);
      const records = (await toolfs.audit.records({ since: today })).slice(-SHOWN).reverse();
      find("audit-list", HTMLTableSectionElement).replaceChildren(
        ...records.map(({ at, session, operation, path, decision, outcome, error }) =>
          h(
            "tr",
            { class: outcome === "ok" ? "" : "failed", title: error ?? "" },
            h("td", {}, h("time", { datetime: at }, new Date(at).toLocaleTimeString())),
            h("td", {}, session),
            h("td", {}, operation),
            h("td", {}, h("code", {}, path)),
            h("td", {}, decision === "refused" ? "refused" : outcome),
          ),
        ),
      );
    });
  section.addEventListener("toggle", () => section.open && refresh());
  find("audit-refresh", HTMLButtonElement).addEventListener("click", refresh);
  find("audit-save", HTMLButtonElement).addEventListener("click", () =>
    attempt(async () => {
      const url = URL.createObjectURL(new Blob([await toolfs.audit.export()], { type: "application/jsonl" }));
      h("a", { href: url, download: "audit.jsonl" }).click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    }),
  );
  let waiting = 0;
  return {
    stale() {
      clearTimeout(waiting);
      if (section.open) waiting = window.setTimeout(refresh, 300);
    },
  };
}
