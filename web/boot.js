/**
 * The one interpreter that all agents share: started by the first of them that needs it, started anew after a crash.
 *
 * @import { BootProgress } from "./interpreter.js"
 * @import { WorkerMessage } from "./worker.js"
 *
 * @typedef {object} BootOptions
 * @property {"worker" | "main"} [mode] where Python runs: a module worker (the default in a page), or the calling thread (in Node)
 * @property {string | URL} [runtimeURL] folder that holds Pyodide; by default its public CDN, in Node the package `pyodide`
 * @property {string | URL} [wheelURL] staysail's Python package; by default the one that comes with this module
 * @property {false | string | URL} [snapshot] manifest of the memory that Python starts from, where it fits: by default the one in the folder at
 *   runtimeURL; false: start without
 * @property {(progress: BootProgress) => void} [onProgress]
 */

import { ConfigError, InterpreterError } from "./errors.js";
import { startPython } from "./interpreter.js";
import { Peer } from "./rpc.js";
import { CDN_URL, SNAPSHOT_MANIFEST, WHEEL_URL } from "./runtime.js";
import { services } from "./services.js";

const SETTINGS = /** @type {const} */ (["mode", "runtimeURL", "wheelURL", "snapshot"]);

/** What later starts use too. @type {Omit<BootOptions, "onProgress">} */
let settings = {};
/** @type {{peer: Promise<Peer>, stop: (error: Error) => void} | undefined} */
let running;
/** @type {Set<(progress: BootProgress) => void>} */
const watchers = new Set();

/**
 * Start Python, or wait until it has. Options count for this start and every later one.
 * @param {BootOptions} [options]
 * @returns {Promise<void>}
 */
export async function boot({ onProgress, ...options } = {}) {
  choose(options);
  if (onProgress) watchers.add(onProgress);
  try {
    await connect();
  } finally {
    if (onProgress) watchers.delete(onProgress);
  }
}

/** End the interpreter, if there is one. What waits for it fails; the next call starts another. */
export function shutdown() {
  running?.stop(new InterpreterError("Python was shut down", { code: "shutdown" }));
}

/** @type {Set<(error: Error) => void>} */
const crashWatchers = new Set();

/** Be told when Python dies. @param {(error: Error) => void} watch */
export function onCrash(watch) {
  crashWatchers.add(watch);
}

/** The way to Python, which is started where it does not run. @returns {Promise<Peer>} */
export function connect() {
  running ??= start();
  return running.peer;
}

/** @param {Omit<BootOptions, "onProgress">} options */
function choose(options) {
  for (const name of SETTINGS) {
    const value = options[name] instanceof URL ? options[name].href : options[name];
    if (value === undefined || value === settings[name]) continue;
    if (running) throw new ConfigError(`Python is running already, with another ${name}; call boot() before the first agent answers, or shutdown() first`);
    settings = { ...settings, [name]: value };
  }
}

/** @returns {{peer: Promise<Peer>, stop: (error: Error) => void}} */
function start() {
  let stop = (/** @type {Error} */ _error) => {};
  const peer = new Promise((resolve, reject) => {
    const launch = chosenMode() === "worker" ? launchWorker : launchHere;
    const thread = launch({
      onProgress: (progress) => watchers.forEach((watch) => watch(progress)),
      onReady: () => resolve(end),
      onText: (text) => end.receive(text),
      onFailure: (error) => {
        stop(error);
        crashWatchers.forEach((watch) => watch(error));
      },
    });
    const end = new Peer(thread.send, services);
    stop = (error) => {
      if (running?.peer === peer) running = undefined;
      thread.terminate();
      end.close(error);
      reject(error);
    };
  });
  peer.catch(() => {}); // whoever waits for it is told
  return { peer, stop: (error) => stop(error) };
}

const inNode = typeof process === "object" && Boolean(process.versions?.node) && typeof document === "undefined";

/** Where relative addresses begin. */
const base = () => globalThis.location?.href ?? (inNode ? new URL(`file://${process.cwd()}/`).href : undefined);

function chosenMode() {
  if (settings.mode === "worker" && typeof Worker === "undefined") throw new ConfigError('there are no web workers here; use boot({mode: "main"})');
  return settings.mode ?? (inNode || typeof Worker === "undefined" ? "main" : "worker");
}

function addresses() {
  const runtimeURL = settings.runtimeURL && new URL(settings.runtimeURL, base()).href.replace(/\/?$/, "/");
  const snapshot = settings.snapshot ?? (runtimeURL && new URL(SNAPSHOT_MANIFEST, runtimeURL));
  return {
    runtimeURL: runtimeURL ?? (inNode ? undefined : CDN_URL),
    wheelURL: new URL(settings.wheelURL ?? WHEEL_URL, base()).href,
    snapshotURL: snapshot ? new URL(snapshot, base()).href : undefined,
  };
}

/**
 * @typedef {object} ThreadEvents
 * @property {(progress: BootProgress) => void} onProgress
 * @property {() => void} onReady
 * @property {(text: string) => void} onText
 * @property {(error: Error) => void} onFailure it did not start, or died
 *
 * @typedef {{send: (text: string) => void, terminate: () => void}} Thread
 */

/** @param {ThreadEvents} events @returns {Thread} */
function launchWorker({ onProgress, onReady, onText, onFailure }) {
  const worker = newWorker();
  worker.onmessage = (/** @type {MessageEvent<WorkerMessage | string>} */ { data }) => {
    if (typeof data === "string") onText(data);
    else if (data.type === "progress") onProgress(data.progress);
    else if (data.type === "ready") onReady();
    else onFailure(data.type === "crash" ? crashed(data.message) : new InterpreterError(data.message));
  };
  worker.onmessageerror = () => onFailure(crashed("a message between it and the page could not be read"));
  worker.onerror = (event) => {
    event.preventDefault?.();
    onFailure(crashed(event.message || "its script did not load"));
  };
  worker.postMessage({ type: "boot", ...addresses() });
  const terminate = () => {
    worker.onmessage = worker.onmessageerror = worker.onerror = null; // what it said before its end is on its way still
    worker.terminate();
  };
  return { send: (text) => worker.postMessage(text), terminate };
}

function newWorker() {
  const home = new URL(import.meta.url); // in some bundlers a file:, never where the module is
  if (!globalThis.location || !/^https?:/.test(home.protocol) || home.origin === globalThis.location.origin) {
    return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "staysail" }); // spelled out, for bundlers
  }
  // A worker may only be started from the page's own origin, but it may import from another.
  const file = "./worker.js"; // by a name that no bundler inlines
  const source = new Blob([`import ${JSON.stringify(new URL(file, home).href)};`], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(source), { type: "module", name: "staysail" });
}

/** @param {ThreadEvents} events @returns {Thread} */
function launchHere({ onProgress, onReady, onText, onFailure }) {
  let alive = true;
  /** @type {(text: string) => void} */
  let receive = () => {};
  startPython({
    ...addresses(),
    environment: inNode ? environment() : undefined,
    onProgress,
    send: (text) => {
      if (alive) onText(text);
    },
    onCrash: (error) => onFailure(crashed(String(error))),
  }).then(
    (into) => {
      receive = into;
      onReady();
    },
    (error) => onFailure(error instanceof InterpreterError ? error : new InterpreterError(`Python did not start: ${error?.message ?? error}`, { cause: error })),
  );
  return { send: (text) => receive(text), terminate: () => (alive = false) };
}

/** Keys and addresses, which Python reads as it does on a server. */
function environment() {
  const told = Object.entries(process.env).filter(([name, value]) => value && /^STAYSAIL_|_(API_KEY|TOKEN|BASE_URL)$/.test(name));
  return { HOME: "/home/pyodide", .../** @type {Record<string, string>} */ (Object.fromEntries(told)) };
}

/** @param {string} why */
function crashed(why) {
  return new InterpreterError(`Python crashed: ${why}. The next call starts it anew.`, { code: "crashed" });
}
