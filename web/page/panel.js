/** The settings beside the chat; on a narrow screen they lie over it, and the chat is out of reach meanwhile. */

import { find } from "./settings.js";

const narrow = matchMedia("(max-width: 56rem)");

export function watchPanel() {
  const panel = find("settings", HTMLElement);
  const opener = find("open-settings", HTMLButtonElement);
  const behind = /** @type {HTMLElement} */ (document.querySelector("main"));
  const set = (/** @type {boolean} */ open) => {
    panel.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    behind.inert = open && narrow.matches;
  };
  const close = () => {
    set(false);
    opener.focus();
  };
  opener.addEventListener("click", () => {
    set(panel.hidden);
    if (!panel.hidden && narrow.matches) find("provider", HTMLSelectElement).focus();
  });
  find("close-settings", HTMLButtonElement).addEventListener("click", close);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && narrow.matches) close();
  });
  narrow.addEventListener("change", () => set(!narrow.matches));
  set(!narrow.matches);
  return { open: () => set(true) };
}
