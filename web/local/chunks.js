/**
 * The chunks of a download that the browser's storage holds, and the record of what is known about the file.
 *
 * @import { KeptFiles } from "./kept-files.js"
 * @typedef {object} FileRecord the facts about a file that are stored beside its chunks
 * @property {string} model name of the model that the file belongs to
 * @property {string} url
 * @property {number} sizeBytes
 * @property {number} chunkBytes
 * @property {string} etag "" where the server sends none
 * @property {boolean} isWhole whether all chunks are stored and were checked
 */

import { LocalModelError } from "./errors.js";

/**
 * Returns the record of a file; undefined where there is none.
 * @param {KeptFiles} files
 * @param {string} id
 * @returns {Promise<FileRecord | undefined>}
 */
export async function readRecord(files, id) {
  const blob = await files.get(id, "about.json");
  try {
    return blob && JSON.parse(await blob.text());
  } catch {
    return undefined; // damaged: the download begins again
  }
}

/**
 * Stores the record of a file.
 * @param {KeptFiles} files
 * @param {string} id
 * @param {FileRecord} record
 */
export async function writeRecord(files, id, record) {
  await files.put(id, "about.json", new TextEncoder().encode(JSON.stringify(record)));
}

/**
 * Returns the chunks that are stored in full; undefined for each other.
 * @param {KeptFiles} files
 * @param {string} id
 * @param {FileRecord} record
 */
export async function keptChunks(files, id, record) {
  const lengths = chunkLengths(record);
  const found = await Promise.all(lengths.map((_, index) => files.get(id, String(index))));
  return found.map((blob, index) => (blob?.size === lengths[index] ? blob : undefined));
}

/** Returns the length of each chunk. @param {{sizeBytes: number, chunkBytes: number}} record */
export function chunkLengths({ sizeBytes, chunkBytes }) {
  return Array.from({ length: Math.ceil(sizeBytes / chunkBytes) }, (_, at) => Math.min(chunkBytes, sizeBytes - at * chunkBytes));
}

/**
 * Raises "no_room" where the browser's storage cannot hold so many more bytes.
 * @param {KeptFiles} files
 * @param {string} url
 * @param {number} sizeBytes
 */
export async function requireRoom(files, url, sizeBytes) {
  if (sizeBytes && !(await files.fits(sizeBytes))) throw noRoom(url, sizeBytes);
}

/**
 * Returns a "no_room" error.
 * @param {string} url
 * @param {number} sizeBytes bytes that are missing
 */
export function noRoom(url, sizeBytes) {
  return new LocalModelError(
    "no_room",
    `The browser has no room for ${url}: ${Math.ceil(sizeBytes / 1e6)} MB more are needed. Delete a stored model, or free disk space.`,
  );
}
