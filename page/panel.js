/** Panels beside the chat; on a narrow screen one lies over it, and the chat is out of reach meanwhile. */

import { find } from "./settings.js";

const narrow = matchMedia("(max-width: 56rem)");
/** @type {{name: string, side: string, close: () => void}[]} */
const panels = [];

/**
 * @param {string} name of the panel's id; its buttons are #open-<name> and #close-<name>
 * @param {{first: string, wide: boolean, side?: string, onOpen?: () => void}} options first: the field to go to on a narrow screen; wide: open
 *   where there is room; side: where there is room for one alone
 */
export function watchPanel(name, { first, wide, side = name, onOpen = () => {} }) {
  const panel = find(name, HTMLElement);
  const opener = find(`open-${name}`, HTMLButtonElement);
  const behind = /** @type {HTMLElement} */ (document.querySelector("main"));
  const set = (/** @type {boolean} */ open) => {
    if (open) panels.filter((other) => other.name !== name && (narrow.matches || other.side === side)).forEach((other) => other.close());
    panel.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    behind.inert = narrow.matches && document.querySelector("aside:not([hidden])") !== null;
    if (open) onOpen();
  };
  panels.push({ name, side, close: () => panel.hidden || set(false) });
  const close = () => {
    set(false);
    opener.focus();
  };
  opener.addEventListener("click", () => {
    set(panel.hidden);
    if (!panel.hidden && narrow.matches) document.getElementById(first)?.focus();
  });
  find(`close-${name}`, HTMLButtonElement).addEventListener("click", close);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && narrow.matches) close();
  });
  narrow.addEventListener("change", () => set(wide && !narrow.matches));
  set(wide && !narrow.matches);
  return { open: () => set(true) };
}
