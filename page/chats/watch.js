/** Joins the kept chats to the chat that is open: its address, its title, its draft, the list beside it. */

/** @import { Page } from "../types.js" */

import { Conversations } from "../../web/agent/conversations.js";
import { find } from "../find.js";
import { closePanel, isOverlaid, whenOpen } from "../panel-frame.js";
import { watchDrafts } from "./drafts.js";
import { watchList } from "./list.js";
import { saveAll } from "./save.js";
import { watchTitles } from "./titles.js";

const TITLE = document.title;
const store = new Conversations();
const others = new BroadcastChannel("staysail-conversations");

/** The chat's id in the page's address. */
const addressed = () => /^#\/([\w-]+)$/.exec(location.hash)?.[1];

/** @param {Page} page */
export function watch(page) {
  const { chat } = page;
  const file = find("import-file", HTMLInputElement);
  const title = find("chat-title", HTMLElement);

  const close = () => isOverlaid() && closePanel("conversations");
  const show = (/** @type {string} */ id) => {
    chat.conversation = id;
    close();
    chat.focus();
  };
  const { refresh, change } = watchList(chat, store, { show, changed: () => others.postMessage(1) });

  /** Shows the open chat's title in the header and in the window's title. */
  async function showTitle() {
    const id = chat.conversation;
    const info = chat.ready ? (await store.list()).find((one) => one.id === id) : undefined;
    if (id !== chat.conversation) return;
    const shown = info && (info.forkedFrom ? `${info.title} (fork)` : info.title);
    title.textContent = shown ?? "";
    document.title = shown ? `${shown} · staysail` : TITLE;
  }
  const update = () => {
    void refresh();
    void showTitle();
  };

  find("new-conversation", HTMLButtonElement).addEventListener("click", () => {
    chat.newConversation();
    close();
    chat.focus();
  });
  find("export-conversations", HTMLButtonElement).addEventListener("click", () => void change(() => saveAll(store)));
  find("import-conversations", HTMLButtonElement).addEventListener("click", () => file.click());
  file.addEventListener("change", () => void change(importFile));
  async function importFile() {
    const [chosen] = file.files ?? [];
    if (!chosen) return;
    const text = await chosen.text();
    file.value = "";
    const before = new Map((await store.list()).map(({ id, messages }) => [id, messages]));
    const ids = new Set(await store.import(text));
    find("conversation-search", HTMLInputElement).value = "";
    const { length } = (await store.list()).filter(({ id, messages }) => ids.has(id) && before.get(id) !== messages);
    if (ids.size && !length) return ids.size === 1 ? "This chat is here already." : `All ${ids.size} chats are here already.`;
    return length === 1 ? "One chat was imported." : `${length} chats were imported.`;
  }

  whenOpen("conversations", () => void refresh());
  chat.addEventListener("staysail-ready", update);
  chat.addEventListener("staysail-conversation", (event) => {
    const { id } = /** @type {CustomEvent<{id: string}>} */ (event).detail;
    if (id !== addressed()) history[addressed() ? "pushState" : "replaceState"](null, "", `#/${id}`);
    update();
  });
  addEventListener("popstate", () => {
    const id = addressed();
    if (id && id !== chat.conversation) chat.conversation = id;
  });
  for (const name of ["staysail-done", "staysail-error"]) {
    chat.addEventListener(name, () => {
      others.postMessage(1);
      update();
    });
  }
  others.addEventListener("message", update);

  watchDrafts(chat);
  watchTitles(page, store, () => {
    others.postMessage(1);
    update();
  });
  const id = addressed();
  if (id) chat.conversation = id;
  else chat.newConversation();
}
