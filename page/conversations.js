/** The chats that are kept in this browser, beside the one that is open: to be found, opened, renamed, taken out and deleted. */

/** @import { StaysailChat } from "../web/element/staysail-chat.js" */
/** @import { ConversationHit, ConversationInfo } from "../web/types.js" */

import { Conversations } from "../web/index.js";
import { h, icon } from "../web/element/dom.js";
import { find } from "./settings.js";

const REMEMBERED = "staysail-conversation"; // of this tab, so that a reload opens it again
const narrow = matchMedia("(max-width: 56rem)");
const store = new Conversations();
const others = new BroadcastChannel("staysail-conversations");

/** @param {StaysailChat} chat */
export function watchConversations(chat) {
  const panel = find("conversations", HTMLElement);
  const opener = find("open-conversations", HTMLButtonElement);
  const list = find("conversation-list", HTMLUListElement);
  const search = find("conversation-search", HTMLInputElement);
  const file = find("import-file", HTMLInputElement);
  const note = find("conversation-note", HTMLElement);

  const open = (/** @type {boolean} */ isOpen) => {
    panel.hidden = !isOpen;
    opener.setAttribute("aria-expanded", String(isOpen));
    /** @type {HTMLElement} */ (document.querySelector("main")).inert = isOpen && narrow.matches;
    if (isOpen) void refresh();
  };
  const close = () => {
    open(false);
    opener.focus();
  };

  /** Draws the list, or what was found. */
  async function refresh() {
    if (!chat.ready || panel.hidden) return;
    const text = search.value.trim();
    const found = text ? await store.search(text) : await store.list();
    if (text !== search.value.trim() || list.querySelector("form, .asked")) return;
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.key;
    list.replaceChildren(...found.map((item) => ("excerpt" in item ? hit(item) : row(item))));
    if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`[data-key="${CSS.escape(focused)}"]`))?.focus();
    note.textContent = found.length
      ? ""
      : text
        ? "Nothing was found."
        : "Nothing is kept yet. Chats are kept in this browser, and nowhere else.";
  }

  /** Does something, and tells what came of it. @param {() => Promise<string | void>} work */
  async function change(work) {
    try {
      const told = await work();
      others.postMessage(1);
      await refresh();
      if (told) note.textContent = told;
    } catch (error) {
      note.textContent = /** @type {Error} */ (error).message;
    }
  }

  /** @param {string} id */
  function show(id) {
    chat.conversation = id;
    if (narrow.matches) open(false);
    chat.focus();
  }

  /** @param {ConversationInfo} info */
  function row(info) {
    const item = h("li", {}, titleButton(info.id, info.title, when(info)));
    item.append(
      h(
        "span",
        { class: "conversation-actions" },
        action("edit", `Rename ${info.title}`, `rename ${info.id}`, () => rename(item, info)),
        action("down", `Export ${info.title}`, `export ${info.id}`, () => change(() => save(info.id, info.title))),
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
   * @param {HTMLLIElement} item
   * @param {ConversationInfo} info
   */
  function confirm(item, info) {
    const keep = () => {
      item.replaceWith(row(info));
      /** @type {HTMLElement | null} */ (list.querySelector(`[data-key="delete ${CSS.escape(info.id)}"]`))?.focus();
    };
    const remove = async () => {
      item.remove();
      await change(() => store.delete(info.id));
      if (chat.conversation === info.id) chat.newConversation();
      find("new-conversation", HTMLButtonElement).focus();
    };
    const asked = h(
      "div",
      { class: "conversation-form asked", role: "group", "aria-label": `Delete ${info.title}?` },
      h("span", { class: "conversation-title" }, `Delete “${info.title}”?`),
      h("button", { type: "button", class: "danger", click: remove }, "Delete"),
      h("button", { type: "button", click: keep }, "Keep"),
    );
    asked.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      keep();
    });
    item.replaceChildren(asked);
    /** @type {HTMLElement} */ (asked.lastElementChild).focus();
  }

  opener.addEventListener("click", () => {
    open(panel.hidden);
    if (!panel.hidden) search.focus();
  });
  find("close-conversations", HTMLButtonElement).addEventListener("click", close);
  find("new-conversation", HTMLButtonElement).addEventListener("click", () => {
    chat.newConversation();
    if (narrow.matches) open(false);
    chat.focus();
  });
  find("export-conversations", HTMLButtonElement).addEventListener("click", () => void change(() => save(undefined, "conversations")));
  find("import-conversations", HTMLButtonElement).addEventListener("click", () => file.click());
  file.addEventListener(
    "change",
    () =>
      void change(async () => {
        const [chosen] = file.files ?? [];
        if (!chosen) return;
        const text = await chosen.text();
        file.value = "";
        const ids = await store.import(text);
        search.value = "";
        return ids.length === 1 ? "One chat was imported." : `${ids.length} chats were imported.`;
      }),
  );
  search.addEventListener("input", () => void refresh());
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  narrow.addEventListener("change", () => open(!panel.hidden));

  chat.addEventListener("staysail-ready", () => void refresh());
  chat.addEventListener("staysail-conversation", (event) => {
    sessionStorage.setItem(REMEMBERED, /** @type {CustomEvent<{id: string}>} */ (event).detail.id);
    void refresh();
  });
  for (const name of ["staysail-done", "staysail-error"]) {
    chat.addEventListener(name, () => {
      others.postMessage(1);
      void refresh();
    });
  }
  others.addEventListener("message", () => void refresh());

  const remembered = sessionStorage.getItem(REMEMBERED);
  if (remembered) chat.conversation = remembered;
  else chat.newConversation();
}

/** @param {ConversationInfo} info */
function when({ updatedAt, messages }) {
  const date = new Date(updatedAt * 1000);
  const today = date.toDateString() === new Date().toDateString();
  const time = today ? date.toLocaleTimeString([], { timeStyle: "short" }) : date.toLocaleDateString([], { dateStyle: "medium" });
  return `${time}, ${messages} ${messages === 1 ? "message" : "messages"}`;
}

/**
 * Gives it to the user as a file.
 * @param {string | undefined} id
 * @param {string} title
 */
async function save(id, title) {
  const data = JSON.stringify(await store.export(id), null, 1);
  const link = h("a", {
    href: URL.createObjectURL(new Blob([data], { type: "application/json" })),
    download: `${title.replaceAll(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40) || "chat"}.json`,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
