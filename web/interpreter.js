/**
 * Python, started in whatever thread this runs in and joined to a Peer by two functions that take text.
 *
 * @typedef {"runtime" | "starting" | "staysail" | "ready"} BootStage
 *
 * Bytes of that stage; 0 where it has none. restored: told when ready, whether Python started from a snapshot.
 * @typedef {{stage: BootStage, loadedBytes: number, totalBytes: number, restored?: boolean}} BootProgress
 *
 * @typedef {object} InterpreterOptions
 * @property {string} [runtimeURL] folder that holds Pyodide; in Node, by default, that of the package `pyodide`
 * @property {string} wheelURL
 * @property {string} [snapshotURL] manifest of a snapshot to start from; where it does not fit, the next is tried, then Python starts without
 * @property {string} [keptURL] manifest of the one that this browser made for itself, if it has
 * @property {boolean} [countBytes] watch this thread's fetch while loading, to tell how far it is
 * @property {Record<string, string>} [environment]
 * @property {(progress: BootProgress) => void} onProgress
 * @property {(error: unknown) => void} onCrash the interpreter died and will not answer any more
 *
 * @import { Send } from "./rpc.js"
 * @import { Bytes, Snapshot } from "./snapshot.js"
 *
 * A side that is joined to Python: a page or, where they share it, one of several.
 * @typedef {{receive: Send, leave: () => void}} Side leave: ends what that side asked for
 * @typedef {(send: Send) => Side} Join
 * @typedef {{pyodide: any, join: Join}} Python
 */

import { InterpreterError } from "./errors.js";
import { loadPlugin } from "./plugins/host.js"; // not when it is needed: bundlers cannot split what runs in a worker
import { isKept, readKept } from "./kept-snapshot.js";
import { RUNTIME_FILES } from "./runtime.js";
import { findSnapshot, readSnapshot } from "./snapshot.js";
import { WHEEL_PATH } from "./snapshot-making.js";

const TOTAL_BYTES = Object.values(RUNTIME_FILES).reduce((sum, bytes) => sum + bytes, 0);

/**
 * @param {InterpreterOptions} options
 * @returns {Promise<Join>}
 */
export async function startPython(options) {
  const { runtimeURL, wheelURL, snapshotURL, keptURL, onProgress, onCrash } = options;
  onProgress({ stage: "runtime", loadedBytes: 0, totalBytes: TOTAL_BYTES });
  // All is asked for at once, even what Pyodide itself will import; what fails is told where it is awaited.
  const wheel = readBytes(wheelURL);
  const snapshots = [snapshotURL, keptURL].flatMap((url) => (url ? [{ url, found: findSnapshot(url, readBytes) }] : []));
  const early = runtimeURL && import(/* webpackIgnore: true */ /* @vite-ignore */ new URL("pyodide.asm.mjs", runtimeURL).href);
  for (const asked of [wheel, early, ...snapshots.map(({ found }) => found)]) Promise.resolve(asked).catch(() => {});
  const runtime = await importRuntime(runtimeURL);
  const restored = await restoreFirst(options, runtime, wheel, snapshots);
  const { pyodide, join } = restored ?? (await load(options, runtime, wheel));
  pyodide._api.on_fatal = onCrash;
  onProgress({ stage: "ready", loadedBytes: 0, totalBytes: 0, restored: Boolean(restored) });
  return join;
}

/** @param {InterpreterOptions} options @param {any} runtime @param {Bytes} wheel @returns {Promise<Python>} */
async function load(options, runtime, wheel) {
  const pyodide = await loadRuntime(options, runtime, RUNTIME_FILES);
  pyodide.FS.writeFile(WHEEL_PATH, await wheel);
  const sys = pyodide.pyimport("sys");
  const path = sys.path;
  path.append(WHEEL_PATH);
  path.destroy();
  sys.destroy();
  return { pyodide, join: joinOf(pyodide) };
}

/**
 * Nothing where each is missing, broken or of other versions.
 * @param {InterpreterOptions} options
 * @param {any} runtime
 * @param {Bytes} wheel
 * @param {{url: string, found: Promise<Snapshot>}[]} snapshots
 * @returns {Promise<Python | undefined>}
 */
async function restoreFirst(options, runtime, wheel, snapshots) {
  for (const { url, found } of snapshots) {
    try {
      return await restore(options, runtime, wheel, await found);
    } catch (error) {
      console.debug(`staysail starts without the snapshot of ${url}: ${/** @type {any} */ (error)?.message ?? error}`);
    }
  }
}

/** @param {InterpreterOptions} options @param {any} runtime @param {Bytes} wheel @param {Snapshot} snapshot @returns {Promise<Python>} */
async function restore(options, runtime, wheel, snapshot) {
  const files = { ...RUNTIME_FILES, [fileName(snapshot.url)]: snapshot.bytes };
  const pyodide = await loadRuntime(options, runtime, files, () => ({ _loadSnapshot: readSnapshot(snapshot, wheel, readBytes) }));
  // A snapshot holds no files: what is not imported yet is read from this one.
  pyodide.FS.writeFile(WHEEL_PATH, await wheel);
  const restoring = pyodide.pyimport("staysail.bridge.restoring");
  restoring.renew(JSON.stringify(options.environment ?? {}));
  restoring.destroy();
  return { pyodide, join: joinOf(pyodide) };
}

/**
 * @param {InterpreterOptions} options
 * @param {any} runtime
 * @param {Record<string, number>} files what it will fetch
 * @param {() => object} [more] settings for loadPyodide, asked for when fetches are counted
 */
async function loadRuntime({ runtimeURL, countBytes, environment, onProgress }, runtime, files, more = () => ({})) {
  const stopCounting = countBytes ? countFetched(files, onProgress) : () => {};
  try {
    const pyodide = await runtime.loadPyodide({ ...more(), ...(runtimeURL && { indexURL: indexURL(runtimeURL) }), ...(environment && { env: environment }) });
    onProgress({ stage: "staysail", loadedBytes: 0, totalBytes: 0 });
    return pyodide;
  } finally {
    stopCounting();
  }
}

/** @param {any} pyodide @returns {Join} */
function joinOf(pyodide) {
  pyodide.registerJsModule("staysail_web", { loadPlugin });
  const bridge = pyodide.pyimport("staysail.bridge");
  return (send) => {
    const receive = bridge.connect(send);
    const leave = () => {
      receive(); // without a message: that side is gone
      receive.destroy();
    };
    return { receive, leave };
  };
}

/** @param {string | undefined} runtimeURL @returns {Promise<any>} */
async function importRuntime(runtimeURL) {
  const module = runtimeURL ? new URL("pyodide.mjs", runtimeURL).href : "pyodide";
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ module);
  } catch (cause) {
    const hint = runtimeURL ? "is runtimeURL a folder with Pyodide's files, and can it be reached?" : 'install it: npm install pyodide, or give boot({runtimeURL})';
    throw new InterpreterError(`Python's runtime could not be loaded from ${module}: ${hint}`, { cause });
  }
}

/** Pyodide wants a path for what is on the disk. @param {string} runtimeURL */
function indexURL(runtimeURL) {
  return runtimeURL.startsWith("file:") ? decodeURIComponent(new URL(runtimeURL).pathname).replace(/^\/([A-Za-z]:)/, "$1") : runtimeURL;
}

/** @param {string} url @returns {Bytes} */
async function readBytes(url) {
  if (isKept(url)) return readKept(url);
  if (url.startsWith("file:")) {
    // By a name no bundler follows: this line is reached in Node, Deno and Bun alone.
    const name = "node:fs/promises";
    const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
    return readFile(new URL(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new InterpreterError(`${url} could not be loaded: the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** @param {Record<string, number>} files @param {(progress: BootProgress) => void} onProgress @returns {() => void} ends it */
function countFetched(files, onProgress) {
  const original = globalThis.fetch;
  const totalBytes = Object.values(files).reduce((sum, bytes) => sum + bytes, 0);
  let loadedBytes = 0;
  globalThis.fetch = async (input, init) => {
    const response = await original(input, init);
    if (!response.body || !Object.hasOwn(files, fileName(input instanceof Request ? input.url : String(input)))) return response;
    const counter = new TransformStream({
      transform(chunk, controller) {
        loadedBytes += chunk.byteLength;
        const done = loadedBytes >= totalBytes - RUNTIME_FILES["pyodide.asm.mjs"]; // which is imported, not fetched
        onProgress(done ? { stage: "starting", loadedBytes: 0, totalBytes: 0 } : { stage: "runtime", loadedBytes, totalBytes });
        controller.enqueue(chunk);
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(counter), { status, statusText, headers });
  };
  return () => {
    globalThis.fetch = original;
  };
}

/** @param {string} url */
function fileName(url) {
  return url.split(/[?#]/)[0].split("/").at(-1) ?? "";
}
