/** Shows pages and drawings of answers beside the chat, and draws diagrams where they stand. */

/** @import { Page } from "../types.js" */

import { find } from "../find.js";
import { openPanel } from "../panel-frame.js";
import { drawDiagram } from "./diagrams.js";
import { Room } from "./room.js";

const ABOUT = "Nothing in it runs, its links lead nowhere, and it can load nothing.";

/** @param {Page} page */
export function watch({ chat }) {
  const place = find("preview-place", HTMLElement);
  /** @type {Room | undefined} */
  let room;

  chat.addEventListener("staysail-preview", (event) => {
    event.preventDefault();
    const { html } = /** @type {CustomEvent<{html: string}>} */ (event).detail;
    if (!room) {
      room = new Room("Preview");
      place.replaceChildren(room.node);
    }
    find("preview-note", HTMLElement).textContent = ABOUT;
    const figure = /** @type {HTMLElement} */ (event.composedPath()[0]);
    openPanel("preview", { focus: true, from: /** @type {HTMLElement} */ (figure.querySelector("[part~=preview]")) });
    void room.say({ html, title: "Preview" });
  });
  chat.addEventListener("staysail-diagram", (event) => {
    const { detail } = /** @type {CustomEvent<{text: string, svg?: Promise<string>}>} */ (event);
    detail.svg = drawDiagram(detail.text);
  });
}
