/** Chats as files on the user's disk, or given to another program. */

/** @import { Conversations } from "../../web/index.js" */

import { h } from "../../web/element/dom.js";

/** The forms in which one chat can be saved. */
export const FORMS = /** @type {const} */ ({
  markdown: { label: "Markdown", type: "text/markdown", ending: "md" },
  page: { label: "Web page", type: "text/html", ending: "html" },
  json: { label: "JSON", type: "application/json", ending: "json" },
});

/** @typedef {keyof typeof FORMS} Form */

/**
 * Saves all chats, as JSON that can be imported.
 * @param {Conversations} store
 */
export async function saveAll(store) {
  download(new File([JSON.stringify(await store.export(), null, 1)], "conversations.json", { type: FORMS.json.type }));
}

/**
 * Saves one chat.
 * @param {Conversations} store
 * @param {string} id
 * @param {Form} form
 */
export async function saveChat(store, id, form) {
  download(await fileOf(store, id, form));
}

/** Whether this browser gives files to other programs. */
export function canShare() {
  const file = new File(["x"], "chat.html", { type: FORMS.page.type });
  return Boolean(navigator.canShare?.({ files: [file] }));
}

/**
 * Gives a chat, as a page, to another program that the user chooses. Saves it where the browser refuses to.
 * @param {Conversations} store
 * @param {string} id
 */
export async function shareChat(store, id) {
  const file = await fileOf(store, id, "page");
  try {
    await navigator.share({ files: [file], title: file.name });
  } catch (error) {
    if (/** @type {Error} */ (error).name !== "AbortError") download(file); // else the user chose no program
  }
}

/**
 * @param {Conversations} store
 * @param {string} id
 * @param {Form} form
 */
async function fileOf(store, id, form) {
  const { type, ending } = FORMS[form];
  const conversation = await store.load(id);
  const text =
    form === "json"
      ? JSON.stringify(await store.export(id), null, 1)
      : form === "page"
        ? (await import("./as-page.js")).asPage(conversation)
        : (await import("./as-markdown.js")).asMarkdown(conversation);
  const name = conversation.title.replaceAll(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40) || "chat";
  return new File([text], `${name}.${ending}`, { type });
}

/** @param {File} file */
function download(file) {
  const link = h("a", { href: URL.createObjectURL(file), download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
