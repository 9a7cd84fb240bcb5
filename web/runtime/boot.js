/**
 * The one interpreter that all agents share: started by the first of them that needs it, started anew after a crash.
 *
 * @import { Thread, ThreadEvents } from "./thread.js"
 * @import { Addresses, BootProgress } from "./types.js"
 *
 * @typedef {object} BootOptions
 * @property {"worker" | "main" | "shared"} [mode] where Python runs: a module worker (the default in a page), the calling thread (in Node),
 *   or one worker for all tabs of the origin that choose so: its other options are those of the first of them
 * @property {string | URL} [runtimeURL] folder that holds Pyodide; by default its public CDN, in Node the package `pyodide`
 * @property {string | URL} [wheelURL] staysail's Python package; by default the one that comes with this module
 * @property {false | string | URL} [snapshot] manifest of the memory that Python starts from, where it fits: by default the one in the folder at
 *   runtimeURL, else one that the page takes in the background after a first start; kept in the Cache API (17 MB); false: start without
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

/** What later starts use too. @type {Omit<BootOptions, "onProgress">} */
let settings = {};
/** @type {{peer: Promise<Peer>, stop: (error: Error) => void} | undefined} */
let running;
/** Whether it was started before anybody asked for it: options that come yet start it anew. */
let early = false;
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
  early = false;
  running ??= start();
  return running.peer;
}

/**
 * Starts Python in a page or its worker, once what runs now is done, because somebody will ask for it soon. Elsewhere not: a server that
 * renders pages may make agents that it never asks.
 */
export function startEarly() {
  if (!inPage || running) return;
  setTimeout(() => {
    if (running) return;
    early = true;
    running = start(); // where it fails, the first call starts it again, and tells
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
    if (running?.peer === peer) running = undefined; // whoever waits for it is told
  });
  return { peer, stop: (error) => stop(error) };
}

const hasNode = Boolean(globalThis.process?.versions?.node);
const inNode = hasNode && typeof document === "undefined";
const inPage = !hasNode && typeof Worker === "function" && (typeof document === "object" || "DedicatedWorkerGlobalScope" in globalThis);

/** Where relative addresses begin. */
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

/** Which addresses `boot` was told. @returns {(keyof Addresses)[]} */
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

/** Keys and addresses, which Python reads as it does on a server. */
function environment() {
  const told = Object.entries(process.env).filter(([name, value]) => value && /^STAYSAIL_|_(API_KEY|TOKEN|BASE_URL)$/.test(name));
  return { HOME: "/home/pyodide", .../** @type {Record<string, string>} */ (Object.fromEntries(told)) };
}
