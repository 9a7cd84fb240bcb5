/** Chats as a file on the user's disk. */

/** @import { Conversations } from "../../web/index.js" */

import { h } from "../../web/element/dom.js";

/**
 * Saves one chat, or all, as JSON.
 * @param {Conversations} store
 * @param {string | undefined} id
 * @param {string} title
 */
export async function saveChats(store, id, title) {
  const data = JSON.stringify(await store.export(id), null, 1);
  const link = h("a", {
    href: URL.createObjectURL(new Blob([data], { type: "application/json" })),
    download: `${title.replaceAll(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40) || "chat"}.json`,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
