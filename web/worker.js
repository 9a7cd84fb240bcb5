/**
 * The worker that Python runs in.
 *
 * In:  one {type: "boot", runtimeURL, wheelURL, snapshotURL}, then RPC messages as text.
 * Out: {type: "progress", progress}, then {type: "ready"} or {type: "failed", message}, then RPC messages as text; {type: "crash", message}
 *      when the interpreter has died.
 *
 * @import { BootProgress } from "./interpreter.js"
 * @typedef {{type: "boot", runtimeURL: string, wheelURL: string, snapshotURL?: string}} BootMessage
 * @typedef {{type: "progress", progress: BootProgress} | {type: "ready"} | {type: "failed", message: string}
 *   | {type: "crash", message: string}} WorkerMessage
 */

import { startPython } from "./interpreter.js";

const scope = /** @type {{onmessage: ((event: MessageEvent<BootMessage | string>) => void) | null, postMessage(message: WorkerMessage | string): void}} */ (
  /** @type {unknown} */ (globalThis)
);

scope.onmessage = async (/** @type {MessageEvent<BootMessage | string>} */ { data }) => {
  if (typeof data === "string") return;
  try {
    const receive = await startPython({
      runtimeURL: data.runtimeURL,
      wheelURL: data.wheelURL,
      snapshotURL: data.snapshotURL,
      countBytes: true,
      onProgress: (progress) => scope.postMessage({ type: "progress", progress }),
      send: (text) => scope.postMessage(text),
      onCrash: (error) => scope.postMessage({ type: "crash", message: String(error) }),
    });
    scope.onmessage = (event) => receive(/** @type {string} */ (event.data));
    scope.postMessage({ type: "ready" });
  } catch (error) {
    scope.postMessage({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  }
};
