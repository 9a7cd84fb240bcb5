/** A user's message, which can be edited where it stands; its versions can be gone through. */

/** @import { Part, Prompt } from "./types.js" */

import { h, icon } from "./dom.js";
import { drawContent, withWords, wordsOf } from "./user-message.js";

/**
 * @typedef {object} QuestionActions
 * @property {(prompt: Prompt) => Promise<string>} edit sends another prompt in place of this one. Returns why it cannot, else ""
 * @property {(version: number) => void} showVersion
 */

export class Question {
  #prompt;
  #actions;
  #content = h("div", { class: "question" });
  #edit = h(
    "button",
    { type: "button", class: "quiet", part: "button edit", title: "Edit this message", click: () => this.#startEditing() },
    icon("edit"),
    h("span", { class: "label" }, "Edit"),
  );
  #versions = h("div", { class: "versions", part: "versions", role: "group", "aria-label": "Versions of this message", hidden: true });
  node = h(
    "article",
    { class: "message user", part: "message message-user" },
    h("h3", { class: "who" }, "You"),
    this.#content,
    h("div", { class: "question-foot" }, this.#edit, this.#versions),
  );

  /**
   * @param {Prompt | Part[]} prompt
   * @param {QuestionActions} actions
   */
  constructor(prompt, actions) {
    this.#prompt = prompt;
    this.#actions = actions;
    this.#draw();
  }

  /** @param {Prompt | Part[]} prompt takes the place of the former one */
  set prompt(prompt) {
    this.#prompt = prompt;
    this.#draw();
  }

  /**
   * Shows which version of how many it is.
   * @param {{version?: number, versions?: number}} of
   */
  showVersions({ version = 1, versions = 1 }) {
    this.#versions.hidden = versions < 2;
    const go = (/** @type {number} */ to, /** @type {string} */ label, /** @type {string} */ sign) =>
      h(
        "button",
        {
          type: "button",
          class: "quiet",
          part: "button version",
          "aria-label": label,
          title: label,
          disabled: to < 1 || to > versions,
          click: () => this.#actions.showVersion(to),
        },
        sign,
      );
    this.#versions.replaceChildren(
      go(version - 1, "Earlier version", "‹"),
      h("span", {}, h("span", { class: "visually-hidden" }, "Version "), `${version}/${versions}`),
      go(version + 1, "Later version", "›"),
    );
  }

  /** Puts the focus on the buttons of the versions. @param {boolean} isLater on the one that goes on to later ones, if there are any */
  focusVersions(isLater) {
    const [earlier, later] = this.#versions.querySelectorAll("button");
    const wanted = isLater ? later : earlier;
    (wanted.disabled ? (isLater ? earlier : later) : wanted).focus();
  }

  #draw() {
    this.#edit.hidden = false;
    this.#content.replaceChildren(...drawContent(this.#prompt));
  }

  #startEditing() {
    const field = h("textarea", { class: "edit-field", part: "input", rows: 1, dir: "auto", "aria-label": "Edit your message" });
    const note = h("p", { class: "composer-note", role: "alert" });
    const leave = () => {
      this.#draw();
      this.#edit.focus();
    };
    const send = async () => {
      const prompt = withWords(this.#prompt, field.value.trim());
      if (!prompt.length) return;
      note.textContent = await this.#actions.edit(prompt);
    };
    const form = h(
      "form",
      {
        class: "editor",
        submit: (event) => {
          event.preventDefault();
          void send();
        },
        keydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.isComposing || event.keyCode === 229) return;
          const isSent = event.key === "Enter" && !event.shiftKey && event.target === field;
          if (!isSent && event.key !== "Escape") return;
          event.preventDefault();
          event.stopPropagation(); // Escape would stop an answer
          if (isSent) void send();
          else leave();
        },
      },
      field,
      note,
      h(
        "div",
        { class: "editor-bar" },
        h("button", { type: "button", class: "button", part: "button cancel", click: leave }, "Cancel"),
        h("button", { type: "submit", class: "send", part: "button send" }, "Send"),
      ),
    );
    field.value = wordsOf(this.#prompt);
    this.#edit.hidden = true;
    this.#content.replaceChildren(form);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }
}
