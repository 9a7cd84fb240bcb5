/**
 * The models that can run in this page, in the settings. The chosen one stands in the field of the model, as for every provider, so it is
 * remembered with the settings and with its chats.
 */

import { LocalPicker } from "../../web/element/local-picker.js";
import { find } from "../find.js";

export { titleOf } from "../../web/element/local-picker.js";

export function watchLocalModels() {
  const box = find("local-box", HTMLDetailsElement);
  const field = find("model", HTMLInputElement);
  const picker = new LocalPicker({
    chosen: () => field.value.trim(),
    choose(name) {
      field.value = name;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
  });
  find("local-picker", HTMLElement).replaceWith(picker.node);
  box.addEventListener("toggle", () => box.open && void picker.refresh());
  field.addEventListener("input", () => box.open && picker.draw());
  find("provider", HTMLSelectElement).addEventListener("change", () => box.open && picker.draw());
}
