/** The model of each chat, and how it is to answer: a chat that is opened again gets its settings back. */

/** @import { StaysailChat } from "../../web/element/staysail-chat.js" */
/** @import { ChatSettings } from "../memory.js" */

import { find } from "../find.js";
import { remember, remembered, withEntry } from "../memory.js";
import { setProvider } from "./provider-form.js";

const MOST_CHATS = 300;
/** Fields beside the model, which count for each chat. */
const OPTIONS = /** @type {const} */ (["reasoning", "temperature", "longest"]);

/** @param {StaysailChat} chat */
export function rememberChatModels(chat) {
  let isRestoring = false;
  const note = () => {
    const id = chat.conversation;
    if (!id) return;
    const fields = ["provider", "model", "base", ...OPTIONS].map((name) => [name, fieldOf(name).value]);
    const settings = /** @type {ChatSettings} */ (Object.fromEntries(fields));
    remember({ chats: withEntry(remembered().chats, id, settings, MOST_CHATS) });
  };
  chat.addEventListener("staysail-event", (event) => {
    if (/** @type {CustomEvent<{type: string}>} */ (event).detail.type === "run_started") note();
  });
  chat.addEventListener("staysail-done", note);
  chat.addEventListener("staysail-error", note);
  for (const name of OPTIONS) {
    fieldOf(name).addEventListener("input", () => {
      if (!isRestoring && remembered().chats?.[chat.conversation ?? ""]) note();
    });
  }
  const restore = () => {
    const kept = remembered().chats?.[chat.conversation ?? ""];
    if (!kept) return;
    isRestoring = true;
    const current = find("provider", HTMLSelectElement).value;
    if (kept.provider !== current || kept.model !== find("model", HTMLInputElement).value) setProvider(kept);
    for (const name of OPTIONS) {
      const field = fieldOf(name);
      const value = kept[name] ?? "";
      if (field.value === value) continue;
      field.value = value;
      for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
    }
    isRestoring = false;
  };
  chat.addEventListener("staysail-conversation", restore);
  restore();
}

/** @param {string} id */
const fieldOf = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));
