/** The tree, a directory at a time, and the file that is open. Contents are shown as text, never as markup. */

/** @import { Opened } from "./opened.js" */
/** @import { Entry } from "../../web/toolfs/types.js" */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { attempt, tell } from "./status.js";

const EDITED_BYTES = 1 << 20;

/**
 * @param {Opened} opened
 * @param {string} home
 * @returns {{refresh: () => Promise<void>}}
 */
export function browse({ toolfs, me }, home) {
  const list = find("files-list", HTMLUListElement);
  const crumbs = find("files-path", HTMLOListElement);
  const editor = find("files-editor", HTMLFormElement);
  const text = find("files-text", HTMLTextAreaElement);
  let folder = home;
  /** The open file, and its hash when it was read: another's change is not overwritten. @type {{path: string, hash: string | null} | undefined} */
  let file;

  const show = async (/** @type {string} */ path) => {
    const entries = await toolfs.list(path, me);
    folder = path;
    crumbs.replaceChildren(
      ...path
        .split("/")
        .slice(1)
        .map((name, at, names) => {
          const here = `/${names.slice(0, at + 1).join("/")}`;
          return h(
            "li",
            {},
            here === path
              ? h("span", { "aria-current": "location" }, name)
              : h("button", { type: "button", click: () => attempt(() => show(here)) }, name),
          );
        }),
    );
    list.replaceChildren(...entries.map(row));
    if (!entries.length) list.append(h("li", { class: "note" }, "Nothing is here."));
    find("files-new", HTMLButtonElement).disabled = !path.startsWith(`${home}`) && !/^\/toolfs\/(memory|skills)/.test(path);
  };

  const row = (/** @type {Entry} */ entry) => {
    const directory = entry.kind === "directory";
    const size = entry.sizeBytes === null ? "" : `${entry.sizeBytes.toLocaleString("en")} bytes`;
    return h(
      "li",
      { class: directory ? "folder" : "file" },
      h(
        "button",
        { type: "button", "data-path": entry.path, click: () => attempt(() => (directory ? show(entry.path) : openFile(entry.path))) },
        h("span", {}, directory ? `${entry.name}/` : entry.name),
        h("span", { class: "language" }, size),
      ),
    );
  };

  const openFile = async (/** @type {string} */ path) => {
    const query = path === "/toolfs/rag/query";
    if (query) throw new Error("This is searched, not opened: /toolfs/rag/query?text=…");
    const bytes = await toolfs.read(path, me);
    const { hash } = await toolfs.stat(path, me);
    let content;
    try {
      content = bytes.length <= EDITED_BYTES ? new TextDecoder("utf-8", { fatal: true }).decode(bytes) : undefined;
    } catch {
      content = undefined; // shown as what it is: bytes
    }
    file = { path, hash };
    text.value = content ?? `${bytes.length.toLocaleString("en")} bytes that are not text, or too many to edit here`;
    text.readOnly = content === undefined || /^\/toolfs\/(audit|plugins|snapshots)\//.test(path);
    find("files-save", HTMLButtonElement).hidden = text.readOnly;
    find("files-name", HTMLElement).textContent = path;
    editor.hidden = false;
    text.focus();
  };

  const close = () => {
    editor.hidden = true;
    file = undefined;
  };

  editor.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      if (!file) return;
      const memory = file.path.startsWith("/toolfs/memory/");
      const { hash } = await toolfs.write(file.path, text.value, me, file.hash && !memory ? { ifHash: file.hash } : {});
      file.hash = hash;
      tell(`Saved ${file.path}`);
    });
  });
  find("files-close", HTMLButtonElement).addEventListener("click", close);
  find("files-delete", HTMLButtonElement).addEventListener("click", () =>
    attempt(async () => {
      if (!file || !confirm(`Delete ${file.path}?`)) return;
      const { path } = file;
      await toolfs.delete(path, me);
      close();
      tell(`Deleted ${path}`);
      await show(folder);
    }),
  );
  find("files-new", HTMLButtonElement).addEventListener("click", () =>
    attempt(async () => {
      const name = prompt("Name of the new file, with folders if you like:", "notes.txt");
      if (!name) return;
      const path = `${folder}/${name}`;
      await toolfs.write(path, "", me, { ifHash: "" });
      await show(folder);
      await openFile(path);
      tell(`Made ${path}`);
    }),
  );

  return {
    refresh: async () =>
      void (await attempt(() => show(folder).catch((error) => (error.code === "not_found" ? show(home) : Promise.reject(error))))),
  };
}
