/** One call of a tool: its arguments, its state, its result and its duration. */

/** @import { ApprovalAnswer, ApprovalRequest, Part } from "./types.js" */

import { ApprovalForm } from "./approval-form.js";
import { h, icon } from "./dom.js";
import { formatJson, formatSeconds } from "./format.js";
import { ToolOutput, isRich } from "./tool-output.js";

/** Seen at once; the rest on request. */
const GLANCE_LINES = 6;
const GLANCE_CHARACTERS = 480;
/** Characters of a brief, which is one line. */
const MOST_BRIEF = 2000;

export class ToolCard {
  name;
  #state = h("span", { class: "tool-state" });
  #brief = h("code", { class: "tool-brief", dir: "auto" });
  #arguments = h("pre", { tabindex: 0, dir: "auto", "aria-label": "Arguments" });
  #whole = h("pre", { tabindex: 0, dir: "auto", "aria-label": "Result" });
  #more = h(
    "details",
    { class: "tool-more", hidden: true },
    h("summary", {}, "Details"),
    h("p", {}, "Arguments"),
    this.#arguments,
    h("p", {}, "Result"),
    this.#whole,
  );
  #result = h("div", { class: "tool-result", dir: "auto" });
  #output = new ToolOutput();
  #title;
  #view = h("div", { class: "tool-view", part: "tool-view" });
  node;
  #written = "";
  /** @type {ApprovalForm | undefined} */
  #form;

  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.#title = h("code", { class: "tool-name" }, name);
    this.node = h(
      "section",
      { class: "tool", part: "tool", role: "group", "aria-label": `Tool ${name}` },
      h("div", { class: "tool-head" }, this.#title, this.#brief, this.#state),
      this.#output.node,
      this.#result,
      this.#more,
    );
    this.#set("writing", "being written");
  }

  /**
   * The model is still writing the arguments.
   * @param {string} name
   * @param {string} delta
   */
  write(name, delta) {
    if (name && name !== this.name) {
      this.name = name;
      this.#title.textContent = name;
      this.node.setAttribute("aria-label", `Tool ${name}`);
    }
    this.#written += delta;
    if (this.#arguments.firstChild instanceof Text) this.#arguments.firstChild.appendData(delta);
    else this.#arguments.textContent = this.#written;
    if (this.#written.length - delta.length < 120) this.#brief.textContent = this.#written.slice(0, 120);
  }

  /** @param {unknown} given the arguments: an object, or the text of what should have been one */
  run(given) {
    this.#arguments.textContent = typeof given === "string" ? given : formatJson(given);
    this.#brief.textContent = summarise(given);
    this.#set("running", "running");
  }

  /** Whether an answer is waited for. */
  get asks() {
    return this.node.dataset.state === "asking";
  }

  /** Shows that the call waits for approval, perhaps in another tab. @param {unknown} given */
  hold(given) {
    this.run(given);
    this.#set("asking", "waits for approval");
  }

  /**
   * Whether it may be called.
   * @param {ApprovalRequest} request
   * @param {(answer: ApprovalAnswer) => void} answer
   */
  ask(request, answer) {
    this.run(request.arguments);
    this.#set("asking", "waits for you");
    this.#more.hidden = false;
    this.#form?.remove();
    this.#form = new ApprovalForm(request, (given) => {
      const approved = given === true || (typeof given === "object" && "approve" in given && given.approve);
      this.run(typeof given === "object" && "approve" in given && given.arguments ? given.arguments : request.arguments);
      // The run of an agent's caller may have no further event of this call.
      if (request.agent) this.#set("done", approved ? "approved" : "answered");
      answer(given);
    });
    this.#result.after(this.#form.node);
  }

  /**
   * It runs, and prints or shows something.
   * @param {string} text
   * @param {Part | null} [part]
   */
  progress(text, part) {
    if (part) this.#output.show(part);
    else this.#output.print(text);
  }

  /**
   * @param {string} text
   * @param {boolean} isError
   * @param {number} durationS
   * @param {Part[]} [content] all that it gave
   */
  finish(text, isError, durationS, content = []) {
    this.#form?.remove();
    this.#result.replaceChildren();
    if (!this.#output.isEmpty) {
      const rest = isError ? lastLines(text, this.#output.printed.trimEnd()) : "";
      if (rest) this.#result.append(h("p", {}, rest));
    } else if (isRich(content)) content.forEach((part) => this.#output.show(part));
    else this.#result.append(h("p", {}, glance(text) || "No output"));
    this.#whole.textContent = pretty(text);
    this.#more.hidden = false;
    const time = durationS > 0 ? ` in ${formatSeconds(durationS)}` : "";
    this.#set(isError ? "failed" : "done", isError ? `failed${time}` : `done${time}`);
  }

  /**
   * Shows a node of the page's in place of what the card shows, or below it. An approval is still asked for by the card.
   * @param {Node | string} given text is shown as text
   * @param {boolean} [below]
   */
  show(given, below = false) {
    const node = typeof given === "string" ? new Text(given) : given;
    if (this.#view.firstChild !== node || this.#view.childNodes.length > 1) this.#view.replaceChildren(node);
    if (this.#view.parentNode) return;
    if (below) return this.node.append(this.#view);
    for (const own of this.node.children) if (own !== this.#form?.node) /** @type {HTMLElement} */ (own).style.display = "none";
    this.node.prepend(this.#view);
  }

  /** Whether a node of the page's is shown. */
  get hasView() {
    return this.#view.parentNode !== null;
  }

  /** The run ended before this tool did. */
  abandon() {
    this.#form?.remove();
    if (["writing", "running", "asking"].includes(this.node.dataset.state ?? "")) this.#set("stopped", "not finished");
  }

  /**
   * @param {"writing" | "running" | "asking" | "done" | "failed" | "stopped"} state
   * @param {string} words
   */
  #set(state, words) {
    this.node.dataset.state = state;
    this.#state.replaceChildren(...(state === "done" ? [icon("check")] : state === "failed" ? [icon("alert")] : []), words);
  }
}

/** @param {unknown} given an object's fields in one line */
function summarise(given) {
  if (typeof given !== "object" || given === null) return String(given ?? "");
  return Object.entries(given)
    .map(([key, value]) => `${key}: ${typeof value === "string" ? value : compact(value)}`)
    .join(", ")
    .slice(0, MOST_BRIEF);
}

/** @param {unknown} value */
function compact(value) {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "…"; // nested too deep
  }
}

/** @param {string} text what is seen at once of a result */
function glance(text) {
  const value = parse(text);
  const whole = value === undefined ? text.trim() : Array.isArray(value) ? compact(value) : summarise(value);
  const cut = whole.split("\n").slice(0, GLANCE_LINES).join("\n").slice(0, GLANCE_CHARACTERS);
  return cut.length < whole.length ? `${cut} …` : cut;
}

/**
 * @param {string} text what is seen at once of a failure
 * @param {string} seen what was seen of it already
 */
function lastLines(text, seen) {
  const rest = text.startsWith(seen) ? text.slice(seen.length) : text;
  return rest.trim().split("\n").slice(-GLANCE_LINES).join("\n").slice(-GLANCE_CHARACTERS);
}

/** @param {string} text JSON is indented; all else stays */
function pretty(text) {
  const value = parse(text);
  return value === undefined ? text.trim() : formatJson(value);
}

/**
 * @param {string} text
 * @returns {object | undefined}
 */
function parse(text) {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
