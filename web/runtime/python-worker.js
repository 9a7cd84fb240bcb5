/**
 * The worker that Python runs in.
 *
 * In:  one {type: "boot", life} with Addresses, then RPC messages.
 * Out: {type: "progress", progress}, then {type: "ready"} or {type: "failed", message}, then RPC messages; {type: "crash", message} when
 *      the interpreter has died.
 *
 * An RPC message is text, or text and bytes.
 *
 * @import { Packet } from "../bridge/packet.js"
 * @import { BootMessage, WorkerMessage } from "./types.js"
 */

import { startPython } from "./interpreter.js";
import { pack, unpack } from "../bridge/packet.js";
import { holdLifeLock } from "./life-lock.js";

const scope = /** @type {{onmessage: ((event: MessageEvent) => void) | null, postMessage(message: WorkerMessage | Packet): void}} */ (
  /** @type {unknown} */ (globalThis)
);

scope.onmessage = async (/** @type {MessageEvent<BootMessage>} */ { data: { type, life, ...addresses } }) => {
  try {
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
