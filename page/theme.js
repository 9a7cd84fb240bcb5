/** Light, dark, or as the system has it. */

import { find } from "./settings.js";

export function watchTheme() {
  const choice = find("theme", HTMLSelectElement);
  const apply = () => {
    document.documentElement.style.colorScheme = choice.value || "light dark";
  };
  choice.addEventListener("change", apply);
  document.addEventListener("theme", (event) => {
    choice.value = /** @type {CustomEvent<string>} */ (event).detail;
    apply();
  });
}
