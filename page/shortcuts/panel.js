/** The keys that the page listens to. */

/** @type {import("../types.js").Panel} */
export const shortcuts = {
  name: "shortcuts",
  title: "Keyboard shortcuts",
  side: "end",
  first: "close-shortcuts",
  html: /* html */ `<dl id="shortcut-list" class="shortcuts"></dl><p class="note">Keys without Ctrl or ⌘ count while no field has the focus.</p>`,
  load: () => import("./watch.js"),
};
