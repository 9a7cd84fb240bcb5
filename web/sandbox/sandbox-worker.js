/**
 * The interpreter for code that a model wrote. It imports nothing: it is started from its text, in a frame (frame.html) whose policy lets
 * nothing be fetched. All it needs comes through one port, to which its host listens as to a stranger.
 *
 * In:  {type: "start", modules, files, harness, snapshot}, then {type: "run", code, folders, files, deleted, most, outputBytes}, one at a
 *      time; {type: "answer", id, ...} to an ask; {type: "settle"} after a run
 * Out: {type: "ready"} or {type: "failed", message}. For a run {type: "output", stream, text} and {type: "shown", part}, then {type: "done",
 *      result, files, deleted, over?} or {type: "crash", message}. In between {type: "ask", id, url, method, headers, body}. {type: "settled"}
 *      where nothing of a run goes on that would keep the worker busy.
 *
 * Most files, and bytes of all of them, that a run begins and ends with. over: what it has where that is more; then no file is given.
 * @typedef {{files: number, bytes: number}} Most
 */

/** Address under which the runtime asks for its files. The host answers for it, as for the web. */
const RUNTIME = "https://runtime.invalid/";
const TREE = "/toolfs";
/** The browser's ways to the network, to storage and to other threads: the frame's policy and origin bar them too. */
const WAYS_OUT = [
  "XMLHttpRequest",
  "WebSocket",
  "WebSocketStream",
  "WebTransport",
  "EventSource",
  "Worker",
  "SharedWorker",
  "BroadcastChannel",
  "importScripts",
  "indexedDB",
  "caches",
  "webkitRequestFileSystem",
  "webkitRequestFileSystemSync",
  "postMessage",
  "RTCPeerConnection",
  "Notification",
];
/** Ways to go on after a call that are no timers. */
const WAYS_ON = ["MessageChannel", "requestAnimationFrame", "requestIdleCallback", "scheduler", "FileReader", "setImmediate"];
const NO_BODY = [101, 204, 205, 304];

/** @type {MessagePort} */
let port;
/** @type {any} */
let pyodide;
/** @type {any} */
let harness;
/** @type {Map<number, (answer: any) => void>} */
const requests = new Map();
let lastId = 0;
/** Bytes that may still be printed: more are not worth a message. */
let room = 0;
/** Characters of pictures and tables that may still be shown. */
let wall = 0;
const MOST_SHOWN = 16 << 20;
/** Least cost of a message in characters: the page handles each of them. */
const LEAST_SHOWN = 1 << 12;
/** Timers that are waiting. @type {Set<any>} */
const timers = new Set();
/** Files that the host knows. @type {Set<string>} */
const known = new Set();

addEventListener(
  "message",
  ({ ports }) => {
    port = ports[0];
    port.onmessage = ({ data }) => {
      if (data.type === "answer") {
        requests.get(data.id)?.(data);
        requests.delete(data.id);
      } else if (data.type === "settle") port.postMessage({ type: "settled" });
      else if (data.type === "start")
        start(data).catch((error) => port.postMessage({ type: "failed", message: String(error?.message ?? error) }));
      else run(data).catch((error) => port.postMessage({ type: "crash", message: String(error?.message ?? error) }));
    };
  },
  { once: true },
);

/** @param {{modules: string[], files: Record<string, Uint8Array<ArrayBuffer>>, harness: string, snapshot?: Uint8Array<ArrayBuffer>}} message */
async function start({ modules, files, harness: source, snapshot }) {
  countTimers();
  for (const name of WAYS_OUT) {
    for (let scope = globalThis; scope; scope = Object.getPrototypeOf(scope)) Reflect.deleteProperty(scope, name);
  }
  globalThis.fetch = (input, init) => checkedFetch(new Request(input, init), files);
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all(modules.map(importText));
  const settings = {
    createPyodideModule,
    indexURL: RUNTIME,
    packageBaseUrl: RUNTIME,
    lockFileContents: new TextDecoder().decode(files["pyodide-lock.json"]),
    env: { HOME: "/home/pyodide", MPLBACKEND: "agg" },
    stdin: () => null,
  };
  // As makeRoom of runtime/snapshot-packing.js does it; this file imports nothing.
  const withRoom = async (/** @type {any} */ given) => {
    const module = await createPyodideModule(given);
    if (snapshot && module.HEAPU8.length < snapshot.length - 4096) module.growMemory(snapshot.length);
    return module;
  };
  const restoring = { ...settings, createPyodideModule: withRoom, _loadSnapshot: snapshot };
  pyodide = snapshot && (await loadPyodide(restoring).then(forget, complain));
  pyodide ??= await loadPyodide(settings);
  for (const name of Object.keys(files)) delete files[name]; // some 12 MB
  pyodide.FS.mkdirTree(TREE);
  pyodide.FS.writeFile("/lib/sandbox_harness.py", source);
  pyodide.runPython("import sys; sys.path.append('/lib')");
  harness = pyodide.pyimport("sandbox_harness");
  harness.show = (/** @type {string} */ part) => {
    wall -= Math.max(part.length, LEAST_SHOWN);
    if (wall >= 0) port.postMessage({ type: "shown", part });
  };
  for (const [name, stream] of [
    ["setStdout", "stdout"],
    ["setStderr", "stderr"],
  ]) {
    const decoder = new TextDecoder();
    const write = (/** @type {Uint8Array} */ bytes) => {
      const text = room > 0 && decoder.decode(bytes, { stream: true });
      if (text) port.postMessage({ type: "output", stream, text });
      room -= bytes.length;
      return bytes.length;
    };
    pyodide[name]({ write });
  }
  // Python has what it needs of these; code could go on by them after its call.
  for (const name of WAYS_ON) Reflect.deleteProperty(globalThis, name);
  port.postMessage({ type: "ready" });
}

/** Keeps the timers that are waiting, in order to end them. */
function countTimers() {
  const { setTimeout: once, setInterval: again } = globalThis;
  /** @type {any} */ (globalThis).setTimeout = (/** @type {any} */ work, /** @type {any[]} */ ...rest) => {
    if (typeof work !== "function") throw new TypeError("setTimeout takes a function");
    const id = once(
      (/** @type {any[]} */ ...args) => {
        timers.delete(id);
        work(...args);
      },
      ...rest,
    );
    timers.add(id);
    return id;
  };
  /** @type {any} */ (globalThis).setInterval = (/** @type {[any, ...any[]]} */ ...args) => {
    const id = again(...args);
    timers.add(id);
    return id;
  };
}

/** Removes from a restored snapshot the modules of the page's own interpreter. @param {any} restored */
function forget(restored) {
  const restoring = restored.pyimport("staysail.bridge.restoring");
  restoring.renew(JSON.stringify({ HOME: "/home/pyodide", MPLBACKEND: "agg" }));
  restoring.destroy();
  restored.runPython(`
import sys
for name in [name for name in sys.modules if name.partition(".")[0] == "staysail"]:
    del sys.modules[name]
sys.path[:] = [path for path in sys.path if not path.endswith("staysail.whl")]
`);
  return restored;
}

/** Without a snapshot it starts later. @param {any} error */
function complain(error) {
  console.debug(`the sandbox starts without the snapshot: ${error?.message ?? error}`);
}

/** @param {string} text */
async function importText(text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ url);
  } catch {
    // WebKit imports nothing of a blob: where there is no origin.
    const data = `data:text/javascript,${encodeURIComponent(text)}`;
    return import(/* webpackIgnore: true */ /* @vite-ignore */ data);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * @param {Request} request
 * @param {Record<string, Uint8Array<ArrayBuffer>>} files
 */
async function checkedFetch(request, files) {
  const file = request.url.startsWith(RUNTIME) ? files[request.url.slice(RUNTIME.length)] : undefined;
  if (file) return new Response(file, { headers: request.url.endsWith(".wasm") ? { "content-type": "application/wasm" } : {} });
  const { url, method, headers } = request;
  const body = method === "GET" || method === "HEAD" ? undefined : new Uint8Array(await request.arrayBuffer());
  const id = ++lastId;
  port.postMessage({ type: "ask", id, url, method, headers: [...headers], body });
  const { status, error, headers: answered, bytes } = await new Promise((resolve) => requests.set(id, resolve));
  if (error) throw new TypeError(error);
  return new Response(NO_BODY.includes(status) ? null : bytes, { status, headers: answered });
}

/** @param {{code: string, folders: string[], files: {path: string, data: Uint8Array}[], deleted: string[], most: Most, outputBytes: number}} message */
async function run({ code, folders, files, deleted, most, outputBytes }) {
  room = outputBytes;
  wall = MOST_SHOWN;
  for (const folder of folders) pyodide.FS.mkdirTree(folder);
  for (const path of deleted) if (known.delete(path) && exists(path)) pyodide.FS.unlink(path);
  for (const { path, data } of files) {
    pyodide.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    pyodide.FS.writeFile(path, data);
    keep(path);
  }
  try {
    await pyodide.loadPackagesFromImports(code, { messageCallback: () => {}, errorCallback: () => {} });
  } catch {
    // Where the code does not parse or a package does not load, Python says it better.
  }
  const result = await harness.run(code);
  harness.end();
  endCallbacks();
  room = wall = 0;
  const { found, bytes, isOver } = list(most);
  if (isOver) {
    port.postMessage({ type: "done", result, files: [], deleted: [], over: { files: found.size, bytes } });
    return;
  }
  const changed = [...found].filter(([path, time]) => !known.has(path) || time !== 0).map(([path]) => path);
  const gone = [...known].filter((path) => !found.has(path));
  const written = changed.map((path) => ({ path, data: pyodide.FS.readFile(path) }));
  for (const path of gone) known.delete(path);
  changed.forEach(keep);
  port.postMessage({ type: "done", result, files: written, deleted: gone });
}

/** Ends the timers of a call, and drops the answers to its requests. */
function endCallbacks() {
  for (const id of timers) {
    clearTimeout(id);
    clearInterval(id);
  }
  timers.clear();
  requests.clear();
}

/** Whatever changes it later gives it another time. @param {string} path */
function keep(path) {
  known.add(path);
  pyodide.FS.utime(path, 0, 0);
}

/** @param {string} path */
const exists = (path) => pyodide.FS.analyzePath(path).exists;

/**
 * Files below the tree. Links lead nowhere.
 * @param {Most} most
 * @returns {{found: Map<string, number>, bytes: number, isOver: boolean}} found: when each was changed
 */
function list(most) {
  const { FS } = pyodide;
  /** @type {Map<string, number>} */
  const found = new Map();
  const folders = [TREE];
  let bytes = 0;
  for (let at = 0; at < folders.length; at++) {
    for (const name of FS.readdir(folders[at])) {
      if (name === "." || name === "..") continue;
      const path = `${folders[at]}/${name}`;
      const { mode, size, mtime } = FS.lstat(path);
      if (FS.isDir(mode)) folders.push(path);
      else if (FS.isFile(mode)) {
        found.set(path, mtime.getTime());
        bytes += size;
      }
      if (found.size > most.files || folders.length > most.files || bytes > most.bytes) return { found, bytes, isOver: true };
    }
  }
  return { found, bytes, isOver: false };
}
