/** The model of each chat: a chat that is opened again goes on with the model that answered in it. */

/** @import { StaysailChat } from "../../web/element/staysail-chat.js" */

import { find } from "../find.js";
import { remember, remembered, withEntry } from "../memory.js";
import { setProvider } from "./provider-form.js";

const MOST_CHATS = 300;

/** @param {StaysailChat} chat */
export function rememberChatModels(chat) {
  const note = () => {
    const id = chat.conversation;
    if (!id) return;
    const [provider, model, base] = ["provider", "model", "base"].map(
      (name) => /** @type {HTMLInputElement} */ (document.getElementById(name)).value,
    );
    remember({ chats: withEntry(remembered().chats, id, { provider, model, base }, MOST_CHATS) });
  };
  chat.addEventListener("staysail-event", (event) => {
    if (/** @type {CustomEvent<{type: string}>} */ (event).detail.type === "run_started") note();
  });
  chat.addEventListener("staysail-done", note);
  chat.addEventListener("staysail-error", note);
  const restore = () => {
    const kept = remembered().chats?.[chat.conversation ?? ""];
    const current = find("provider", HTMLSelectElement).value;
    if (kept && (kept.provider !== current || kept.model !== find("model", HTMLInputElement).value)) setProvider(kept);
  };
  chat.addEventListener("staysail-conversation", restore);
  restore();
}
