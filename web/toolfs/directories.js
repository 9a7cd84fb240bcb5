/** Directories that the user picked. Their handles are kept in IndexedDB: for Python, which takes them from there, and for later visits. */

import { ConfigError, ToolFSError } from "../errors.js";

const DATABASE = "staysail:handles";
const TABLE = "handles";

/** @typedef {"granted" | "prompt" | "denied"} Permission */

/**
 * @param {string} name
 * @param {FileSystemDirectoryHandle} handle
 */
export async function keepHandle(name, handle) {
  await inTable("readwrite", (table) => table.put(handle, name));
}

/**
 * @param {string} name
 * @returns {Promise<any>} a FileSystemDirectoryHandle, or nothing
 */
export function keptHandle(name) {
  return inTable("readonly", (table) => table.get(name));
}

/**
 * @param {string} name
 * @param {boolean} writable
 * @param {boolean} ask the user, which a browser allows in a click alone
 * @returns {Promise<Permission>}
 */
export async function permissionFor(name, writable, ask) {
  const handle = await keptHandle(name);
  if (!handle) throw new ConfigError("no directory was picked for this path yet; mount it with {directory: handle}");
  if (!handle.queryPermission) return "granted";
  const mode = { mode: writable ? "readwrite" : "read" };
  const state = await handle.queryPermission(mode);
  if (state === "granted" || !ask) return state;
  try {
    return await handle.requestPermission(mode);
  } catch (cause) {
    throw new ToolFSError("the browser asks for a directory only when the user clicks; call requestPermission from a click", {
      code: "no_permission",
      cause,
    });
  }
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(table: IDBObjectStore) => IDBRequest<T>} work
 * @returns {Promise<T>}
 */
async function inTable(mode, work) {
  if (typeof indexedDB === "undefined")
    throw new ConfigError("a directory is picked in a page; there is no IndexedDB here to keep its handle");
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE);
  const database = await settled(opening);
  try {
    return await settled(work(database.transaction(TABLE, mode).objectStore(TABLE)));
  } finally {
    database.close();
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
