/**
 * Snapshots that this browser keeps, unzipped, in the Cache API under their addresses: the one that it was served, whose name holds its hash; or,
 * where the runtime's folder has none, one that it made for itself after a first start, with a manifest as a server would have it.
 */

import { hash } from "./snapshot.js";

const CACHE = "staysail-snapshots";
const KEEP_AFTER_MS = 1000;

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

/**
 * @param {string} url
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function readKept(url) {
  const kept = await find(url);
  if (!kept) throw new Error("none is kept");
  return kept;
}

/** What is kept of a served snapshot. Its browser's own cache has it zipped, and unzips it at each visit. @param {string} url */
export async function readMemory(url) {
  if (!canHold(url)) return undefined;
  return find(url).catch(() => undefined); // it is fetched then
}

/** So that what was damaged here is fetched anew at the next visit. @param {string} url */
export async function dropMemory(url) {
  for (const name of await caches.keys()) await (await caches.open(name)).delete(url, { ignoreVary: true });
}

/**
 * A served snapshot, in place of every other one, when the page has had time for its first prompt.
 * @param {string} url
 * @param {Uint8Array<ArrayBuffer>} packed
 */
export function keepMemory(url, packed) {
  if (!canHold(url)) return;
  setTimeout(async () => {
    try {
      await caches.delete(CACHE);
      await (await caches.open(CACHE)).put(url, new Response(packed));
    } catch (error) {
      console.debug(`staysail keeps no snapshot: ${/** @type {any} */ (error)?.message ?? error}`);
    }
  }, KEEP_AFTER_MS);
}

/** @param {string} url */
const canHold = (url) => typeof caches !== "undefined" && url.startsWith("http");

/** In any cache of the origin: a page's service worker may have it. @param {string} url */
async function find(url) {
  const kept = await caches.match(url, { ignoreVary: true });
  return kept && new Uint8Array(await kept.arrayBuffer());
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
