/** Runs a block of code in a sandbox and shows below it what it prints. */

/** @import { RunEvent } from "../sandbox/script-sandbox.js" */

import { follow } from "../chat/follow.js";
import { formatSeconds } from "./format.js";
import { h, icon } from "./dom.js";

/** @type {Record<string, "python" | "javascript">} */
const LANGUAGES = { python: "python", py: "python", python3: "python", javascript: "javascript", js: "javascript", mjs: "javascript" };
const MOST_LINES = 2_000;

/** @param {string} language as the text names it */
export const canRun = (language) => Object.hasOwn(LANGUAGES, language.toLowerCase());

export class CodeRun {
  #code;
  #language;
  #status = h("p", { class: "run-status", role: "status" });
  #output = h("pre", { tabindex: 0, dir: "ltr", "aria-label": "Output" });
  #result = h("div", { class: "run", part: "run", hidden: true }, this.#status, this.#output);
  #words = h("span", { class: "label" }, "Run");
  #picture = h("span", { class: "run-picture" }, icon("play"));
  button = h(
    "button",
    {
      type: "button",
      class: "quiet",
      part: "button run-code",
      title: "Run",
      click: () => (this.#leave ? this.#leave() : void this.#run()),
    },
    this.#picture,
    this.#words,
  );
  /** Stops the run that is under way. @type {(() => void) | undefined} */
  #leave;

  /**
   * @param {string} language
   * @param {() => string} code
   */
  constructor(language, code) {
    this.#language = LANGUAGES[language.toLowerCase()];
    this.#code = code;
  }

  /** What the run printed, below the code. */
  get node() {
    return this.#result;
  }

  async #run() {
    const control = new AbortController();
    this.#leave = () => control.abort();
    this.#show("Stop", "stop");
    this.#result.hidden = false;
    this.#output.replaceChildren();
    this.#output.hidden = true;
    this.#status.textContent = this.#language === "python" ? "Running, in a Python of its own …" : "Running …";
    const started = performance.now();
    let end = "Stopped.";
    try {
      const { runCode } = await import("../sandbox/code-runner.js");
      const options = { signal: control.signal, ...this.#findPlace() };
      for await (const event of follow(runCode(this.#language, this.#code(), options), control.signal)) {
        if (event.type !== "done") this.#add(event);
        else end = this.#finish(event.error, started);
      }
    } catch (error) {
      end = this.#finish(`This could not be run: ${/** @type {Error} */ (error).message}`, started);
    }
    this.#leave = undefined;
    this.#status.textContent = end;
    this.#show("Run", "play");
  }

  /**
   * Returns the address of the element's Python, and the name of the chat whose blocks share their variables.
   * @returns {{runtimeURL?: string, scope?: object}}
   */
  #findPlace() {
    const detail = {};
    this.button.dispatchEvent(new CustomEvent("staysail-run-code", { bubbles: true, detail }));
    return detail;
  }

  /** @param {Exclude<RunEvent, {type: "done"}>} event */
  #add(event) {
    this.#output.hidden = false;
    if (event.type === "picture") {
      this.#output.append(h("img", { src: `data:image/png;base64,${event.data}`, alt: "Picture that the code drew" }));
    } else if (this.#output.childElementCount < MOST_LINES) {
      const last = /** @type {HTMLElement | null} */ (this.#output.lastElementChild);
      if (last?.dataset.stream === event.stream) last.append(event.text);
      else this.#output.append(h("span", { "data-stream": event.stream }, event.text));
    }
  }

  /**
   * @param {string | undefined} error
   * @param {number} started
   * @returns {string} how it ended
   */
  #finish(error, started) {
    if (error) this.#add({ type: "output", stream: "stderr", text: error });
    const took = formatSeconds((performance.now() - started) / 1000);
    if (error) return `It failed after ${took}.`;
    return this.#output.hidden ? `Done in ${took}; it printed nothing.` : `Done in ${took}.`;
  }

  /**
   * @param {string} words
   * @param {"play" | "stop"} picture
   */
  #show(words, picture) {
    this.button.title = words;
    this.#words.textContent = words;
    this.#picture.replaceChildren(icon(picture));
  }
}
