/**
 * Weights by address: downloaded once, checked, and kept by the browser, so that a later visit asks the network for nothing. A file that
 * is known by its hash is the same one whatever its address.
 *
 * @import { FileRecord } from "./chunks.js"
 * @import { KeptFiles } from "./kept-files.js"
 * @import { StoredModel } from "./types.js"
 * @typedef {{url: string, model: string, sizeBytes?: number, sha256?: string}} Source
 */

import { keptChunks, readRecord, writeRecord } from "./chunks.js";
import { download } from "./download.js";
import { LocalModelError, abortError } from "./errors.js";
import { memoryFiles, openKeptFiles } from "./kept-files.js";
import { sha256 } from "../vendor/noble-hashes/sha2.js";

/** The cache in which earlier versions of the package kept whole files. */
const FORMER_CACHE = "staysail-local-1";
/** Time for progress of another tab's download of the same file. */
const TURN_MS = 600_000;
const LOOK_MS = 2_000;
/** Files up to this size are hashed by the browser, which wants all of them in memory. */
const WHOLE_BYTES = 1 << 28;

/** @type {Promise<KeptFiles> | undefined} */
let opened;

/** @returns {Promise<KeptFiles>} */
function keptFiles() {
  opened ??= openKeptFiles();
  return opened;
}

/**
 * Returns a file, from the browser's storage or from the network. One of several tabs that need it downloads it, and the others get its
 * progress.
 * @param {Source} source
 * @param {{signal?: AbortSignal, onBytes?: (loaded: number, total: number) => void, mustKeep?: boolean}} [options]
 *   mustKeep: a full disk is an error ("no_room"), as is a storage that does not answer ("stalled"); without it the file then lives in memory,
 *   for this visit
 * @returns {Promise<Blob>}
 */
export async function fetchWeights(source, { signal, onBytes = () => {}, mustKeep = false } = {}) {
  const files = await keptFiles();
  const id = await idOf(source);
  const look = async () => {
    const blob = (await keptBlob(files, id)) ?? (await adopt(files, id, source));
    if (blob) onBytes(blob.size, blob.size);
    return blob;
  };
  const get = async () => {
    try {
      return await getInto(files, id, source, signal, onBytes);
    } catch (error) {
      const isOfStorage = error instanceof LocalModelError && ["no_room", "stalled"].includes(error.code);
      if (mustKeep || !isOfStorage) throw error;
      return getInto(memoryFiles(), id, source, signal, onBytes);
    }
  };
  const found = await look();
  if (found) return found;
  if (!files.isLasting && mustKeep)
    throw new LocalModelError(
      "no_room",
      `This browser keeps nothing for this site, as in a private window: ${source.url} was not downloaded.`,
    );
  if (!files.isLasting) return get();
  const progress = async () => {
    const { sizeBytes = 0, loadedBytes = 0 } = (await stateOf(files, id)) ?? {};
    if (sizeBytes) onBytes(loadedBytes, sizeBytes);
    return loadedBytes;
  };
  return inTurn(lockOf(id), { signal, progress }, async () => (await look()) ?? get());
}

/** Returns the models in storage, with the stored bytes of each. @returns {Promise<StoredModel[]>} */
export async function storedModels() {
  const files = await keptFiles();
  /** @type {Map<string, StoredModel>} */
  const models = new Map();
  for (const id of await files.ids()) {
    const state = await stateOf(files, id);
    if (!state) continue;
    const former = models.get(state.model);
    models.set(state.model, {
      name: state.model,
      sizeBytes: state.sizeBytes + (former?.sizeBytes ?? 0),
      storedBytes: state.loadedBytes + (former?.storedBytes ?? 0),
      isComplete: state.isWhole && (former?.isComplete ?? true),
    });
  }
  return [...models.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Deletes the stored chunks of a model. Returns whether there were any.
 * @param {string} model
 */
export async function deleteWeights(model) {
  const files = await keptFiles();
  let found = false;
  for (const id of await files.ids()) {
    if ((await readRecord(files, id))?.model !== model) continue;
    const isFree = await ifFree(lockOf(id), async () => {
      found = (await files.delete(id)) || found;
    });
    if (!isFree) throw new LocalModelError("bad_request", `"${model}" is being downloaded, here or in another tab: stop that first.`);
  }
  return found;
}

/**
 * @param {KeptFiles} files
 * @param {string} id
 * @param {Source} source
 * @param {AbortSignal | undefined} signal
 * @param {(loaded: number, total: number) => void} onBytes
 */
async function getInto(files, id, { url, model, sizeBytes, sha256 }, signal, onBytes) {
  /** @type {FileRecord | undefined} */
  let about;
  /** @type {Blob | undefined} */
  let blob;
  // Chunks may vanish meanwhile: a user clears the site's data, and WebKit's Cache storage now and then does not have what was just put.
  for (let tries = 0; !blob && tries < 3; tries++) {
    about = await download(id, { url, model, sizeBytes, isCertain: Boolean(sha256) }, { files, signal, onBytes });
    blob = await wholeBlob(files, id, about);
  }
  if (!about || !blob) throw new LocalModelError("network", `Parts of ${url} were deleted while it was downloaded. Try again.`);
  if (sha256 && (await hexDigest(blob)) !== sha256) {
    await files.delete(id);
    throw new LocalModelError("integrity", `${url} is not the file that was expected (its sha256 differs). Build the site's files again.`);
  }
  await writeRecord(files, id, { ...about, isWhole: true });
  return blob;
}

/**
 * @param {KeptFiles} files
 * @param {string} id
 */
async function keptBlob(files, id) {
  const about = await readRecord(files, id);
  return about?.isWhole ? wholeBlob(files, id, about) : undefined;
}

/**
 * @param {KeptFiles} files
 * @param {string} id
 * @param {FileRecord} about
 */
async function wholeBlob(files, id, about) {
  const chunks = await keptChunks(files, id, about);
  return chunks.every((chunk) => chunk !== undefined) ? new Blob(/** @type {Blob[]} */ (chunks)) : undefined;
}

/**
 * @param {KeptFiles} files
 * @param {string} id
 */
async function stateOf(files, id) {
  const about = await readRecord(files, id);
  if (!about) return undefined;
  const chunks = await keptChunks(files, id, about);
  return { ...about, loadedBytes: chunks.reduce((sum, chunk) => sum + (chunk?.size ?? 0), 0) };
}

/**
 * Takes over a file that an earlier version kept in Cache storage, so that it is not downloaded again.
 * @param {KeptFiles} files
 * @param {string} id
 * @param {Source} source
 */
async function adopt(files, id, { url, model, sha256 }) {
  try {
    if (!sha256 || !(await caches.has(FORMER_CACHE))) return undefined;
    const cache = await caches.open(FORMER_CACHE);
    const key = `${url}${url.includes("?") ? "&" : "?"}sha256=${sha256}`;
    const blob = await (await cache.match(key))?.blob();
    if (!blob || (await hexDigest(blob)) !== sha256) return undefined;
    const chunkBytes = 1 << 23;
    for (let at = 0; at < blob.size; at += chunkBytes)
      await files.put(id, String(at / chunkBytes), new Uint8Array(await blob.slice(at, at + chunkBytes).arrayBuffer()));
    await writeRecord(files, id, { model, url, sizeBytes: blob.size, chunkBytes, etag: "", isWhole: true });
    await cache.delete(key);
    if (!(await cache.keys()).length) await caches.delete(FORMER_CACHE);
    return await keptBlob(files, id);
  } catch {
    return undefined; // there is no such storage, or no room for both
  }
}

/** @param {Source} source */
async function idOf({ url, sha256 }) {
  return sha256 ?? hexDigest(new Blob([url]));
}

/** @param {string} id */
function lockOf(id) {
  return `staysail-models ${id}`;
}

/**
 * Does the work while no other tab does work of this name, as far as the browser has Web Locks. A tab that is asleep holds nobody up for
 * longer than TURN_MS: one whose download goes on is waited for.
 * @template T
 * @param {string} name
 * @param {{signal?: AbortSignal, progress: () => Promise<number>}} options progress: tells how far the other tab is
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
function inTurn(name, { signal, progress }, work) {
  const locks = globalThis.navigator?.locks;
  if (!locks) return work();
  return new Promise((resolve, reject) => {
    const control = new AbortController();
    const stop = () => control.abort();
    let before = -1;
    let lastMs = Date.now();
    const timer = setInterval(async () => {
      const now = await progress().catch(() => before);
      if (now !== before) [before, lastMs] = [now, Date.now()];
      else if (Date.now() - lastMs > TURN_MS) stop();
    }, LOOK_MS);
    signal?.addEventListener("abort", stop, { once: true });
    const begin = async () => {
      clearInterval(timer);
      await work().then(resolve, reject);
    };
    locks.request(name, { signal: control.signal }, begin).catch(() => {
      clearInterval(timer);
      if (signal?.aborted) reject(abortError());
      else void begin();
    });
    if (signal?.aborted) stop();
  });
}

/**
 * Does the work if no other tab does work of this name. Returns whether it did.
 * @param {string} name
 * @param {() => Promise<void>} work
 */
async function ifFree(name, work) {
  const locks = globalThis.navigator?.locks;
  if (!locks) return work().then(() => true);
  return locks.request(name, { ifAvailable: true }, (lock) => (lock ? work().then(() => true) : false));
}

/**
 * Returns the SHA-256 of a file in hexadecimal. A large file is never in memory as a whole.
 * @param {Blob} blob
 * @param {number} [wholeBytes] size up to which the browser hashes it at once
 */
export async function hexDigest(blob, wholeBytes = WHOLE_BYTES) {
  const digest =
    blob.size <= wholeBytes ? new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())) : await streamed(blob);
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {Blob} blob */
async function streamed(blob) {
  const hash = sha256.create();
  const reader = blob.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return hash.digest();
    hash.update(value);
  }
}
