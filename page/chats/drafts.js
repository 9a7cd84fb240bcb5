/** Unsent text of each chat, which is there again after a reload and when the chat is opened again. */

/** @import { StaysailChat } from "../../web/element/staysail-chat.js" */

import { remember, remembered, withEntry } from "../memory.js";

const MOST_DRAFTS = 50;
const PAUSE_MS = 250;
/** Chats without a message share one draft. */
const NEW = "new";

/** @param {StaysailChat} chat */
export function watchDrafts(chat) {
  let of = chat.conversation;
  const keyOf = (/** @type {string} */ id) => (remembered().chats?.[id] || chat.activity.some((active) => active.id === id) ? id : NEW);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const save = () => {
    clearTimeout(waiting);
    waiting = undefined;
    if (of) remember({ drafts: withEntry(remembered().drafts, keyOf(of), chat.draft || undefined, MOST_DRAFTS) });
  };
  chat.addEventListener("staysail-draft", () => (waiting ??= setTimeout(save, PAUSE_MS)));
  chat.addEventListener("staysail-conversation", (event) => {
    if (waiting) save();
    of = /** @type {CustomEvent<{id: string}>} */ (event).detail.id;
    chat.draft = remembered().drafts?.[keyOf(of)] ?? "";
  });
  addEventListener("pagehide", () => waiting && save());
}
