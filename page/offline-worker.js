/**
 * The service worker that keeps the page for visits without a network: its files, the interpreter and the packages that were used.
 *
 * A file is requested from the network first, so that no old one is shown, and taken from the cache where the network fails; files that
 * never change (`Cache-Control: immutable`) are taken from the cache at once. Nothing else is touched: no other origin, nothing
 * outside of FOLDERS, no request with a method other than GET. Models keep themselves.
 *
 * In: "keep", with a port: keeps all that a first start needs, as the build's list says. Out, over the port: {kept} or {error}.
 */

(() => {
  const CACHE = "staysail-offline-1";
  const LIST = "wheels/offline.json";
  const FOLDERS = ["page/", "web/", "wheels/"];

  /**
   * @typedef {Event & {waitUntil(work: Promise<unknown>): void}} Extendable
   * @typedef {Extendable & {request: Request, respondWith(answer: Promise<Response>): void}} FetchEvent
   * @typedef {{version: string, first: string[], later: string[]}} List first: what a start needs. later: the other files
   */
  const worker =
    /** @type {{registration: ServiceWorkerRegistration, clients: {claim(): Promise<void>}, skipWaiting(): Promise<void>, addEventListener(type: string, listener: (event: any) => void): void}} */ (
      /** @type {unknown} */ (globalThis)
    );
  const scope = worker.registration.scope;

  worker.addEventListener("install", () => void worker.skipWaiting());
  worker.addEventListener("activate", (/** @type {Extendable} */ event) => event.waitUntil(worker.clients.claim()));
  worker.addEventListener("message", (/** @type {MessageEvent & Extendable} */ event) => {
    if (event.data !== "keep") return;
    const [port] = event.ports;
    event.waitUntil(
      keepAll().then(
        (kept) => port?.postMessage({ kept }),
        (error) => port?.postMessage({ error: String(error) }),
      ),
    );
  });
  worker.addEventListener("fetch", (/** @type {FetchEvent} */ event) => {
    if (isOurs(event.request)) event.respondWith(answer(event));
  });

  /** @param {Request} request */
  function isOurs({ method, url, headers, cache }) {
    if (method !== "GET" || cache === "no-store" || headers.has("range") || !url.startsWith(scope)) return false;
    const path = nameOf(url);
    return path === "" || path === "index.html" || FOLDERS.some((folder) => path.startsWith(folder));
  }

  /** @param {string} url */
  const nameOf = (url) => url.slice(scope.length).replace(/[?#].*$/s, "");

  /** @param {FetchEvent} event */
  async function answer(event) {
    const { request } = event;
    const key = request.mode === "navigate" ? new URL(nameOf(request.url), scope).href : request;
    // Storage that fails (private windows, data that the user clears just now) must not fail the request.
    const cache = await caches.open(CACHE).catch(() => undefined);
    const kept = await cache?.match(key, { ignoreVary: true }).catch(() => undefined);
    if (kept && /\bimmutable\b/.test(kept.headers.get("cache-control") ?? "")) return kept;
    let response;
    try {
      response = await fetch(request);
    } catch (error) {
      if (kept) return kept;
      throw error;
    }
    if (cache && isAnother(response, kept)) event.waitUntil(keep(cache, key, response.clone()));
    return response;
  }

  /**
   * Whether a response is stored in place of the one in the cache.
   * @param {Response} response
   * @param {Response | undefined} kept
   */
  function isAnother(response, kept) {
    if (response.status !== 200 || response.redirected || response.type !== "basic") return false;
    const tag = response.headers.get("etag") ?? response.headers.get("last-modified");
    return !kept || !tag || tag !== (kept.headers.get("etag") ?? kept.headers.get("last-modified"));
  }

  /**
   * @param {Cache} cache
   * @param {RequestInfo} key
   * @param {Response} response
   */
  async function keep(cache, key, response) {
    await cache.put(key, response).catch(() => {}); // the disk is full, or the page was left: the next visit tries again
  }

  /** Runs once for each version of the list, which is stored last: an interrupted run begins again. */
  async function keepAll() {
    const cache = await caches.open(CACHE);
    const url = new URL(LIST, scope).href;
    const response = await fetch(url, { cache: "no-cache" });
    if (!response.ok) throw new Error(`${LIST}: the server answered ${response.status}`);
    const list = /** @type {List} */ (await response.clone().json());
    const before = await cache.match(url);
    if (before && (await before.json()).version === list.version) return list.first.length;
    for (const name of list.first) {
      const key = new URL(name, scope).href;
      const file = await fetch(key);
      if (!file.ok) throw new Error(`${name}: the server answered ${file.status}`);
      if (isAnother(file, await cache.match(key))) await cache.put(key, file);
    }
    const wanted = new Set([...list.first, ...list.later, LIST]);
    for (const { url: old } of await cache.keys()) if (!wanted.has(nameOf(old))) await cache.delete(old);
    await cache.put(url, response);
    return list.first.length;
  }
})();
