/**
 * The interpreter that all agents of a page share: started by the first agent that needs it, and started again after a crash.
 * @import { Thread, ThreadEvents } from "./thread.js"
 * @import { Addresses, BootProgress } from "./types.js"
 *
 * @typedef {object} BootOptions
 * @property {"worker" | "main" | "shared"} [mode] where Python runs: a module worker (the default in a page), the calling thread (the
 *   default in Node), or one worker for all tabs of the origin that choose "shared", which starts with the options of the first tab
 * @property {string | URL} [runtimeURL] folder that holds Pyodide; by default Pyodide's public CDN, in Node the npm package `pyodide`
 * @property {string | URL} [wheelURL] staysail's Python package; by default the wheel that comes with this module
 * @property {false | string | URL} [snapshot] manifest of the memory that Python starts from. By default the manifest in the folder at
 *   runtimeURL, else of a snapshot that the page takes in the background after a first start. Snapshots are kept in the Cache API (17
 *   MB). false: start without
 * @property {(progress: BootProgress) => void} [onProgress]
 */

import { ConfigError, InterpreterError } from "../errors.js";
import { canKeep, keptManifestURL } from "./kept-snapshot.js";
import { Peer } from "../bridge/rpc.js";
import { CDN_URL, SNAPSHOT_MANIFEST, WHEEL_URL } from "./locations.js";
import { services } from "../bridge/services.js";
import { launchShared } from "./sharing.js";
import { launchHere, launchWorker } from "./thread.js";

const SETTINGS = /** @type {const} */ (["mode", "runtimeURL", "wheelURL", "snapshot"]);

/** Options of this start and of later ones. @type {Omit<BootOptions, "onProgress">} */
let settings = {};
/** @type {{peer: Promise<Peer>, stop: (error: Error) => void} | undefined} */
let running;
/** Whether Python was started before anything asked for it: options that come later then start it again. */
let early = false;
/** @type {Set<(progress: BootProgress) => void>} */
const watchers = new Set();

/**
 * Starts Python, or waits until it runs. The options count for this start and for later ones.
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

/** Ends the interpreter, if it runs. Pending calls fail; the next call starts another interpreter. */
export function shutdown() {
  running?.stop(new InterpreterError("Python was shut down", { code: "shutdown" }));
}

/** @type {Set<(error: Error) => void>} */
const crashWatchers = new Set();

/** Registers a function that is called with the error when Python dies. @param {(error: Error) => void} watch */
export function onCrash(watch) {
  crashWatchers.add(watch);
}

/** Returns the connection to Python, which it starts where it does not run. @returns {Promise<Peer>} */
export function connect() {
  early = false;
  running ??= start();
  return running.peer;
}

/**
 * Starts Python in a page or its worker, after the current task, because a call will soon need it. Does nothing elsewhere: a server that
 * renders pages may create agents that it never calls.
 */
export function startEarly() {
  if (!inPage || running) return;
  setTimeout(() => {
    if (running) return;
    early = true;
    running = start(); // where it fails, the first call starts it again and reports the error
  });
}

/** @param {Omit<BootOptions, "onProgress">} options */
function choose(options) {
  for (const name of SETTINGS) {
    const value = options[name] instanceof URL ? options[name].href : options[name];
    if (value == null || value === settings[name]) continue;
    if (early) shutdown();
    if (running)
      throw new ConfigError(`Python is running already, with another ${name}; call boot() before the first call, or shutdown() first`);
    settings = { ...settings, [name]: value };
  }
}

/** @returns {{peer: Promise<Peer>, stop: (error: Error) => void}} */
function start() {
  let stop = (/** @type {Error} */ _error) => {};
  const peer = new Promise((resolve, reject) => {
    const onFailure = (/** @type {Error} */ error) => {
      stop(error);
      crashWatchers.forEach((watch) => watch(error));
    };
    const thread = launch({
      onProgress: (progress) => watchers.forEach((watch) => watch(progress)),
      onReady: () => resolve(end),
      onText: (text, bytes) => end.receive(text, bytes),
      onFailure,
    });
    const end = new Peer(thread.send, services, onFailure);
    stop = (error) => {
      if (running?.peer === peer) running = undefined;
      thread.terminate();
      end.close(error);
      reject(error);
    };
  });
  peer.catch(() => {
    if (running?.peer === peer) running = undefined; // reported to the calls that wait for it
  });
  return { peer, stop: (error) => stop(error) };
}

const hasNode = Boolean(globalThis.process?.versions?.node);
const inNode = hasNode && typeof document === "undefined";
const inPage = !hasNode && typeof Worker === "function" && (typeof document === "object" || "DedicatedWorkerGlobalScope" in globalThis);

/** The address that relative addresses are resolved against. */
const base = () => globalThis.location?.href ?? (inNode ? new URL(`file://${process.cwd()}/`).href : undefined);

/**
 * @param {ThreadEvents} events
 * @returns {Thread}
 */
function launch(events) {
  const { mode = inNode || typeof Worker === "undefined" ? "main" : "worker" } = settings;
  if (mode !== "main" && typeof Worker === "undefined") throw new ConfigError('there are no web workers here; use boot({mode: "main"})');
  if (mode === "main") return launchHere(events, addresses(), inNode ? environment() : undefined);
  if (mode === "worker") return launchWorker(events, addresses());
  return launchShared(events, addresses(), stated());
}

/** The addresses that options of `boot` name. @returns {(keyof Addresses)[]} */
function stated() {
  const names = /** @type {const} */ ({ runtimeURL: "runtimeURL", wheelURL: "wheelURL", snapshot: "snapshotURL" });
  return Object.entries(names).flatMap(([option, name]) =>
    settings[/** @type {keyof typeof names} */ (option)] === undefined ? [] : [name],
  );
}

/** @returns {Addresses} */
function addresses() {
  const given = settings.runtimeURL && new URL(settings.runtimeURL, base()).href.replace(/\/?$/, "/");
  const runtimeURL = given ?? (inNode ? undefined : CDN_URL);
  const snapshot = settings.snapshot ?? (given && new URL(SNAPSHOT_MANIFEST, given));
  return {
    runtimeURL,
    wheelURL: new URL(settings.wheelURL ?? WHEEL_URL, base()).href,
    snapshotURL: snapshot ? new URL(snapshot, base()).href : undefined,
    keptURL: canKeep && settings.snapshot === undefined && runtimeURL ? keptManifestURL(runtimeURL) : undefined,
  };
}

/** Environment variables with keys and addresses, which Python reads as it does on a server. */
function environment() {
  const told = Object.entries(process.env).filter(([name, value]) => value && /^STAYSAIL_|_(API_KEY|TOKEN|BASE_URL)$/.test(name));
  return { HOME: "/home/pyodide", .../** @type {Record<string, string>} */ (Object.fromEntries(told)) };
}
