import { inNode } from "../runtime/environment.js";

/** @typedef {{post: (message: any) => void, listen: (onMessage: (message: any) => void) => void}} Port */

/** A worker's own end of what joins it to its host. @returns {Promise<Port>} */
export async function openPort() {
  if (!inNode) {
    const scope = /** @type {any} */ (globalThis);
    return {
      post: scope.postMessage.bind(scope),
      listen: (onMessage) => (scope.onmessage = (/** @type {MessageEvent} */ event) => onMessage(event.data)),
    };
  }
  const threads = "node:worker_threads";
  const { parentPort } = await import(/* webpackIgnore: true */ /* @vite-ignore */ threads);
  return { post: (message) => parentPort.postMessage(message), listen: (onMessage) => parentPort.on("message", onMessage) };
}
