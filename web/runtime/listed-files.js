/**
 * Files whose hash a runtime's manifest lists. A browser that keeps such a file uses it without a request, however short the server says it
 * may be kept; where the kept bytes are another build's, the server is asked.
 */

import { hash } from "./snapshot.js";

/**
 * @template T
 * @param {string | undefined} sha256 hexadecimal; undefined where no manifest lists the file: then the browser's cache decides as it does
 * @param {(cache?: RequestCache) => Promise<{bytes: Uint8Array<ArrayBuffer>, value: T}>} request
 * @returns {Promise<{value: T, isListed: boolean}>} isListed: whether the bytes are those of the manifest
 */
export async function readListed(sha256, request) {
  if (!sha256 || !globalThis.crypto?.subtle) return { value: (await request()).value, isListed: false };
  for (const cache of /** @type {const} */ (["force-cache", "reload"])) {
    const { bytes, value } = await request(cache);
    if ((await hash(bytes)) === sha256) return { value, isListed: true };
  }
  return { value: (await request()).value, isListed: false };
}
