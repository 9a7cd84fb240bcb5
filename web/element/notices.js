/** Notices in an answer: an error with its way out, and a retry that is under way. */

import { h, icon } from "./dom.js";
import { describeFault } from "./faults.js";

/**
 * A card for an error: what happened and what to do, with the error's own text folded away. When the card is on the page it dispatches
 * `staysail-fault` with the error and `add`, by which the page puts advice or a button into the card.
 * @param {unknown} error
 * @param {() => void} tryAgain
 * @param {{button?: string, begun?: boolean}} [options] begun: some of the answer is there
 */
export function faultNotice(error, tryAgain, { button = "Try again", begun = false } = {}) {
  const { title, advice, message, label, isPlain } = describeFault(error, begun);
  const more = h("div", { class: "fault-more" });
  const detail = h("p", { class: "fault-message", dir: "auto" }, message);
  const card = h(
    "div",
    { class: "fault", part: "error", role: "alert" },
    h("p", { class: "fault-title" }, icon("alert"), h("strong", {}, title)),
    isPlain && detail,
    advice && !message.includes(advice) && h("p", {}, advice),
    more,
    h("details", { class: "fault-details" }, h("summary", {}, "Details"), !isPlain && detail, h("p", { class: "fault-label" }, label)),
    h("button", { type: "button", class: "button only-last", part: "button", click: tryAgain }, icon("again"), button),
  );
  const add = (/** @type {(Node | string)[]} */ ...nodes) => more.append(...nodes);
  queueMicrotask(() => card.dispatchEvent(new CustomEvent("staysail-fault", { detail: { error, add }, bubbles: true, composed: true })));
  return card;
}

/**
 * A line about how an answer ended, where it did not end by itself.
 * @param {string} text
 * @param {{words: string, click: () => void}} [way] a button that goes on
 */
export function endNotice(text, way) {
  return h(
    "p",
    { class: "stopped ended", part: "notice", role: "status" },
    h("span", {}, text),
    way && h("button", { type: "button", class: "button only-last", part: "button", click: way.click }, way.words),
  );
}

/** Counts down to the next attempt. */
export class RetryNotice {
  #text = h("span");
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  node = h("p", { class: "retrying", part: "notice" }, icon("again"), this.#text);

  /** @param {{attempt: number, delayS: number, error: string}} event */
  show({ attempt, delayS, error }) {
    clearInterval(this.#timer);
    const due = performance.now() + delayS * 1000;
    const tell = () => {
      const left = Math.max(0, Math.ceil((due - performance.now()) / 1000));
      this.#text.textContent = `${sentence(error)} ${left ? `Trying again in ${left} s` : "Trying again now"} (attempt ${attempt}).`;
      if (!left) clearInterval(this.#timer);
    };
    this.#timer = setInterval(tell, 250);
    tell();
  }

  /** Ends the countdown: the call succeeded, or was given up. @param {{attempt: number, error: string}} event */
  settle({ attempt, error }) {
    clearInterval(this.#timer);
    this.node.classList.add("past");
    this.#text.textContent = `${sentence(error)} Attempt ${attempt} followed.`;
  }
}

/** @param {string} text */
function sentence(text) {
  const whole = text.trim().replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
