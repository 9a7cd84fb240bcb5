/**
 * The life of a worker, as a lock that it holds: a thread that requests the lock learns of the worker's end, however it came. A browser
 * that ends a worker for its memory reports it to nobody. Without Web Locks (outside of secure contexts) the end goes unnoticed.
 */

/**
 * Holds the lock until this thread ends. Resolves once it is held.
 * @param {string} name
 * @param {AbortSignal} signal ends the watch
 * @param {() => void} onEnd
 */
export function watchLife(name, signal, onEnd) {
  globalThis.navigator?.locks?.request(name, { mode: "shared", signal }, onEnd).catch(() => {});
}
