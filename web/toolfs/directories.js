/**
 * Directories that the user picked. Their handles are stored in IndexedDB: for Python, which reads them there, and for later visits.
 *
 * @import { IDBPDatabase } from "../vendor/idb/index.js"
 */

import { ConfigError, ToolFSError } from "../errors.js";
import { openDB } from "../vendor/idb/index.js";

const DATABASE = "staysail:handles";
const TABLE = "handles";

/** @typedef {"granted" | "prompt" | "denied"} Permission */

/**
 * @param {string} name
 * @param {FileSystemDirectoryHandle} handle
 */
export async function keepHandle(name, handle) {
  const database = await open();
  await database.put(TABLE, handle, name).finally(() => database.close());
}

/**
 * @param {string} name
 * @returns {Promise<any>} a FileSystemDirectoryHandle, or nothing
 */
export async function keptHandle(name) {
  const database = await open();
  return database.get(TABLE, name).finally(() => database.close());
}

/**
 * @param {string} name
 * @param {boolean} writable
 * @param {boolean} ask whether to ask the user, which a browser allows in a click alone
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

/** @returns {Promise<IDBPDatabase>} */
function open() {
  if (typeof indexedDB === "undefined")
    throw new ConfigError("a directory is picked in a page; there is no IndexedDB here to keep its handle");
  return openDB(DATABASE, 1, { upgrade: (database) => void database.createObjectStore(TABLE) });
}
