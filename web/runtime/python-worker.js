/**
 * The worker that Python runs in.
 *
 * In:  one {type: "boot", life} with Addresses, then RPC messages.
 * Out: {type: "progress", progress}, then {type: "ready"} or {type: "failed", message}, then RPC messages; {type: "crash", message} when
 *      the interpreter has died.
 *
 * An RPC message is text, or text and bytes.
 * @import { Packet } from "../bridge/packet.js"
 * @import { BootMessage, WorkerMessage } from "./types.js"
 */

import { startPython } from "./interpreter.js";
import { pack, unpack } from "../bridge/packet.js";
import { setPlaces } from "./package-files.js";

const scope = /** @type {{onmessage: ((event: MessageEvent) => void) | null, postMessage(message: WorkerMessage | Packet): void}} */ (
  /** @type {unknown} */ (globalThis)
);

scope.onmessage = async (/** @type {MessageEvent<BootMessage>} */ { data: { type, life, ...addresses } }) => {
  try {
    setPlaces(addresses);
    await holdLifeLock(life);
    const join = await startPython({
      ...addresses,
      countBytes: true,
      onProgress: (progress) => scope.postMessage({ type: "progress", progress }),
      onCrash: (error) => scope.postMessage({ type: "crash", message: String(error) }),
    });
    const { receive } = join((text, bytes) => scope.postMessage(pack(text, bytes)));
    scope.onmessage = ({ data }) => receive(...unpack(data));
    scope.postMessage({ type: "ready" });
  } catch (error) {
    scope.postMessage({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  }
};

/**
 * Holds the lock that life-lock.js watches until this thread ends. Resolves once it is held. It stands here, and not beside its watcher,
 * since webpack 5.113 drops what a worker alone uses of a module that the page uses too.
 * @param {string} name
 * @returns {Promise<void>}
 */
function holdLifeLock(name) {
  return new Promise((resolve) => {
    if (!globalThis.navigator?.locks) return resolve();
    navigator.locks
      .request(name, () => {
        resolve();
        return new Promise(() => {});
      })
      .catch(() => resolve()); // an opaque origin has locks that refuse
  });
}
