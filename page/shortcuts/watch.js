/** The page's keys, and the sheet that lists them. */

/** @import { Page } from "../types.js" */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { isOverlaid, togglePanel, openPanel, closePanel, isOpen } from "../panel-frame.js";

const isMac = /Mac|iP(?:hone|ad)/.test(navigator.platform);
const CTRL = isMac ? "⌘" : "Ctrl";

/**
 * Listens to the keys.
 * @param {Page} page
 */
export function watch({ chat }) {
  /** @type {{keys: string, about: string, matches: (event: KeyboardEvent) => boolean, run: () => void, bare?: boolean}[]} */
  const keys = [
    { keys: `${CTRL} Shift O`, about: "New chat", matches: withCtrl("o", true), run: () => newChat() },
    { keys: `${CTRL} K`, about: "Search in all chats", matches: withCtrl("k", false), run: () => searchChats() },
    { keys: "/", about: "Go to the message field", matches: bare("/"), run: () => chat.focus(), bare: true },
    { keys: "c", about: "Copy the last answer", matches: bare("c"), run: () => void copyLast(), bare: true },
    { keys: "1 … 4", about: "Chats, documents, files, settings", matches: ({ key }) => /^[1-4]$/.test(key), run: () => {}, bare: true },
    { keys: "?", about: "This list", matches: bare("?"), run: () => togglePanel("shortcuts"), bare: true },
  ];
  const elsewhere = [
    { keys: "Enter", about: "Send the message; Shift Enter begins a line" },
    { keys: "↑", about: "Edit the last question, in an empty message field" },
    { keys: "Esc", about: "Stop the answer; leave a panel, back to where you were" },
  ];
  find("shortcut-list", HTMLElement).replaceChildren(
    ...[...elsewhere, ...keys].map(({ keys: names, about }) =>
      h("div", {}, h("dt", {}, ...names.split(" ").map((name) => (name === "…" ? " … " : h("kbd", {}, name)))), h("dd", {}, about)),
    ),
  );

  const newChat = () => {
    chat.newConversation();
    chat.focus();
  };
  const searchChats = () => openPanel("conversations", { focus: true });
  const copyLast = () => navigator.clipboard.writeText(lastAnswer(chat.history)).catch(() => {});

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const typing = isTyping();
    const found = keys.find(
      ({ matches, bare: isBare }) => matches(event) && !(isBare && (typing || event.ctrlKey || event.metaKey || event.altKey)),
    );
    if (!found) return;
    event.preventDefault();
    if (/^[1-4]$/.test(event.key) && found.bare) togglePanel(["conversations", "documents", "files", "settings"][Number(event.key) - 1]);
    else found.run();
  });
  chat.addEventListener("staysail-conversation", () => {
    if (isOverlaid() && isOpen("conversations")) closePanel("conversations");
  });
}

/**
 * @param {string} key
 * @param {boolean} shift
 * @returns {(event: KeyboardEvent) => boolean}
 */
const withCtrl = (key, shift) => (event) =>
  (isMac ? event.metaKey : event.ctrlKey) && event.shiftKey === shift && !event.altKey && event.key.toLowerCase() === key;

/**
 * @param {string} key
 * @returns {(event: KeyboardEvent) => boolean}
 */
const bare = (key) => (event) => event.key === key;

/** Whether the focus is where keys are text. */
function isTyping() {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused instanceof HTMLElement && (focused.matches("input:not([type=checkbox]), textarea, select") || focused.isContentEditable);
}

/** @param {import("../../web/element/types.js").Message[]} messages */
function lastAnswer(messages) {
  const answer = messages.findLast(({ role }) => role === "assistant");
  const content = answer?.content ?? [];
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}
