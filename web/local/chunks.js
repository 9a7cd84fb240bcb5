/**
 * The chunks of a download that the browser's storage holds, and the record of what is known about the file.
 *
 * @import { KeptFiles } from "./kept-files.js"
 * @typedef {object} About what is kept of a file beside its chunks
 * @property {string} model name of the model that the file belongs to
 * @property {string} url
 * @property {number} sizeBytes
 * @property {number} chunkBytes
 * @property {string} etag "" where the server sends none
 * @property {boolean} isWhole whether all of it is there and was checked
 */

import { LocalModelError } from "./errors.js";

/**
 * @param {KeptFiles} files
 * @param {string} id
 * @returns {Promise<About | undefined>}
 */
export async function readAbout(files, id) {
  const blob = await files.get(id, "about.json");
  try {
    return blob && JSON.parse(await blob.text());
  } catch {
    return undefined; // it was cut off: the download begins anew
  }
}

/**
 * @param {KeptFiles} files
 * @param {string} id
 * @param {About} about
 */
export async function writeAbout(files, id, about) {
  await files.put(id, "about.json", new TextEncoder().encode(JSON.stringify(about)));
}

/**
 * Returns the chunks that are there in full, with holes.
 * @param {KeptFiles} files
 * @param {string} id
 * @param {About} about
 */
export async function keptChunks(files, id, about) {
  const lengths = chunkLengths(about);
  const found = await Promise.all(lengths.map((_, index) => files.get(id, String(index))));
  return found.map((blob, index) => (blob?.size === lengths[index] ? blob : undefined));
}

/** @param {{sizeBytes: number, chunkBytes: number}} about */
export function chunkLengths({ sizeBytes, chunkBytes }) {
  return Array.from({ length: Math.ceil(sizeBytes / chunkBytes) }, (_, at) => Math.min(chunkBytes, sizeBytes - at * chunkBytes));
}

/**
 * Raises "no_room" where the browser's storage cannot hold that much more.
 * @param {KeptFiles} files
 * @param {string} url
 * @param {number} sizeBytes
 */
export async function requireRoom(files, url, sizeBytes) {
  if (sizeBytes && !(await files.fits(sizeBytes))) throw noRoom(url, sizeBytes);
}

/**
 * @param {string} url
 * @param {number} sizeBytes
 */
export function noRoom(url, sizeBytes) {
  return new LocalModelError(
    "no_room",
    `The browser has no room for ${url}: ${Math.ceil(sizeBytes / 1e6)} MB more are needed. Delete a stored model, or free disk space.`,
  );
}
