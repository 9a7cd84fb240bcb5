/**
 * Weights by URL: streamed straight into the browser's Cache storage, so that a second visit asks the network for nothing and a
 * big file is never held in memory as well. A file that has a known hash is checked once, before it is used.
 */

import { LocalModelError, abortError, messageOf } from "./errors.js";
import { Patience, within } from "./patience.js";

const CACHE_NAME = "staysail-local-1";
/** Time for the browser's own storage to answer, and for further bytes of a download. */
const STORAGE_MS = 20_000;
const BYTES_MS = 60_000;
/** Time for another tab's download of the same file. */
const TURN_MS = 600_000;

/**
 * @param {string} url
 * @param {{sizeBytes?: number, sha256?: string, signal?: AbortSignal, onBytes?: (loaded: number, total: number) => void}} [options]
 * @returns {Promise<Blob>}
 */
export async function fetchWeights(url, { sizeBytes = 0, sha256, signal, onBytes = () => {} } = {}) {
  const cache = await openCache();
  const key = sha256 ? `${url}${url.includes("?") ? "&" : "?"}sha256=${sha256}` : url;
  const look = async () => {
    const kept = cache && (await within(STORAGE_MS, "The look into the cache", cache.match(key)).catch(() => undefined));
    const blob = await kept?.blob();
    if (blob) onBytes(blob.size, blob.size);
    return blob;
  };
  const get = async () => {
    let blob = cache && (await download(url, sizeBytes, signal, onBytes, (response) => keep(cache, key, response)));
    // No Cache storage here, or no room in it: the weights then live in memory, for this visit only.
    blob ??= await download(url, sizeBytes, signal, onBytes, (response) => response.blob());
    if (!blob) throw new LocalModelError("network", `Nothing came from ${url}.`);
    if (sha256 && (await hexDigest(blob)) !== sha256) {
      await cache?.delete(key);
      throw new LocalModelError(
        "integrity",
        `${url} is not the file that was expected (its sha256 differs). Build the site's files again.`,
      );
    }
    return blob;
  };
  // Of several tabs one downloads, and the others find what it kept.
  return (await look()) ?? (cache ? inTurn(`${CACHE_NAME} ${key}`, signal, async () => (await look()) ?? get()) : get());
}

/**
 * Does the work while no other tab does work of this name, as far as the browser has Web Locks. A tab that is asleep holds nobody up for
 * longer than TURN_MS.
 * @template T
 * @param {string} name
 * @param {AbortSignal | undefined} signal
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
function inTurn(name, signal, work) {
  const locks = globalThis.navigator?.locks;
  if (!locks) return work();
  return new Promise((resolve, reject) => {
    const control = new AbortController();
    const stop = () => control.abort();
    const timer = setTimeout(stop, TURN_MS);
    signal?.addEventListener("abort", stop, { once: true });
    const begin = async () => {
      clearTimeout(timer);
      await work().then(resolve, reject);
    };
    locks.request(name, { signal: control.signal }, begin).catch(() => (signal?.aborted ? reject(abortError()) : begin()));
  });
}

/** Forget every cached weight. @returns {Promise<boolean>} */
export async function clearWeights() {
  return typeof caches === "undefined" ? false : caches.delete(CACHE_NAME);
}

/**
 * @template T
 * @param {string} url
 * @param {number} sizeBytes
 * @param {AbortSignal | undefined} signal
 * @param {(loaded: number, total: number) => void} onBytes
 * @param {(response: Response) => Promise<T>} consume
 * @returns {Promise<T>}
 */
async function download(url, sizeBytes, signal, onBytes, consume) {
  const control = new AbortController();
  const stop = () => control.abort();
  if (signal?.aborted) throw abortError();
  signal?.addEventListener("abort", stop, { once: true });
  let isSilent = false;
  const patience = new Patience(BYTES_MS, () => {
    isSilent = true;
    stop();
  });
  try {
    return await receive();
  } finally {
    patience.end();
    signal?.removeEventListener("abort", stop);
  }

  async function receive() {
    let response;
    try {
      response = await fetch(url, { signal: control.signal, cache: "no-store" }); // it is kept here, and once is enough
    } catch (error) {
      if (signal?.aborted) throw abortError();
      if (isSilent) throw stalledDownload(url, 0);
      throw new LocalModelError("network", `Could not fetch ${url}: the network is down, or that host does not allow this page (CORS).`, {
        cause: error,
      });
    }
    if (!response.ok || !response.body) {
      const code = response.status === 404 ? "not_found" : "network";
      throw new LocalModelError(code, `No weights at ${url}: the server answered ${response.status}.`);
    }
    // Behind a content encoding, Content-Length counts compressed bytes and would make the progress lie.
    const announced = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length") ?? 0);
    const total = sizeBytes || announced;
    let loaded = 0;
    let reported = 0;
    /** @type {TransformStream<Uint8Array, Uint8Array>} */
    const counted = new TransformStream({
      transform(chunk, controller) {
        loaded += chunk.byteLength;
        patience.hear();
        if (loaded - reported >= 1 << 20 || loaded === total) onBytes((reported = loaded), total);
        controller.enqueue(chunk);
      },
    });
    try {
      return await consume(new Response(response.body.pipeThrough(counted), { headers: { "content-type": "application/octet-stream" } }));
    } catch (error) {
      if (signal?.aborted) throw abortError();
      if (isSilent) throw stalledDownload(url, loaded);
      throw new LocalModelError("network", `The download of ${url} broke off after ${loaded} bytes: ${messageOf(error)}`, { cause: error });
    }
  }
}

/**
 * @param {string} url
 * @param {number} loaded
 */
function stalledDownload(url, loaded) {
  return new LocalModelError(
    "network",
    `The download of ${url} was given up: nothing came for ${BYTES_MS / 1000} s, after ${loaded} bytes. Try again.`,
  );
}

/**
 * @param {Cache} cache
 * @param {string} key
 * @param {Response} response
 * @returns {Promise<Blob | undefined>} nothing when the browser has no room for it
 */
async function keep(cache, key, response) {
  try {
    await cache.put(key, response);
  } catch (error) {
    if (error instanceof DOMException && error.name === "QuotaExceededError") return undefined;
    throw error;
  }
  return (await cache.match(key))?.blob();
}

async function openCache() {
  try {
    return typeof caches === "undefined" ? undefined : await within(STORAGE_MS, "The cache", caches.open(CACHE_NAME));
  } catch {
    return undefined; // opaque origins and some private windows have the name but refuse to open it
  }
}

/** @param {Blob} blob */
async function hexDigest(blob) {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
