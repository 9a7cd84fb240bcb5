/**
 * The question whether a tool may be called: approve, change the arguments, refuse with a reason. A call that was cut off
 * may have taken effect: it can be repeated, given its result, or refused.
 *
 * @import { ApprovalAnswer, ApprovalRequest } from "./types.js"
 */

import { h } from "./dom.js";

let lastId = 0;

export class ApprovalForm {
  #answer;
  #request;
  #note = h("p", { class: "approval-note", role: "alert" });
  #detail = h("div", { class: "approval-detail", hidden: true });
  #choices;
  #expiry = h("p", { class: "approval-expiry" });
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  node;

  /**
   * @param {ApprovalRequest} request
   * @param {(answer: ApprovalAnswer) => void} answer called once
   */
  constructor(request, answer) {
    this.#request = request;
    this.#answer = answer;
    const id = `approval-${++lastId}`;
    const question = request.uncertain
      ? `${request.tool} was begun and then cut off. Nobody knows whether it took effect.`
      : `${request.agent ? `${request.agent} asks to call ${request.tool}` : `${request.tool} asks for your approval`}.`;
    this.#choices = h(
      "div",
      { class: "approval-choices" },
      ...(request.uncertain
        ? [
            button("Call it again", () => this.#settle({ approve: true }), "approve"),
            button("It took effect…", () => this.#askResult()),
            button("Leave it…", () => this.#askReason(), "refuse"),
          ]
        : [
            button("Approve", () => this.#settle({ approve: true }), "approve"),
            button("Change…", () => this.#askArguments()),
            button("Refuse…", () => this.#askReason(), "refuse"),
          ]),
    );
    this.node = h(
      "div",
      { class: "approval", part: "approval", role: "group", "aria-labelledby": id, keydown: (event) => this.#onKey(event) },
      h("p", { class: "approval-question", id }, question),
      this.#expiry,
      this.#detail,
      this.#note,
      this.#choices,
    );
    if (request.expiresAt !== null) this.#countDown(request.expiresAt);
  }

  /** Ends the question without an answer: the run is over. */
  remove() {
    clearInterval(this.#timer);
    this.node.remove();
  }

  /** @param {ApprovalAnswer} answer */
  #settle(answer) {
    this.remove();
    this.#answer(answer);
  }

  #askArguments() {
    const field = h("textarea", { class: "approval-field code-field", rows: 4, spellcheck: "false", dir: "auto" });
    field.value = JSON.stringify(this.#request.arguments, null, 2);
    this.#askFor("Arguments, as JSON", field, "Approve with these", () => {
      const changed = readObject(field.value);
      if (typeof changed === "string") this.#note.replaceChildren(changed);
      else this.#settle({ approve: true, arguments: changed });
    });
  }

  #askReason() {
    const field = h("input", { class: "approval-field", type: "text", dir: "auto", autocomplete: "off" });
    this.#askFor("Why not? The model is told (optional)", field, "Refuse", () => this.#settle({ refuse: field.value.trim() }));
  }

  #askResult() {
    const field = h("textarea", { class: "approval-field", rows: 2, dir: "auto" });
    this.#askFor("What did it give? The model is told", field, "Go on with this", () => {
      if (field.value.trim()) this.#settle({ result: field.value.trim() });
      else this.#note.replaceChildren("Say what the call gave, or choose another way.");
    });
  }

  /**
   * @param {string} label
   * @param {HTMLInputElement | HTMLTextAreaElement} field
   * @param {string} word
   * @param {() => void} submit
   */
  #askFor(label, field, word, submit) {
    const form = h(
      "form",
      {
        submit: (event) => {
          event.preventDefault();
          submit();
        },
      },
      h("label", {}, h("span", {}, label), field),
      h(
        "div",
        { class: "approval-choices" },
        h("button", { type: "submit", class: "button", part: "button" }, word),
        button("Back", () => this.#back()),
      ),
    );
    field.addEventListener("input", () => this.#note.replaceChildren());
    this.#detail.replaceChildren(form);
    this.#detail.hidden = false;
    this.#choices.hidden = true;
    field.focus();
  }

  #back() {
    this.#note.replaceChildren();
    this.#detail.replaceChildren();
    this.#detail.hidden = true;
    this.#choices.hidden = false;
    /** @type {HTMLElement} */ (this.#choices.firstElementChild).focus();
  }

  /** Escape leaves what is being written, and not the run. @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key !== "Escape" || this.#detail.hidden || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    this.#back();
  }

  /** @param {number} expiresAt */
  #countDown(expiresAt) {
    const tell = () => {
      const left = Math.max(0, Math.ceil(expiresAt - Date.now() / 1000));
      this.#expiry.textContent = `Without an answer it is refused in ${left} s.`;
    };
    this.#timer = setInterval(tell, 1000);
    tell();
  }
}

/**
 * @param {string} words
 * @param {() => void} click
 * @param {string} [part]
 */
function button(words, click, part = "") {
  return h("button", { type: "button", class: "button", part: `button ${part}`.trim(), click }, words);
}

/**
 * @param {string} text
 * @returns {Record<string, unknown> | string} the object, or what is wrong with it
 */
function readObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : "The arguments are one JSON object: {…}.";
  } catch (error) {
    return `This is not JSON: ${/** @type {Error} */ (error).message}`;
  }
}
