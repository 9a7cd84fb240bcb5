/** The list of tools in the settings, each to be switched on and off. */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";

const TOOLS = /** @type {const} */ ([
  { name: "set_colours", language: "JavaScript", about: "Changes this page's colours" },
  { name: "set_timer", language: "JavaScript", about: "Shows a timer that counts down" },
  { name: "calculate", language: "Python", about: "Does arithmetic" },
  { name: "roll_dice", language: "Python", about: "Rolls dice" },
  { name: "python", language: "Python", about: "Lets the agent run Python that it writes, held apart from this page", off: true },
]);

/**
 * @param {() => void} onChange
 * @returns {(name: string) => boolean} whether a tool is switched on
 */
export function listTools(onChange) {
  const boxes = new Map(
    TOOLS.map(({ name, ...rest }) => [
      /** @type {string} */ (name),
      h("input", { type: "checkbox", id: `tool-${name}`, checked: !("off" in rest), autocomplete: "off", change: onChange }),
    ]),
  );
  find("tools", HTMLUListElement).replaceChildren(
    ...TOOLS.map(({ name, language, about }) =>
      h(
        "li",
        {},
        boxes.get(name),
        h(
          "label",
          { for: `tool-${name}` },
          h("span", { class: "tool-title" }, h("code", {}, name), h("span", { class: "language" }, language)),
          h("span", { class: "tool-about" }, about),
        ),
      ),
    ),
  );
  return (name) => boxes.get(name)?.checked ?? false;
}
