/**
 * The questions that an app asks the user, below its frame. What the app says is shown as text.
 *
 * @import { McpAppTool } from "../mcp.js"
 *
 * @typedef {{type: "tool", tool: McpAppTool, arguments: Record<string, unknown>} | {type: "message", text: string} | {type: "link", url: string}} AppQuestion
 *   what an app asks for: to call a tool of its server, to send a message in the user's name, to open an address of http or https
 */

/** Questions that wait at a time; an app that asks more is refused. */
const MOST_WAITING = 3;
const MOST_SHOWN = 20_000;

let lastId = 0;

export class AppQuestions {
  node = document.createElement("div");
  /** The functions that refuse each open question. @type {Set<() => void>} */
  #waiting = new Set();

  constructor() {
    this.node.setAttribute("aria-live", "polite");
  }

  /**
   * Asks the user. Returns false where nobody answered before the signal.
   * @param {AppQuestion} question
   * @param {AbortSignal} signal
   * @returns {Promise<boolean | "always">}
   */
  ask(question, signal) {
    if (signal.aborted) return Promise.resolve(false);
    if (this.#waiting.size >= MOST_WAITING) return Promise.reject(new Error("the user has other questions to answer first"));
    const { words, detail, yes, always } = describe(question);
    return new Promise((resolve) => {
      const id = `app-question-${++lastId}`;
      const form = element("div", { class: "approval", part: "approval", role: "group", "aria-labelledby": id });
      const settle = (/** @type {boolean | "always"} */ answer) => {
        form.remove();
        this.#waiting.delete(refuse);
        resolve(answer);
      };
      const refuse = () => settle(false);
      const choices = element(
        "div",
        { class: "approval-choices" },
        button(yes, "button approve", () => settle(true)),
      );
      if (always) choices.append(button(always, "button", () => settle("always")));
      choices.append(button("Refuse", "button refuse", refuse));
      const shown =
        detail.length > MOST_SHOWN ? `${detail.slice(0, MOST_SHOWN)}… and ${detail.length - MOST_SHOWN} characters more` : detail;
      form.append(
        element("p", { class: "approval-question", id }, words),
        element("pre", { class: "app-detail", tabindex: "0" }, shown),
        choices,
      );
      this.node.append(form);
      this.#waiting.add(refuse);
      signal.addEventListener("abort", refuse, { once: true });
    });
  }

  /** Refuses every question. */
  clear() {
    for (const refuse of [...this.#waiting]) refuse();
  }
}

/** @param {AppQuestion} question */
function describe(question) {
  if (question.type === "tool") {
    const { name } = question.tool;
    return {
      words: `The app asks to call ${name}.`,
      detail: JSON.stringify(question.arguments, null, 2),
      yes: "Approve",
      always: `Approve each call of ${name} by this app`,
    };
  }
  if (question.type === "link") return { words: "The app asks to open a page.", detail: question.url, yes: "Open" };
  return { words: "The app asks to send a message in your name.", detail: question.text, yes: "Send this" };
}

/**
 * @param {string} words
 * @param {string} part
 * @param {() => void} click
 */
function button(words, part, click) {
  const node = element("button", { type: "button", class: "button", part }, words);
  node.addEventListener("click", click);
  return node;
}

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
