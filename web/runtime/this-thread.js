/**
 * Python in the calling thread: in Node, and where `boot({mode: "main"})` says so. Loaded only there.
 * @import { Thread, ThreadEvents } from "./thread.js"
 * @import { Addresses, Side } from "./types.js"
 */

import { InterpreterError } from "../errors.js";
import { startPython } from "./interpreter.js";
import { StartError } from "./start-error.js";
import { crashed } from "./thread.js";

/**
 * @param {ThreadEvents} events
 * @param {Addresses} addresses
 * @param {Record<string, string>} [environment]
 * @returns {Thread}
 */
export function launchHere({ onProgress, onReady, onText, onFailure }, addresses, environment) {
  if ("Bun" in globalThis) giveStacks();
  let alive = true;
  /** @type {Side | undefined} */
  let side;
  const onCrash = (/** @type {unknown} */ error) => {
    side = undefined;
    onFailure(crashed(String(error)));
  };
  startPython({ ...addresses, environment, onProgress, onCrash })
    .then((join) => {
      if (!alive) return;
      side = join(onText);
      onReady();
    })
    .catch((error) => {
      const text = error instanceof StartError ? error.message : `Python did not start: ${error?.message ?? error}`;
      onFailure(new InterpreterError(text, { cause: error?.cause ?? error }));
    });
  const terminate = () => {
    alive = false;
    side?.leave();
    side = undefined;
  };
  return { send: (text, bytes) => side?.receive(text, bytes), terminate };
}

/**
 * Gives errors a stack in Bun: Pyodide recognises an error by its stack, and errors of Bun's fetch (1.4) have none, so Python would wait
 * for ever.
 */
function giveStacks() {
  if (!("stack" in Error.prototype)) Object.defineProperty(Error.prototype, "stack", { value: "", writable: true, configurable: true });
}
