/** The page's colours: light, dark, or as the system has them. */

import { find } from "./find.js";
import { remember, remembered } from "./memory.js";

/** Joins the choice of colours in the menu to the page. */
export function watchTheme() {
  const choice = find("theme", HTMLSelectElement);
  const apply = () => {
    document.documentElement.style.colorScheme = choice.value || "light dark";
    remember({ theme: choice.value });
  };
  choice.value = remembered().theme ?? "";
  choice.addEventListener("change", apply);
  document.addEventListener("theme", (event) => {
    choice.value = /** @type {CustomEvent<string>} */ (event).detail;
    apply();
  });
}
