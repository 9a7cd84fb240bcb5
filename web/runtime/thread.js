/**
 * The thread that Python runs in: a worker of this page, or the calling thread.
 * @import { Packet } from "../bridge/packet.js"
 * @import { Send } from "../bridge/rpc.js"
 * @import { Addresses, BootProgress, Side, WorkerMessage } from "./types.js"
 *
 * @typedef {object} ThreadEvents
 * @property {(progress: BootProgress) => void} onProgress
 * @property {() => void} onReady
 * @property {Send} onText
 * @property {(error: Error) => void} onFailure called when Python did not start, or died
 * @typedef {{send: Send, terminate: () => void}} Thread
 */

import { InterpreterError } from "../errors.js";
import { isPacket, pack, unpack } from "../bridge/packet.js";
import { watchLife } from "./life-lock.js";

/** Milliseconds after the start until a snapshot is taken, so that the first prompt has the processor to itself. */
const KEEP_AFTER_MS = 4000;

/**
 * @param {ThreadEvents} events
 * @param {Addresses} addresses
 * @returns {Thread}
 */
export function launchWorker(events, addresses) {
  const worker = newWorker();
  let keeping = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  const onProgress = (/** @type {BootProgress} */ progress) => {
    events.onProgress(progress);
    if (progress.restored === false && addresses.keptURL) keeping = setTimeout(keepSnapshot, KEEP_AFTER_MS, addresses);
  };
  const onReady = () => {
    watchLife(life, over.signal, () => events.onFailure(crashed("the browser ended its worker")));
    events.onReady();
  };
  worker.onmessage = (/** @type {MessageEvent<WorkerMessage | Packet>} */ { data }) => hear(data, { ...events, onProgress, onReady });
  worker.onmessageerror = () => events.onFailure(crashed("a message between it and the page could not be read"));
  worker.onerror = (event) => {
    event.preventDefault?.();
    events.onFailure(crashed(event.message || "its script did not load"));
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
  const worker = isForeign()
    ? new Worker(importing("./snapshot-worker.js"), { type: "module", name: "staysail snapshot" })
    : new Worker(new URL("./snapshot-worker.js", import.meta.url), { type: "module", name: "staysail snapshot" }); // written out, for bundlers
  worker.postMessage({ runtimeURL, wheelURL });
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

/**
 * Whether this module is of another origin than the page, which may start no worker from there. Some bundlers give a file: address here,
 * which tells nothing.
 */
export function isForeign() {
  const home = new URL(import.meta.url);
  return Boolean(globalThis.location) && /^https?:/.test(home.protocol) && home.origin !== globalThis.location.origin;
}

function newWorker() {
  if (!isForeign()) return new Worker(new URL("./python-worker.js", import.meta.url), { type: "module", name: "staysail" }); // written out, for bundlers
  return new Worker(importing("./python-worker.js"), { type: "module", name: "staysail" });
}

/**
 * Returns the address of a script of the page's own origin that imports one of this package.
 * @param {string} file in a variable, so that no bundler inlines it
 */
export function importing(file) {
  const source = `import ${JSON.stringify(new URL(file, import.meta.url).href)};`;
  return URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
}

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
  import("./interpreter.js")
    .then(({ startPython }) => startPython({ ...addresses, environment, onProgress, onCrash }))
    .then((join) => {
      if (!alive) return;
      side = join(onText);
      onReady();
    })
    .catch((error) =>
      onFailure(
        error instanceof InterpreterError
          ? error
          : new InterpreterError(`Python did not start: ${error?.message ?? error}`, { cause: error }),
      ),
    );
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

/** @param {string} why */
function crashed(why) {
  return new InterpreterError(`Python crashed: ${why}. The next call starts it anew.`, { code: "crashed", retryable: true });
}
