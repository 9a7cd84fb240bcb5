/** The tree, a directory at a time, and the file that is open. Contents are shown as text, never as markup. */

/** @import { Opened } from "./opened.js" */
/** @import { Entry } from "../../web/toolfs/types.js" */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { diffLines } from "./line-diff.js";
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
  const conflict = find("files-conflict", HTMLElement);
  let folder = home;
  /**
   * The open file as it was read, by which a change from elsewhere is not overwritten.
   * @type {{path: string, hash: string | null, content: string} | undefined}
   */
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
    if (!mayLeave()) return;
    conflict.hidden = true;
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
    text.value = content ?? `${bytes.length.toLocaleString("en")} bytes that are not text, or too many to edit here`;
    file = { path, hash, content: text.value };
    text.readOnly = content === undefined || /^\/toolfs\/(audit|plugins|snapshots)\//.test(path);
    find("files-save", HTMLButtonElement).hidden = text.readOnly;
    find("files-name", HTMLElement).textContent = path;
    editor.hidden = false;
    text.focus();
  };

  const close = () => {
    if (!mayLeave()) return false;
    editor.hidden = true;
    file = undefined;
    return true;
  };

  /** Whether the open file has no changes that are not saved, or they may be given up. */
  const mayLeave = () =>
    !file || text.readOnly || text.value === file.content || confirm(`Give up the changes to ${file.path}? They are not saved.`);

  const write = async (/** @type {boolean} */ isForced) => {
    if (!file) return;
    const memory = file.path.startsWith("/toolfs/memory/");
    try {
      const content = text.value;
      const { hash } = await toolfs.write(file.path, content, me, file.hash && !memory && !isForced ? { ifHash: file.hash } : {});
      Object.assign(file, { hash, content });
    } catch (error) {
      conflict.hidden = /** @type {{code?: string}} */ (error).code !== "changed";
      throw error;
    }
    conflict.hidden = true;
    tell(`Saved ${file.path}`);
  };

  const reload = async () => {
    if (!file || !confirm(`Give up your changes to ${file.path}?`)) return;
    const { path } = file;
    file = undefined;
    await openFile(path);
  };

  const compare = async () => {
    if (!file) return;
    const differing = diffLines(new TextDecoder().decode(await toolfs.read(file.path, me)), text.value);
    const lines = find("files-lines", HTMLUListElement);
    lines.replaceChildren(
      ...differing.map((one) => h("li", { class: `line-${one.side}` }, `${one.line}, ${one.side}: `, h("code", {}, one.text || " "))),
    );
    if (!differing.length) lines.append(h("li", {}, "The lines are the same."));
    lines.hidden = false;
  };

  editor.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => write(false));
  });
  find("files-overwrite", HTMLButtonElement).addEventListener("click", () => attempt(() => write(true)));
  find("files-reload", HTMLButtonElement).addEventListener("click", () => attempt(reload));
  find("files-compare", HTMLButtonElement).addEventListener("click", () => attempt(compare));
  find("files-close", HTMLButtonElement).addEventListener("click", close);
  find("files-download", HTMLButtonElement).addEventListener("click", () =>
    attempt(async () => {
      if (!file) return;
      const url = URL.createObjectURL(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (await toolfs.read(file.path, me))]));
      h("a", { href: url, download: file.path.slice(file.path.lastIndexOf("/") + 1) }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    }),
  );
  const chosen = find("files-chosen", HTMLInputElement);
  find("files-upload", HTMLButtonElement).addEventListener("click", () => chosen.click());
  chosen.addEventListener("change", () =>
    attempt(async () => {
      const files = [...(chosen.files ?? [])];
      chosen.value = "";
      for (const one of files) {
        const path = `${folder}/${one.name}`;
        const there = await toolfs.stat(path, me).catch(() => undefined);
        if (!there || confirm(`Replace ${path}?`)) await toolfs.write(path, new Uint8Array(await one.arrayBuffer()), me);
      }
      await show(folder);
      tell(`Uploaded ${files.map(({ name }) => name).join(", ")}`);
    }),
  );
  addEventListener("beforeunload", (event) => {
    if (file && !text.readOnly && text.value !== file.content) event.preventDefault();
  });
  find("files-delete", HTMLButtonElement).addEventListener("click", () =>
    attempt(async () => {
      if (!file || !confirm(`Delete ${file.path}?`)) return;
      const { path } = file;
      await toolfs.delete(path, me);
      file = undefined;
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

  /** Shows the open file's new content where another writer changed it, unless the visitor has changes that are not saved. */
  const renew = async () => {
    if (!file || text.readOnly || text.value !== file.content) return;
    const { path, hash } = file;
    const now = await toolfs.stat(path, me).catch(() => undefined);
    if (!now || now.hash === hash) return;
    const content = new TextDecoder().decode(await toolfs.read(path, me));
    if (file?.path !== path || text.value !== file.content) return; // edited or closed meanwhile
    text.value = content;
    file = { path, hash: now.hash, content: text.value };
    tell(`${path} was changed; this is how it is now.`);
  };

  return {
    refresh: async () => {
      await attempt(() => show(folder).catch((error) => (error.code === "not_found" ? show(home) : Promise.reject(error))));
      await attempt(renew);
    },
  };
}
