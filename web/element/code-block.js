/**
 * A block of code: its language, buttons to copy it, to wrap its lines, to run Python and JavaScript and to look at what HTML or SVG draws. Text stands in boxes
 * of so many lines, because a browser lays out a whole box when a letter of it changes. Colours come later, from a worker, box by box.
 */

import { canPreview, preview } from "./artifact.js";
import { CodeRun, canRun } from "./code-run.js";
import { copyButton } from "./copy-button.js";
import { Diagram, isDiagram } from "./diagram.js";
import { h, icon } from "./dom.js";
import { MOST_COLOURED, colour } from "./highlight.js";

const BOX_LINES = 60;
/** Least time between two requests for the colours of a block that grows. */
const PAUSE_MS = 250;
/** Time that colouring may take of one frame. */
const SLICE_MS = 8;

/** @import { Token } from "./highlight.js" */

export class CodeView {
  #content = h("code");
  #language;
  #shown = "";
  /** The text and tokens that each box was coloured with. @type {string[]} */
  #colours = [];
  #isWaiting = false;
  /** @type {Diagram | undefined} */
  #diagram;
  node;

  /**
   * @param {string} language "" where the text names none
   * @param {string} text
   */
  constructor(language, text) {
    this.#language = language;
    const wrap = h(
      "button",
      { type: "button", class: "quiet", part: "button", title: "Wrap lines", "aria-pressed": "false", click: () => toggle() },
      icon("wrap"),
      h("span", { class: "label" }, "Wrap"),
    );
    const toggle = () => wrap.setAttribute("aria-pressed", String(this.node.classList.toggle("wrapped")));
    const show = canPreview(language) && [
      h(
        "button",
        {
          type: "button",
          class: "quiet",
          part: "button preview",
          title: "Preview",
          click: () => preview(this.node, language, this.#shown),
        },
        icon("eye"),
        h("span", { class: "label" }, "Preview"),
      ),
    ];
    const run = canRun(language) ? new CodeRun(language, () => this.#shown) : undefined;
    if (isDiagram(language)) this.#diagram = new Diagram();
    const copy = copyButton("Copy code", () => this.#shown, "Copy");
    this.node = h(
      "figure",
      { class: "code", part: "code" },
      h("figcaption", {}, h("span", { class: "code-language" }, language || "code"), run?.button, ...(show || []), wrap, copy),
      this.#diagram?.node,
      h("pre", { tabindex: 0, dir: "ltr" }, this.#content),
      run?.node,
    );
    this.update(text);
  }

  /** Shows another text, which mostly is the former one and more. @param {string} next */
  update(next) {
    if (!next.startsWith(this.#shown)) {
      this.#content.replaceChildren();
      this.#colours = [];
      this.#shown = "";
    }
    this.#add(next.slice(this.#shown.length));
    this.#shown = next;
    if (this.#language && next.length <= MOST_COLOURED) this.#requestColours();
    this.#diagram?.update(next);
  }

  /** @param {string} text */
  #add(text) {
    let rest = text;
    while (rest) {
      let box = this.#content.lastElementChild;
      let count = box?.textContent?.split("\n").length ?? Infinity;
      if (!box || count > BOX_LINES) {
        box = this.#content.appendChild(h("span", { class: "lines" }));
        count = 1;
      }
      let end = 0;
      for (; count <= BOX_LINES && end < rest.length; count++) end = rest.indexOf("\n", end) + 1 || rest.length;
      const piece = rest.slice(0, end);
      if (box.lastChild instanceof Text) box.lastChild.appendData(piece);
      else box.append(piece);
      rest = rest.slice(end);
    }
  }

  #requestColours() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const started = performance.now();
    void colour(this.#language, this.#shown).then(async (tokens) => {
      const took = performance.now() - started;
      const text = tokens?.map(([piece]) => piece).join("") ?? "";
      if (tokens && this.#shown.startsWith(text)) await this.#paint(tokens);
      setTimeout(
        () => {
          this.#isWaiting = false;
          if (tokens && this.#shown !== text) this.#requestColours();
        },
        Math.max(PAUSE_MS, 2 * took),
      );
    });
  }

  /** Colours the boxes whose colours are others than before, a few each frame. @param {Token[]} tokens */
  async #paint(tokens) {
    let until = performance.now() + SLICE_MS;
    for (const [at, pieces] of boxesOf(tokens).entries()) {
      const box = this.#content.children[at];
      const key = pieces.map(([text, kind]) => `${kind}:${text.length}`).join(" ");
      if (!box || this.#colours[at] === key) continue;
      const length = pieces.reduce((sum, [text]) => sum + text.length, 0);
      const more = (box.textContent ?? "").slice(length); // it grew meanwhile
      box.replaceChildren(...pieces.map(([text, kind]) => (kind ? h("span", { class: `t-${kind}` }, text) : text)), more);
      this.#colours[at] = key;
      if (performance.now() < until) continue;
      await new Promise((resolve) => setTimeout(resolve));
      until = performance.now() + SLICE_MS;
    }
  }
}

/**
 * Divides tokens among boxes as #add does with text.
 * @param {Token[]} tokens
 */
function boxesOf(tokens) {
  /** @type {Token[][]} */
  const boxes = [[]];
  let lines = 0;
  for (const [text, kind] of tokens) {
    let rest = text;
    while (rest) {
      if (lines === BOX_LINES) {
        boxes.push([]);
        lines = 0;
      }
      let end = 0;
      for (; lines < BOX_LINES && end < rest.length; ) {
        const at = rest.indexOf("\n", end);
        if (at < 0) {
          end = rest.length;
          break;
        }
        end = at + 1;
        lines++;
      }
      boxes.at(-1)?.push([rest.slice(0, end), kind]);
      rest = rest.slice(end);
    }
  }
  return boxes;
}
