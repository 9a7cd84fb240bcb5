/** What can be done with an answer, and what it took. */

import { copyButton } from "./copy-button.js";
import { h, icon } from "./dom.js";

/**
 * @typedef {object} FootActions
 * @property {() => void} retry
 * @property {() => void} [fork] goes on from here in a copy of the conversation
 */

/**
 * Draws the buttons of an answer that has ended.
 * @param {string} text of the answer
 * @param {FootActions} actions
 * @param {string} [usage] in words
 * @returns {HTMLElement[]}
 */
export function drawFoot(text, { retry, fork }, usage = "") {
  return [
    ...(text ? [copyButton("Copy", () => text)] : []),
    button("again", "Ask again", "Ask again", retry, "quiet only-last", "button again"),
    ...(fork ? [button("fork", "Fork", "Go on from here in a copy", fork, "quiet", "button fork")] : []),
    ...(usage ? [h("span", { class: "usage", part: "usage" }, usage)] : []),
  ];
}

/**
 * @param {Parameters<typeof icon>[0]} picture
 * @param {string} label
 * @param {string} title
 * @param {() => void} click
 * @param {string} classes
 * @param {string} part
 */
function button(picture, label, title, click, classes, part) {
  return h("button", { type: "button", class: classes, part, title, click }, icon(picture), h("span", { class: "label" }, label));
}
