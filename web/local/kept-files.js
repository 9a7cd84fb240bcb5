/**
 * The browser's storage for large files: each file is a folder of chunks, so that the chunks of an interrupted download stay. In the
 * origin's private file system, else in Cache storage, else in memory for this visit. A chunk counts if it has its full length.
 *
 * @typedef {object} KeptFiles
 * @property {boolean} isLasting whether files are still stored at the next visit
 * @property {() => Promise<string[]>} ids
 * @property {(id: string, name: string) => Promise<Blob | undefined>} get
 * @property {(id: string, name: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>} put
 *   raises a DOMException QuotaExceededError where there is no room
 * @property {(id: string) => Promise<boolean>} delete
 * @property {(bytes: number) => Promise<boolean>} fits whether there is room for so many more bytes; true where that is unknown
 */

import { within } from "./patience.js";

const NAME = "staysail-models";
const PROBE = "probe";
/** Time for the browser's own storage to answer. */
const STORAGE_MS = 20_000;
/** Chromium never opens a file for writing whose handle was garbage-collected meanwhile: these stay in reach. @type {Set<FileSystemFileHandle>} */
const opening = new Set();

/** Opens the best storage that the browser has. Runs in a worker: a window has no synchronous handles. @returns {Promise<KeptFiles>} */
export async function openKeptFiles() {
  for (const open of [openFolder, openCache]) {
    try {
      return await within(STORAGE_MS, "The browser's storage", open());
    } catch {
      // Private windows and some browsers have the name of a storage and refuse to open it.
    }
  }
  return memoryFiles();
}

/** @returns {Promise<KeptFiles>} */
async function openFolder() {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(NAME, { create: true });
  /**
   * @param {string} id
   * @param {boolean} [create]
   */
  const folder = (id, create = false) => root.getDirectoryHandle(id, { create });
  /**
   * @param {string} id
   * @param {string} name
   */
  const open = async (id, name) => {
    const file = await (await folder(id, true)).getFileHandle(name, { create: true });
    opening.add(file);
    try {
      return await /** @type {any} */ (file).createSyncAccessHandle();
    } finally {
      opening.delete(file);
    }
  };
  const openInTime = (/** @type {string} */ id, /** @type {string} */ name) =>
    within(STORAGE_MS, "The browser's storage of files", open(id, name));
  /** @type {KeptFiles} */
  const files = {
    isLasting: true,
    async ids() {
      const found = [];
      for await (const [name] of /** @type {any} */ (root).entries()) found.push(name);
      return found;
    },
    async get(id, name) {
      try {
        return await (await (await folder(id)).getFileHandle(name)).getFile();
      } catch (error) {
        if (isNamed(error, "NotFoundError")) return undefined;
        throw error;
      }
    },
    async put(id, name, bytes) {
      const handle = await openInTime(id, name);
      try {
        handle.truncate(0);
        for (let at = 0; at < bytes.length; ) {
          const written = handle.write(bytes.subarray(at), { at });
          if (!written) throw new DOMException("No more bytes could be written.", "QuotaExceededError");
          at += written;
        }
        handle.flush();
      } finally {
        handle.close();
      }
    },
    async delete(id) {
      try {
        await root.removeEntry(id, { recursive: true });
        return true;
      } catch (error) {
        if (isNamed(error, "NotFoundError")) return false;
        throw error;
      }
    },
    // An empty file of that length counts as much. What the browser's estimate says of room is not to be relied on: Chromium rounds it.
    async fits(bytes) {
      const id = crypto.randomUUID();
      try {
        const handle = await openInTime(id, "room");
        try {
          handle.truncate(bytes);
        } finally {
          handle.close();
        }
        return true;
      } catch (error) {
        return !isNamed(error, "QuotaExceededError");
      } finally {
        await files.delete(id).catch(() => {});
      }
    },
  };
  // Whether it can be written to is seen by writing; each tab writes a file of its own.
  const id = crypto.randomUUID();
  await files.put(id, "probe", new Uint8Array(1));
  await files.delete(id);
  return files;
}

/** @returns {Promise<KeptFiles>} */
async function openCache() {
  /** Opened each time, as another tab may have made it anew. @type {Cache} */
  let opened;
  const cache = async () => (opened = await caches.open(NAME));
  const address = (/** @type {string[]} */ ...steps) => new URL([`/${NAME}`, ...steps].join("/"), globalThis.location.origin).href;
  const pathOf = ({ url = "" }) => url.slice(address("").length).split("/");
  /** @type {KeptFiles} */
  const files = {
    isLasting: true,
    ids: async () => [...new Set((await (await cache()).keys()).map((request) => pathOf(request)[0]))].filter((id) => id !== PROBE),
    get: async (id, name) => (await (await cache()).match(address(id, name)))?.blob(),
    put: async (id, name, bytes) => (await cache()).put(address(id, name), new Response(bytes)),
    async delete(id) {
      await cache();
      const keys = (await opened.keys()).filter((request) => pathOf(request)[0] === id);
      for (const key of keys) await opened.delete(key);
      return keys.length > 0;
    },
    async fits(bytes) {
      const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
      return quota - usage >= bytes;
    },
  };
  const keeps = async () => {
    await files.put(PROBE, "0", new Uint8Array(1));
    return (await files.get(PROBE, "0")) !== undefined;
  };
  // WebKit: a cache that was emptied, or left by a page that is gone, takes everything and has nothing. So the probe stays in it, and one that
  // fails is deleted.
  if (await keeps()) return files;
  await caches.delete(NAME);
  if (await keeps()) return files;
  throw new Error("the browser's Cache storage keeps nothing");
}

/** @returns {KeptFiles} */
export function memoryFiles() {
  /** @type {Map<string, Map<string, Blob>>} */
  const folders = new Map();
  return {
    isLasting: false,
    ids: async () => [...folders.keys()],
    get: async (id, name) => folders.get(id)?.get(name),
    async put(id, name, bytes) {
      const folder = folders.get(id) ?? new Map();
      folders.set(id, folder.set(name, new Blob([bytes])));
    },
    delete: async (id) => folders.delete(id),
    fits: async () => true,
  };
}

/**
 * @param {unknown} error
 * @param {string} name
 */
export function isNamed(error, name) {
  return error instanceof DOMException && error.name === name;
}
