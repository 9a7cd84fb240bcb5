/** The models that can run in this page, over the chat: loaded when it is first opened. */

import { h, icon } from "./dom.js";
import { LocalPicker } from "./local-picker.js";
import { MODELS } from "./styles/models.js";

export class ModelsDialog {
  #picker;
  node;

  /** @param {ConstructorParameters<typeof LocalPicker>[0]} actions */
  constructor(actions) {
    this.#picker = new LocalPicker(actions);
    this.node = h(
      "dialog",
      { class: "models", part: "models", "aria-labelledby": "models-title", closedby: "any" },
      h(
        "div",
        { class: "models-head" },
        h("h3", { id: "models-title" }, "Models for this page"),
        h(
          "button",
          { type: "button", class: "quiet", part: "button", "aria-label": "Close", title: "Close", click: () => this.node.close() },
          icon("close"),
        ),
      ),
      h(
        "p",
        { class: "note" },
        "A bigger model answers better and slower. It is downloaded once and kept in this browser until you delete it.",
      ),
      h("div", { class: "models-scroll" }, this.#picker.node),
    );
    // Escape closes it, and does not stop an answer that is under way.
    this.node.addEventListener("keydown", (event) => event.stopPropagation());
  }

  /** Places it in the chat's shadow tree. @param {ShadowRoot} root */
  placeIn(root) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(MODELS);
    root.adoptedStyleSheets.push(sheet);
    root.append(this.node);
  }

  show() {
    void this.#picker.refresh();
    this.node.showModal();
  }
}
