/** Values of the settings and of the panels' switches, kept over a reload. Keys, tokens and files are not among them. */

import { remember, remembered } from "./memory.js";

/** Fields that another module keeps, or that are not kept. */
const OTHERS = new Set(["provider", "model", "base", "mcp-url", "theme"]);
const FIELDS = "#settings-form :is(input, select, textarea)[id]:not([type=password], [type=file]), #documents-on, #files-on";

/** Fills the fields with the values of the last visit, and keeps them from now on. */
export function rememberFields() {
  const fields = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll(FIELDS)]).filter(({ id }) => !OTHERS.has(id));
  const kept = remembered().fields ?? {};
  for (const field of fields) {
    const value = kept[field.id];
    if (typeof value === "boolean" ? value === field.checked : typeof value !== "string" || value === field.value) continue;
    if (typeof value === "boolean") field.checked = value;
    else field.value = value;
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  }
  const provider = /** @type {HTMLSelectElement} */ (document.getElementById("provider"));
  const save = () => {
    const values = fields.map((field) => [field.id, field.type === "checkbox" ? field.checked : field.value]);
    remember({ fields: { ...Object.fromEntries(values), provider: provider.value } });
  };
  for (const field of [...fields, provider]) {
    field.addEventListener("input", save);
    field.addEventListener("change", save);
  }
}
