/** The library of prompts: saved by name, put into the message or into the instructions, changed, deleted. */

/** @import { Page } from "../types.js" */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { remember, remembered } from "../memory.js";
import { closePanel, isOverlaid, openPanel, whenOpen } from "../panel-frame.js";

/** @param {Page} page */
export function watch({ chat }) {
  const list = find("prompt-list", HTMLUListElement);
  const form = find("prompt-form", HTMLFormElement);
  const name = find("prompt-name", HTMLInputElement);
  const text = find("prompt-text", HTMLTextAreaElement);
  const note = find("prompt-note", HTMLElement);
  const cancel = find("prompt-cancel", HTMLButtonElement);
  const instructions = find("preamble", HTMLTextAreaElement);
  /** The name of the prompt that the form changes. */
  let edited = "";

  const library = () => remembered().library ?? {};
  const refresh = () => {
    const names = Object.keys(library()).sort((a, b) => a.localeCompare(b));
    list.replaceChildren(...names.map((one) => row(one, library()[one])));
  };

  /**
   * Keeps the library. Says so where this browser has no room for it.
   * @param {Record<string, string>} next
   * @param {...(string | Node)} words shown where it is kept
   */
  function keep(next, ...words) {
    remember({ library: next });
    const isKept = JSON.stringify(library()) === JSON.stringify(next);
    note.replaceChildren(...(isKept ? words : ["This browser has no room for it."]));
    refresh();
    return isKept;
  }

  /** @param {string} [of] the prompt to change; without one the form is for a new one */
  function fill(of = "", words = library()[of] ?? "") {
    edited = of;
    name.value = of;
    text.value = words;
    cancel.hidden = !of;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const named = name.value.trim();
    const words = text.value.trim();
    if (!named || !words) return;
    if (named !== edited && Object.hasOwn(library(), named)) {
      note.textContent = `“${named}” is there already: give another name, or edit that one.`;
      return name.focus();
    }
    const { [edited]: _, ...others } = library();
    if (keep({ ...others, [named]: words }, `“${named}” is saved.`)) fill();
  });
  cancel.addEventListener("click", () => {
    fill();
    name.focus();
  });
  find("save-preamble", HTMLButtonElement).addEventListener("click", () => {
    openPanel("prompts");
    fill("", instructions.value);
    name.focus();
  });
  whenOpen("prompts", refresh);

  /**
   * @param {string} named
   * @param {string} words
   */
  function row(named, words) {
    const insert = () => {
      chat.draft = [chat.draft.trimEnd(), words].filter(Boolean).join("\n\n");
      if (isOverlaid()) closePanel("prompts");
      chat.focus();
    };
    const instruct = () => {
      instructions.value = words;
      instructions.dispatchEvent(new Event("input", { bubbles: true }));
      note.textContent = `The model has “${named}” as its instructions, from the next message on.`;
    };
    const edit = () => {
      fill(named);
      text.focus();
    };
    const remove = () => {
      const before = library();
      const { [named]: _, ...others } = before;
      const undo = h("button", { type: "button", id: "prompt-undo", click: () => keep(before, `“${named}” is back.`) }, "Undo");
      if (edited === named) fill();
      keep(others, `“${named}” is deleted. `, undo);
      undo.focus();
    };
    return h(
      "li",
      {},
      h("h3", { dir: "auto" }, named),
      h("p", { dir: "auto" }, words),
      h(
        "div",
        { class: "row-buttons" },
        button("Insert", named, insert),
        button("Use as instructions", named, instruct),
        button("Edit", named, edit),
        button("Delete", named, remove),
      ),
    );
  }
}

/**
 * @param {string} words
 * @param {string} of the prompt's name
 * @param {() => void} click
 */
const button = (words, of, click) => h("button", { type: "button", "aria-label": `${words}: ${of}`, click }, words);
