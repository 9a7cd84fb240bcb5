/** A dialog with the passage that an answer rests on. A file's content is shown as text, never as markup. */

/** @import { Source } from "./types.js" */

import { placeOf } from "./citations.js";
import { h, icon } from "./dom.js";

export class PassageDialog {
  #title = h("h3", { id: "passage-title" });
  #place = h("p", { class: "passage-place" });
  #text = h("p", { class: "passage-text", dir: "auto" });
  node = h(
    "dialog",
    { class: "passage", part: "passage", "aria-labelledby": "passage-title", closedby: "any" },
    h(
      "div",
      { class: "passage-head" },
      this.#title,
      h(
        "button",
        { type: "button", class: "quiet", part: "button", "aria-label": "Close", title: "Close", click: () => this.node.close() },
        icon("close"),
      ),
    ),
    this.#place,
    h("div", { class: "passage-scroll", tabindex: 0, role: "group", "aria-label": "Passage" }, this.#text),
  );

  constructor() {
    // Escape closes it, and does not stop an answer that is under way.
    this.node.addEventListener("keydown", (event) => event.stopPropagation());
  }

  /** @param {Source} source */
  show(source) {
    this.#title.textContent = source.source ?? source.id;
    this.#place.textContent = placeOf(source);
    this.#text.replaceChildren(h("mark", {}, source.document.text));
    this.node.showModal();
  }
}
