/**
 * The worker in which one interpreter runs for several tabs: a SharedWorker or, where there is none, a worker of an elected tab.
 *
 * Each tab has a channel of its own: the port of the SharedWorker, or a BroadcastChannel named after the tab, opened once the tab has asked
 * for it in the lobby. As long as a tab lives it holds a lock of its name, and the worker holds a lock that it names to the tabs, so each
 * side learns of the other's end, however it came.
 *
 * In:  one {type: "join", tab, addresses, stated}, then RPC messages.
 * Out: {type: "welcome", host}, then the messages of python-worker.js; or {type: "refused", message}.
 *
 * In the lobby: {type: "open"} from a worker that begins, then every tab that waits asks to join.
 * @import { Addresses, BootProgress, Join, WorkerMessage } from "./types.js"
 *
 * stated: names of the addresses that the tab's program set; the others are defaults
 * @typedef {{type: "join", tab: string, addresses: Addresses, stated: (keyof Addresses)[]}} JoinMessage
 * @typedef {WorkerMessage | {type: "welcome", host: string} | {type: "refused", message: string}} HostMessage
 * @typedef {MessagePort | BroadcastChannel} Port
 * @typedef {{port: Port, leave: () => void}} Member
 * @typedef {{addresses: Addresses, join: Promise<Join>, progress?: BootProgress}} Running
 */

import { startPython } from "./interpreter.js";
import { pack, unpack } from "../bridge/packet.js";
import { setPlaces } from "./package-files.js";

const host = `staysail host ${crypto.randomUUID()}`;
const held = new Promise((resolve) => {
  navigator.locks.request(host, () => {
    resolve(undefined);
    return new Promise(() => {});
  });
});

/** @type {Set<Member>} */
const members = new Set();
/** @type {Running | undefined} */
let python;

/**
 * @param {Port} port
 * @param {JoinMessage} message
 */
async function admit(port, { tab, addresses, stated }) {
  await held;
  tell(port, { type: "welcome", host });
  const other = stated.find((name) => python && addresses[name] !== python.addresses[name]);
  if (other && members.size)
    return tell(port, {
      type: "refused",
      message: `Python runs already for another tab, with ${other} ${python?.addresses[other]}, not ${addresses[other]}; tabs that share it give the same`,
    });
  if (!python || other) python = start(addresses);
  /** @type {Member} */
  const member = { port, leave() {} };
  members.add(member);
  navigator.locks.request(tab, () => leave(member));
  if (python.progress) tell(port, { type: "progress", progress: python.progress });
  try {
    const join = await python.join;
    if (!members.has(member)) return;
    const side = join((text, bytes) => port.postMessage(pack(text, bytes)));
    member.leave = side.leave;
    port.onmessage = ({ data }) => side.receive(...unpack(data));
    tell(port, { type: "ready" });
  } catch (error) {
    members.delete(member);
    tell(port, { type: "failed", message: error instanceof Error ? error.message : String(error) });
  }
}

/** Forgets a tab that is gone, or that is done with Python. @param {Member} member */
function leave(member) {
  member.port.onmessage = null;
  member.port.close();
  if (members.delete(member)) member.leave();
}

/**
 * @param {Addresses} addresses
 * @returns {Running}
 */
function start(addresses) {
  /** @type {Running} */
  const started = { addresses, join: new Promise(() => {}) };
  setPlaces(addresses);
  started.join = startPython({
    ...addresses,
    countBytes: true,
    onProgress(progress) {
      started.progress = progress;
      if (started === python) tellAll({ type: "progress", progress });
    },
    onCrash(error) {
      if (started !== python) return;
      tellAll({ type: "crash", message: String(error) });
      end();
    },
  });
  started.join.catch(() => started === python && end());
  return started;
}

/** Ends the interpreter. The next tab that asks gets another. */
function end() {
  python = undefined;
  members.clear();
}

/**
 * @param {Port} port
 * @param {HostMessage} message
 */
const tell = (port, message) => port.postMessage(message);

/** @param {HostMessage} message */
const tellAll = (message) => members.forEach(({ port }) => tell(port, message));

/** @param {string} name of the lobby */
function openLobby(name) {
  const lobby = new BroadcastChannel(name);
  const known = new Set();
  lobby.onmessage = (/** @type {MessageEvent<JoinMessage>} */ { data }) => {
    if (data.type !== "join" || known.has(data.tab)) return;
    known.add(data.tab);
    admit(new BroadcastChannel(data.tab), data);
  };
  lobby.postMessage({ type: "open" });
}

const scope = /** @type {any} */ (globalThis);
if ("onconnect" in scope) {
  scope.onconnect = (/** @type {MessageEvent} */ { ports: [port] }) => {
    port.onmessage = ({ data }) => admit(port, data);
  };
} else {
  scope.onmessage = (/** @type {MessageEvent<string>} */ { data }) => openLobby(data);
}
