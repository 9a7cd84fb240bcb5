/**
 * The file of an exported store, read in parts.
 *
 * @import { StoreArchive } from "../types.js"
 */

import { ConfigError, StoreError } from "../errors.js";

/**
 * @param {StoreArchive} archive
 * @returns {Promise<{size: number, read: (from: number, to: number) => Uint8Array | Promise<Uint8Array>}>}
 */
export async function openArchive(archive) {
  if (archive instanceof ArrayBuffer || ArrayBuffer.isView(archive)) {
    const bytes =
      archive instanceof ArrayBuffer ? new Uint8Array(archive) : new Uint8Array(archive.buffer, archive.byteOffset, archive.byteLength);
    return { size: bytes.length, read: (from, to) => bytes.slice(from, to) }; // a copy: a view would move all of its buffer to the worker
  }
  if (archive instanceof Response && !archive.ok)
    throw new StoreError(`what was to be imported cannot be had: its server answered ${archive.status}`, { code: "not_found" });
  const blob =
    archive instanceof ReadableStream ? await new Response(archive).blob() : archive instanceof Response ? await archive.blob() : archive;
  if (!(blob instanceof Blob)) throw new ConfigError("import takes what export gave: a File, a Blob, bytes, a stream or a Response");
  return { size: blob.size, read: async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer()) };
}
