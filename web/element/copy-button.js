/** A button that copies text, and says whether it did. */

import { h, icon } from "./dom.js";

/**
 * @param {string} label
 * @param {() => string} text
 * @param {string} [short] the word on the button, where the label says more
 */
export function copyButton(label, text, short = label) {
  const words = h("span", { class: "label" }, short);
  const button = h(
    "button",
    {
      type: "button",
      class: "quiet",
      part: "button",
      title: label,
      "aria-label": short === label ? undefined : label,
      click: () => void copy(),
    },
    icon("copy"),
    words,
  );
  const copy = async () => {
    const done = await navigator.clipboard.writeText(text()).then(
      () => true,
      () => false,
    );
    words.textContent = done ? "Copied" : "The browser did not allow copying";
    button.querySelector("svg")?.replaceWith(icon(done ? "check" : "copy"));
    setTimeout(() => {
      words.textContent = short;
      button.querySelector("svg")?.replaceWith(icon("copy"));
    }, 2000);
  };
  return button;
}
