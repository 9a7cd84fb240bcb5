/** The plain form in place of the chat until its element is defined. Its text, its focus and a sent message move to the chat. */

/** @import { StaysailChat } from "../web/element/staysail-chat.js" */

import { find } from "./find.js";

/** @param {StaysailChat} chat */
export function takeOverEarlyForm(chat) {
  const early = find("early", HTMLFormElement);
  const field = find("early-text", HTMLTextAreaElement);
  const { dataset } = document.documentElement;
  const text = field.value.trim();
  const isSent = "sent" in dataset && text;
  if (isSent) void chat.send(text);
  else if (text) chat.draft = field.value;
  delete dataset.sent;
  early.remove();
  const nothingElse = !document.activeElement || document.activeElement === document.body || document.activeElement === chat;
  if (nothingElse && !matchMedia("(pointer: coarse)").matches) chat.focus({ preventScroll: true });
}
