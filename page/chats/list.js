/** The list of kept chats: with search, and buttons to open, rename, save and delete. */

/** @import { StaysailChat } from "../../web/element/staysail-chat.js" */
/** @import { Conversations } from "../../web/index.js" */
/** @import { ConversationHit, ConversationInfo } from "../../web/types.js" */

import { h, icon } from "../../web/element/dom.js";
import { find } from "../find.js";
import { isOpen } from "../panel-frame.js";
import { groupOf } from "./groups.js";
import { FORMS, canShare, saveChat, shareChat } from "./save.js";

/** The words of a row for its chat's activity. */
const WORDS = { running: "Answering", waiting: "Waits for your approval", failed: "Failed", news: "New answer", "": "" };
const ORDER = /** @type {const} */ (["waiting", "failed", "news", "running"]);

/**
 * @param {StaysailChat} chat
 * @param {Conversations} store
 * @param {{show: (id: string) => void, changed: () => void}} actions show: opens a chat. changed: tells other tabs
 */
export function watchList(chat, store, { show, changed }) {
  const list = find("conversation-list", HTMLElement);
  const search = find("conversation-search", HTMLInputElement);
  const note = find("conversation-note", HTMLElement);

  /** Draws the list, or the search's results. */
  async function refresh() {
    if (!chat.ready || !isOpen("conversations")) return;
    const text = search.value.trim();
    const found = text ? await store.search(text) : await store.list();
    if (text !== search.value.trim() || list.querySelector("form, .asked")) return;
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.key;
    list.replaceChildren(
      ...(text
        ? [
            group(
              "",
              found.map((item) => hit(/** @type {ConversationHit} */ (item))),
            ),
          ]
        : [...unkept(/** @type {ConversationInfo[]} */ (found)), ...grouped(/** @type {ConversationInfo[]} */ (found))]),
    );
    showActivity();
    if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`[data-key="${CSS.escape(focused)}"]`))?.focus();
    note.textContent = list.childElementCount
      ? ""
      : text
        ? "Nothing was found."
        : "Nothing is kept yet. Chats are kept in this browser, and nowhere else.";
  }

  /** Changes the store, and shows the result in words. @param {() => Promise<string | void>} work */
  async function change(work) {
    try {
      const words = await work();
      changed();
      await refresh();
      if (words) note.textContent = words;
    } catch (error) {
      note.textContent = /** @type {Error} */ (error).message;
    }
  }

  /** Returns the chats under headings of days, the last used first. @param {ConversationInfo[]} chats */
  function grouped(chats) {
    const groups = Map.groupBy(chats, ({ updatedAt }) => groupOf(updatedAt * 1000));
    return [...groups].map(([title, members]) => group(title, members.map(row)));
  }

  /** Chats at work on their first answer, which the store does not hold yet. @param {ConversationInfo[]} kept */
  function unkept(kept) {
    const rows = chat.activity
      .filter(({ id, title }) => title && !kept.some((info) => info.id === id))
      .map(({ id, title }) => h("li", {}, titleButton(id, title, "")));
    return rows.length ? [group("New", rows)] : [];
  }

  /** Shows in each row its chat's activity, and on the header's button the chats that wait for the user. */
  function showActivity() {
    const states = new Map(chat.activity.map(({ id, state }) => [id, state]));
    for (const place of list.querySelectorAll(".conversation-state")) {
      const { key = "" } = /** @type {HTMLElement} */ (place.parentElement).dataset;
      const state = states.get(key) ?? "";
      if (/** @type {HTMLElement} */ (place).dataset.state === state) continue;
      /** @type {HTMLElement} */ (place).dataset.state = state;
      place.textContent = WORDS[state];
    }
    const most = ORDER.find((state) => [...states].some(([id, one]) => one === state && id !== chat.conversation)) ?? "";
    const opener = find("open-conversations", HTMLButtonElement);
    opener.dataset.state = most;
    opener.title = most ? `Chats. One of them: ${WORDS[most]}` : "Chats";
    if (most) opener.ariaDescription = WORDS[most];
    else opener.ariaDescription = null;
  }

  /**
   * @param {string} title
   * @param {HTMLElement[]} rows
   */
  function group(title, rows) {
    return h(
      "section",
      { class: "conversation-group" },
      title && h("h3", {}, title),
      h("ul", title ? { "aria-label": title } : { "aria-label": "Found" }, ...rows),
    );
  }

  /** @param {ConversationInfo} info */
  function row(info) {
    const item = h("li", {}, titleButton(info.id, info.title, `${info.forkedFrom ? "Fork, " : ""}${when(info)}`));
    item.append(
      h(
        "span",
        { class: "conversation-actions" },
        action("edit", `Rename ${info.title}`, `rename ${info.id}`, () => rename(item, info)),
        action("down", `Save or share ${info.title}`, `save ${info.id}`, () => save(item, info)),
        action("trash", `Delete ${info.title}`, `delete ${info.id}`, () => confirm(item, info)),
      ),
    );
    return item;
  }

  /** @param {ConversationHit} found */
  function hit({ id, title, role, excerpt }) {
    return h("li", {}, titleButton(id, title, role === "title" ? "" : excerpt));
  }

  /**
   * @param {string} id
   * @param {string} title
   * @param {string} about
   */
  function titleButton(id, title, about) {
    return h(
      "button",
      {
        type: "button",
        class: "conversation",
        "data-key": id,
        "aria-current": id === chat.conversation ? "true" : undefined,
        click: () => show(id),
      },
      h("span", { class: "conversation-title", dir: "auto" }, title),
      about && h("span", { class: "conversation-about", dir: "auto" }, about),
      h("span", { class: "conversation-state" }),
    );
  }

  /**
   * @param {Parameters<typeof icon>[0]} picture
   * @param {string} label
   * @param {string} key
   * @param {() => void} click
   */
  function action(picture, label, key, click) {
    return h("button", { type: "button", "aria-label": label, title: label, "data-key": key, click }, icon(picture));
  }

  /**
   * @param {HTMLLIElement} item
   * @param {ConversationInfo} info
   */
  function rename(item, info) {
    const field = h("input", { type: "text", "aria-label": `New title of ${info.title}`, maxlength: 80, dir: "auto", autocomplete: "off" });
    field.value = info.title;
    const done = async (/** @type {boolean} */ isKept) => {
      if (!form.isConnected) return;
      const title = field.value.trim();
      item.replaceWith(row(info));
      if (isKept && title && title !== info.title) await change(() => store.rename(info.id, title));
      await refresh();
      /** @type {HTMLElement | null} */ (list.querySelector(`[data-key="rename ${CSS.escape(info.id)}"]`))?.focus();
    };
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      void done(true);
    };
    const form = h("form", { class: "conversation-form", submit }, field, h("button", { type: "submit" }, "Save"));
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      void done(false);
    });
    item.replaceChildren(form);
    field.focus();
    field.select();
  }

  /**
   * Asks for the form in which a chat is saved.
   * @param {HTMLLIElement} item
   * @param {ConversationInfo} info
   */
  function save(item, info) {
    const done = (/** @type {() => Promise<void>} */ work) => async () => {
      back();
      note.textContent = "";
      await work().catch((error) => (note.textContent = error.message));
    };
    const back = ask(item, info, "save", `Save “${info.title}” as`, [
      ...Object.entries(FORMS).map(([form, { label }]) => ({
        label,
        click: done(() => saveChat(store, info.id, /** @type {keyof typeof FORMS} */ (form))),
      })),
      ...(canShare() ? [{ label: "Share…", click: done(() => shareChat(store, info.id)) }] : []),
      { label: "Cancel", click: () => back() },
    ]);
    /** @type {HTMLElement | null} */ (item.querySelector(".asked button"))?.focus();
  }

  /**
   * Puts a question in the place of a row. Escape takes it back.
   * @param {HTMLLIElement} item
   * @param {ConversationInfo} info
   * @param {string} key of the button that the focus goes back to
   * @param {string} question
   * @param {{label: string, click: () => void, danger?: boolean}[]} answers
   * @returns {() => void} takes the question back
   */
  function ask(item, info, key, question, answers) {
    const back = () => {
      item.replaceWith(row(info));
      /** @type {HTMLElement | null} */ (list.querySelector(`[data-key="${key} ${CSS.escape(info.id)}"]`))?.focus();
    };
    const form = h(
      "div",
      { class: "conversation-form asked", role: "group", "aria-label": question },
      h("span", { class: "conversation-title" }, question),
      ...answers.map(({ label, click, danger }) => h("button", { type: "button", class: danger ? "danger" : undefined, click }, label)),
    );
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      back();
    });
    item.replaceChildren(form);
    return back;
  }

  /**
   * @param {HTMLLIElement} item
   * @param {ConversationInfo} info
   */
  function confirm(item, info) {
    const remove = async () => {
      item.remove();
      const ending = chat.end(info.id);
      await change(() => store.delete(info.id)); // at once, as the page may be left before the run has ended
      await ending;
      await store.delete(info.id).catch(() => {}); // what the run stored while it ended
      if (chat.conversation === info.id) chat.newConversation();
      find("new-conversation", HTMLButtonElement).focus();
    };
    const keep = ask(item, info, "delete", `Delete “${info.title}”?`, [
      { label: "Delete", click: remove, danger: true },
      { label: "Keep", click: () => keep() },
    ]);
    /** @type {HTMLElement | null} */ (item.querySelector(".asked button:last-child"))?.focus();
  }

  search.addEventListener("input", () => void refresh());
  chat.addEventListener("staysail-activity", () => {
    showActivity();
    void refresh();
  });
  return { refresh, change };
}

/** @param {ConversationInfo} info */
function when({ updatedAt, messages }) {
  const date = new Date(updatedAt * 1000);
  const isRecent = date.toDateString() === new Date().toDateString();
  const time = isRecent ? date.toLocaleTimeString([], { timeStyle: "short" }) : date.toLocaleDateString([], { dateStyle: "medium" });
  return `${time}, ${messages ? `${messages} ${messages === 1 ? "message" : "messages"}` : "no answer yet"}`;
}
