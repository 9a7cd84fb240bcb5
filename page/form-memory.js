/** The settings of this tab, kept over a reload where runs are: what goes on must find them as they were. Keys are not among them. */

import { find } from "./settings.js";

const KEPT = "staysail-settings";
const FIELDS = ":is(input, select, textarea)[id]:not([type=password], [type=file])";

/** Fills the form in as it was, and keeps it while `keep` is on. @param {HTMLInputElement} keep */
export function rememberForm(keep) {
  const form = find("settings-form", HTMLFormElement);
  const fields = () => /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll(FIELDS));
  const save = () => {
    if (!keep.checked) return sessionStorage.removeItem(KEPT);
    const values = [...fields()].map((field) => [field.id, field.type === "checkbox" ? field.checked : field.value]);
    sessionStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(values)));
  };
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (kept) {
    for (const field of fields()) {
      const value = kept[field.id];
      if (typeof value === "boolean") field.checked = value;
      else if (typeof value === "string") field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true })); // the provider's shows its own fields, which are filled in next
    }
  }
  form.addEventListener("input", save);
  form.addEventListener("change", save);
}
