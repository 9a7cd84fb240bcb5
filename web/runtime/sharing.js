/**
 * One interpreter for all tabs that choose so: a tab's side of it. shared-worker.js is the other side.
 *
 * It runs in a SharedWorker. Where there are none, or where one does not start, all tabs request one lock, and the tab that gets it runs
 * the worker for all; when that tab is gone, the next tab does.
 * @import { HostMessage, JoinMessage } from "./shared-worker.js"
 * @import { Packet } from "../bridge/packet.js"
 * @import { Thread, ThreadEvents } from "./thread.js"
 * @import { Addresses } from "./types.js"
 *
 * @typedef {MessagePort | BroadcastChannel} Port
 */

import { ConfigError, InterpreterError } from "../errors.js";
import { isPacket, pack } from "../bridge/packet.js";
import { wheelURL } from "./locations.js";
import { findScript, isForeign, startWorker } from "./package-files.js";
import { explain } from "./loading.js";
import { hear } from "./thread.js";

/** The lobby's name: tabs with another build of staysail do not meet in it. */
const lobbyName = () => `staysail ${wheelURL()}`;

/** Milliseconds after which a silent SharedWorker is taken for one that does not start. */
const PATIENCE_MS = 10_000;

/** @type {Promise<any> | undefined} */
let candidacy;
/** Whether a SharedWorker has failed to start here, so that no later call waits for one. */
let failed = false;

/**
 * @param {ThreadEvents} events
 * @param {Addresses} addresses
 * @param {(keyof Addresses)[]} stated
 * @returns {Thread}
 */
export function launchShared(events, addresses, stated) {
  if (!globalThis.navigator?.locks)
    throw new ConfigError("tabs share Python by means of Web Locks, which there are in browsers, over HTTPS and on localhost");
  const tab = `staysail tab ${crypto.randomUUID()}`;
  /** @type {JoinMessage} */
  const message = { type: "join", tab, addresses, stated };
  const over = new AbortController();
  /** @type {Port | undefined} */
  let port;
  let welcome = false;
  let ready = false;

  const receive = (/** @type {MessageEvent<HostMessage | Packet>} */ { data }) => {
    if (over.signal.aborted) return;
    if (isPacket(data)) return hear(data, events);
    switch (data.type) {
      case "welcome":
        welcome = true;
        return watch(data.host);
      case "refused":
        return events.onFailure(new ConfigError(data.message));
      case "ready":
        ready = true;
    }
    hear(data, events);
  };

  /** @param {Port} way */
  function enter(way) {
    port = way;
    way.onmessage = receive;
    over.signal.addEventListener("abort", () => way.close());
  }

  function enterSharedWorker() {
    const { address, options } = sharedScript();
    if (isForeign(address)) return enterLobby();
    const worker = new SharedWorker(address, options);
    enter(worker.port);
    let left = false;
    const leave = () => {
      if (welcome || left || over.signal.aborted) return;
      failed = left = true;
      worker.port.close();
      enterLobby();
    };
    worker.onerror = (event) => {
      event.preventDefault?.();
      leave();
    };
    setTimeout(leave, PATIENCE_MS); // Chromium 156 reports most scripts that do not load, but not all
    worker.port.postMessage(message);
  }

  function enterLobby() {
    const lobby = new BroadcastChannel(lobbyName());
    enter(new BroadcastChannel(tab));
    lobby.onmessage = ({ data }) => {
      if (data.type === "open" && !ready) lobby.postMessage(message);
    };
    over.signal.addEventListener("abort", () => lobby.close());
    lobby.postMessage(message);
    standForElection().catch((error) => over.signal.aborted || events.onFailure(error));
  }

  /** Waits until the worker that holds the lock is gone. @param {string} host */
  function watch(host) {
    const lost = () => {
      if (over.signal.aborted || (!ready && port instanceof BroadcastChannel)) return; // the next tab's worker will open the lobby
      events.onFailure(
        new InterpreterError("Python ran in a tab that was closed, or crashed. The next call starts it anew.", {
          code: "lost",
          retryable: true,
        }),
      );
    };
    navigator.locks.request(host, { mode: "shared", signal: over.signal }, lost).catch(() => {}); // which is the case when this tab is done first
  }

  // Shows the worker that this tab still lives.
  navigator.locks.request(tab, () => {
    if (over.signal.aborted) return;
    try {
      if (failed || typeof SharedWorker === "undefined") enterLobby();
      else enterSharedWorker();
    } catch {
      enterLobby(); // a policy forbids SharedWorkers
    }
    return new Promise((resolve) => over.signal.addEventListener("abort", resolve));
  });
  return { send: (text, bytes) => port?.postMessage(pack(text, bytes)), terminate: () => over.abort() };
}

/**
 * Stands for election, once in a tab's life. An elected tab runs the worker as long as it lives. Rejects when its worker does not start.
 * @returns {Promise<any>}
 */
function standForElection() {
  candidacy ??= navigator.locks.request(lobbyName(), () => {
    const script = lobbyScript();
    const worker = startWorker(script);
    worker.postMessage(lobbyName());
    return new Promise((_, reject) => {
      worker.onerror = async (event) => {
        event.preventDefault?.();
        candidacy = undefined;
        worker.terminate();
        reject(new InterpreterError(`Python did not start: ${event.message || (await explain(script.address))}`));
      };
    });
  });
  return candidacy;
}

const SCRIPT = "runtime/shared-worker.js";

// Both are written out, for bundlers. webpack joins the scripts of workers that have one name.

const sharedScript = () =>
  findScript(SCRIPT, () => new SharedWorker(new URL("./shared-worker.js", import.meta.url), { type: "module", name: "staysail-shared" }));

const lobbyScript = () =>
  findScript(SCRIPT, () => new Worker(new URL("./shared-worker.js", import.meta.url), { type: "module", name: "staysail-shared" }));
