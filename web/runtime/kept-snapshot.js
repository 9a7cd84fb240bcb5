/**
 * Snapshots that this browser keeps unzipped in the Cache API, under their addresses: the snapshot that the runtime's server has, whose
 * name holds its hash, or, where the server has none, a snapshot that the browser took after a first start, with a manifest as a server
 * would have it.
 */

import { KEPT_PLACE } from "./locations.js";
import { hash } from "./snapshot.js";

const CACHE = "staysail-snapshots";
const KEEP_AFTER_MS = 1000;

/** @param {string} url */
export const isKept = (url) => url.startsWith(KEPT_PLACE);

/**
 * @param {string} url
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function readKept(url) {
  const kept = await find(url);
  if (!kept) throw new Error("none is kept");
  return kept;
}

/**
 * Returns the unzipped bytes of a served snapshot, if they are kept. The browser's own cache has them zipped and would unzip them at each
 * visit.
 * @param {string} url
 */
export async function readMemory(url) {
  if (!canHold(url)) return undefined;
  return find(url).catch(() => undefined); // then it is fetched
}

/** Deletes a snapshot that was damaged, so that the next visit fetches it again. @param {string} url */
export async function dropMemory(url) {
  for (const name of await caches.keys()) await (await caches.open(name)).delete(url, { ignoreVary: true });
}

/**
 * Keeps a served snapshot in place of every other one, after the page has had time for its first prompt.
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

/** Looks in every cache of the origin, because a page's service worker may have kept the file. @param {string} url */
async function find(url) {
  const kept = await caches.match(url, { ignoreVary: true });
  return kept && new Uint8Array(await kept.arrayBuffer());
}

/**
 * Keeps a snapshot that the browser took, in place of every other one.
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
