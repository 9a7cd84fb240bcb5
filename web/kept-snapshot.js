/**
 * A snapshot that this browser made for itself after a first start, where the runtime's folder has none. It is kept in the Cache API under the
 * addresses of a manifest and of the memory, as a server would have them.
 */

import { hash } from "./snapshot.js";

const CACHE = "staysail-snapshots";

/** No address that is ever fetched. */
const PLACE = "https://snapshot.invalid/";

/** Where the one for a runtime is kept. @param {string} runtimeURL */
export function keptManifestURL(runtimeURL) {
  return `${PLACE}${encodeURIComponent(runtimeURL)}/manifest.json`;
}

/** @param {string} url */
export const isKept = (url) => url.startsWith(PLACE);

/** Whether one can be kept here: in pages over HTTPS or from this machine. */
export const canKeep = typeof document !== "undefined" && typeof caches !== "undefined" && typeof Worker !== "undefined";

/** @param {string} url @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function readKept(url) {
  const kept = await (await caches.open(CACHE)).match(url);
  if (!kept) throw new Error("none is kept");
  return new Uint8Array(await kept.arrayBuffer());
}

/**
 * In place of every other one.
 * @param {string} manifestURL
 * @param {Uint8Array<ArrayBuffer>} memory
 * @param {Uint8Array<ArrayBuffer>} wheel
 */
export async function keepSnapshot(manifestURL, memory, wheel) {
  const sha256 = await hash(memory);
  const manifest = { file: `${sha256.slice(0, 16)}.snapshot`, bytes: memory.byteLength, sha256, wheelSha256: await hash(wheel) };
  await caches.delete(CACHE);
  const cache = await caches.open(CACHE);
  await cache.put(new URL(manifest.file, manifestURL), new Response(memory));
  await cache.put(manifestURL, new Response(JSON.stringify(manifest)));
}
