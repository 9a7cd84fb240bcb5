/**
 * Notices the end of a worker, by a lock that the worker holds as long as it lives. A browser that ends a worker for its memory fires no
 * event. Without Web Locks (outside of secure contexts) the end stays unnoticed.
 */

/**
 * Calls `onEnd` when the thread that holds the lock has ended.
 * @param {string} name
 * @param {AbortSignal} signal ends the watch
 * @param {() => void} onEnd
 */
export function watchLife(name, signal, onEnd) {
  globalThis.navigator?.locks?.request(name, { mode: "shared", signal }, onEnd).catch(() => {});
}
