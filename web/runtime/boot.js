/**
 * The interpreter that all agents of a page share: started by the first call that needs it, and started again after a crash.
 * @import { Thread, ThreadEvents } from "./thread.js"
 * @import { Settings } from "./settings.js"
 * @import { StartTime } from "./start-times.js"
 * @import { BootProgress } from "./types.js"
 *
 * @typedef {object} BootReport
 * @property {(progress: BootProgress) => void} [onProgress] called while this start goes on
 * @typedef {Settings & BootReport} BootOptions
 *
 * @typedef {object} StartOptions
 * @property {StartTime} [start] when Python starts in a page that has not called it yet; by default "first-call", with the first call
 * @property {(progress: BootProgress) => void} [onProgress] called while Python starts, at each start
 * @typedef {Settings & StartOptions} ConfigureOptions
 */

import { ConfigError, InterpreterError } from "../errors.js";
import { Peer } from "../bridge/rpc.js";
import { environmentVariables, inNode, inPage, inServiceWorker } from "./environment.js";
import { services } from "../bridge/services.js";
import { addresses, chosenMode, keepSettings, orOf, readSettings, statedAddresses } from "./settings.js";
import { START_TIMES, startAt } from "./start-times.js";
import { launchLater, launchWorker } from "./thread.js";

/** @type {{peer: Promise<Peer>, stop: (error: Error) => void} | undefined} */
let running;
/** Whether Python was started before anything asked for it: settings that come later then start it again. */
let early = false;
/** @type {StartTime | undefined} */
let startTime;
/** @type {Set<(progress: BootProgress) => void>} */
const watchers = new Set();
/** The watcher of every start. @type {((progress: BootProgress) => void) | undefined} */
let watcher;

/** @param {unknown} value */
const isNoFunction = (value) => (typeof value === "function" ? undefined : "a function");
/** @param {any} value */
const isNoStartTime = (value) => (START_TIMES.includes(value) ? undefined : orOf(START_TIMES));

/**
 * Keeps settings for the next start of Python, and says when it starts. Starts nothing by itself: on a server, where agents are created
 * while pages are rendered, it only remembers. Settings that Python runs with already may be repeated, not changed.
 * @param {ConfigureOptions} options
 * @returns {void}
 */
export function configure(options) {
  choose("configure", options, { start: isNoStartTime, onProgress: isNoFunction });
  watcher = options.onProgress ?? watcher;
  const { start: when } = options;
  if (!when || when === startTime) return;
  startTime = when;
  if (inPage) startAt(when, () => when === startTime && startEarly());
}

/**
 * Starts Python, or waits until it runs. The options count for this start and for later ones.
 * @param {BootOptions} [options]
 * @returns {Promise<void>}
 */
export async function boot(options = {}) {
  choose("boot", options, { onProgress: isNoFunction });
  const { onProgress } = options;
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

// A page that the browser keeps whole for "back" keeps its locks too, and no other tab gets on with a durable run: its Python ends.
globalThis.addEventListener?.("pagehide", (event) => {
  if (/** @type {PageTransitionEvent} */ (event).persisted) running?.stop(new InterpreterError("the page was left", { code: "lost" }));
});

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

/** Starts Python because a call will soon need it. Where it fails, the first call starts it again and reports the error. */
function startEarly() {
  if (running) return;
  early = true;
  running = start();
}

/**
 * Keeps the settings among the options.
 * @param {string} caller
 * @param {Record<string, any>} options
 * @param {Parameters<typeof readSettings>[2]} others
 */
function choose(caller, options, others) {
  const changed = readSettings(caller, options, others);
  const [name] = Object.keys(changed);
  if (!name) return;
  if (early) shutdown();
  if (running)
    throw new ConfigError(`Python is running already, with another ${name}; call ${caller}() before the first call, or shutdown() first`);
  keepSettings(changed);
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
      onProgress: (progress) => [...watchers, watcher].forEach((watch) => watch?.(progress)),
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

/**
 * @param {ThreadEvents} events
 * @returns {Thread}
 */
function launch(events) {
  if (inServiceWorker)
    throw new ConfigError(
      "Python cannot run in a service worker, which has no workers and no import(): run the agent in a page, in an extension in its " +
        "side panel or in an offscreen document (chrome.offscreen), and send it messages",
    );
  const mode = chosenMode() ?? (inNode || typeof Worker === "undefined" ? "main" : "worker");
  if (mode !== "main" && typeof Worker === "undefined") throw new ConfigError('there are no web workers here; use boot({mode: "main"})');
  const environment = inNode ? environmentVariables() : undefined;
  if (mode === "main")
    return launchLater(import("./this-thread.js"), events, ({ launchHere }) => launchHere(events, addresses(), environment));
  if (mode === "worker") return launchWorker(events, addresses());
  const stated = statedAddresses();
  return launchLater(import("./sharing.js"), events, ({ launchShared }) => launchShared(events, addresses(), stated));
}
