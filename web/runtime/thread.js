/**
 * The thread that Python runs in: a worker of this page. this-thread.js and sharing.js have the other ones.
 * @import { Packet } from "../bridge/packet.js"
 * @import { Send } from "../bridge/rpc.js"
 * @import { Addresses, BootProgress, WorkerMessage } from "./types.js"
 *
 * @typedef {object} ThreadEvents
 * @property {(progress: BootProgress) => void} onProgress
 * @property {() => void} onReady
 * @property {Send} onText
 * @property {(error: Error) => void} onFailure called when Python did not start, or died
 * @typedef {{send: Send, terminate: () => void}} Thread
 */

import { InterpreterError, StaysailError } from "../errors.js";
import { isPacket, pack, unpack } from "../bridge/packet.js";
import { watchLife } from "./life-lock.js";
import { findScript, startWorker } from "./package-files.js";
import { explain } from "./loading.js";

/** Milliseconds after the start until a snapshot is taken, so that the first prompt has the processor to itself. */
const KEEP_AFTER_MS = 4000;

/**
 * @param {ThreadEvents} events
 * @param {Addresses} addresses
 * @returns {Thread}
 */
export function launchWorker(events, addresses) {
  const script = pythonScript();
  const worker = startWorker(script);
  let spoke = false;
  let keeping = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  const onProgress = (/** @type {BootProgress} */ progress) => {
    events.onProgress(progress);
    if (progress.restored === false && addresses.keptURL)
      keeping = setTimeout(keepSnapshot, KEEP_AFTER_MS, { ...addresses, runtimeURL: progress.runtimeURL });
  };
  const onReady = () => {
    watchLife(life, over.signal, () => events.onFailure(crashed("the browser ended its worker")));
    events.onReady();
  };
  worker.onmessage = (/** @type {MessageEvent<WorkerMessage | Packet>} */ { data }) => {
    spoke = true;
    hear(data, { ...events, onProgress, onReady });
  };
  worker.onmessageerror = () => events.onFailure(crashed("a message between it and the page could not be read"));
  worker.onerror = async (event) => {
    event.preventDefault?.();
    if (spoke) return events.onFailure(crashed(event.message || "its worker failed"));
    const why = event.message || (await explain(script.address));
    if (!over.signal.aborted) events.onFailure(new InterpreterError(`Python did not start: ${why}`));
  };
  const life = `staysail worker ${Math.random()}${Math.random()}`; // crypto.randomUUID exists in secure contexts alone
  const over = new AbortController();
  worker.postMessage({ type: "boot", life, ...addresses });
  const terminate = () => {
    over.abort();
    clearTimeout(keeping);
    worker.onmessage = worker.onmessageerror = worker.onerror = null; // messages that it sent before its end may still arrive
    worker.terminate();
  };
  return { send: (text, bytes) => worker.postMessage(pack(text, bytes)), terminate };
}

/** Takes a snapshot for the next visit, in a thread of its own. @param {Addresses} addresses */
function keepSnapshot({ runtimeURL, wheelURL }) {
  startWorker(snapshotScript()).postMessage({ runtimeURL, wheelURL });
}

/**
 * Passes a worker's message on.
 * @param {WorkerMessage | Packet} data
 * @param {ThreadEvents} events
 */
export function hear(data, { onProgress, onReady, onText, onFailure }) {
  if (isPacket(data)) onText(...unpack(data));
  else if (data.type === "progress") onProgress(data.progress);
  else if (data.type === "ready") onReady();
  else onFailure(data.type === "crash" ? crashed(data.message) : new InterpreterError(data.message));
}

// Both scripts are written out, for bundlers.

const pythonScript = () =>
  findScript(
    "runtime/python-worker.js",
    () => new Worker(new URL("./python-worker.js", import.meta.url), { type: "module", name: "staysail" }),
  );

const snapshotScript = () =>
  findScript(
    "runtime/snapshot-worker.js",
    () => new Worker(new URL("./snapshot-worker.js", import.meta.url), { type: "module", name: "staysail-snapshot" }),
  );

/**
 * A thread whose module loads first.
 * @template M
 * @param {Promise<M>} loading
 * @param {ThreadEvents} events
 * @param {(module: M) => Thread} launch
 * @returns {Thread}
 */
export function launchLater(loading, events, launch) {
  let alive = true;
  /** @type {Thread | undefined} */
  let thread;
  loading
    .then((module) => alive && (thread = launch(module)))
    .catch(
      (error) =>
        alive &&
        events.onFailure(
          error instanceof StaysailError
            ? error
            : new InterpreterError(`Python did not start: ${error?.message ?? error}`, { cause: error }),
        ),
    );
  const terminate = () => {
    alive = false;
    thread?.terminate();
  };
  return { send: (text, bytes) => thread?.send(text, bytes), terminate };
}

/** @param {string} why */
export function crashed(why) {
  return new InterpreterError(`Python crashed: ${why}. The next call starts it anew.`, { code: "crashed", retryable: true });
}
