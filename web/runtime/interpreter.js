/**
 * Python, started in the thread that calls this module, and joined to a Peer by two functions that take text.
 * @typedef {object} InterpreterOptions
 * @property {string} [runtimeURL] folder that holds Pyodide; by default, in Node, the folder of the npm package `pyodide`
 * @property {string} [fallbackURL] the folder to start from where `runtimeURL` is not reached
 * @property {string} wheelURL
 * @property {string} [snapshotURL] manifest of a snapshot to start from; where it does not fit, `keptURL` is tried, then Python starts
 *   without a snapshot
 * @property {string} [keptURL] manifest of a snapshot that this browser took itself
 * @property {boolean} [countBytes] whether to watch this thread's fetch while loading, for progress
 * @property {Record<string, string>} [environment]
 * @property {(progress: BootProgress) => void} onProgress
 * @property {(error: unknown) => void} onCrash called when the interpreter has died
 * @import { Bytes, Snapshot } from "./snapshot.js"
 * @import { BootProgress, BootStage, Join } from "./types.js"
 *
 * @typedef {{pyodide: any, join: Join}} Python
 */

import { contain } from "./containment.js";
import { Downloads } from "./downloads.js";
import { loadPlugin } from "../plugins/host.js"; // imported statically, because bundlers cannot split the modules of a worker
import { dropMemory, isKept, keepMemory, readKept, readMemory } from "./kept-snapshot.js";
import { readListed } from "./listed-files.js";
import { RUNTIME_BYTES, keptManifestURL } from "./locations.js";
import { importPyodide } from "./pyodide-import.js";
import { checkSnapshot, findSnapshot, readPacked } from "./snapshot.js";
import { WHEEL_PATH } from "./snapshot-making.js";
import { makeRoom, unpack } from "./snapshot-packing.js";
import { StartError } from "./start-error.js";

/** Code of the error that the runtime's first module did not load. */
const UNREACHED = "unreached";

/**
 * The downloads of a start, all requested at once, including the scripts that Pyodide itself will import. Failures are reported where a
 * download is awaited.
 */
class Start {
  /** @param {InterpreterOptions} options */
  constructor(options) {
    const { runtimeURL, wheelURL, snapshotURL, keptURL, countBytes, onProgress } = options;
    this.options = options;
    this.snapshots = [snapshotURL, keptURL].flatMap((url) => (url ? [{ url, found: findSnapshot(url, readBytes) }] : []));
    const manifest = this.snapshots[0]?.found.catch(() => undefined);
    this.wheel = Promise.resolve(manifest).then((found) => readBytes(wheelURL, found?.wheelSha256));
    /** Pyodide's own factory of its WebAssembly module. @type {Promise<(settings: any) => Promise<any>> | undefined} */
    this.script = runtimeURL ? importPyodide(new URL("pyodide.asm.mjs", runtimeURL).href).then((module) => module.default) : undefined;
    const hashes = Promise.resolve(manifest).then((found) => (runtimeURL && found?.url.startsWith(runtimeURL) && found.files) || {});
    this.downloads = countBytes && runtimeURL ? new Downloads(runtimeURL, hashes, onProgress) : undefined;
    this.runtime = importRuntime(runtimeURL);
    for (const download of [this.wheel, this.script, this.runtime, ...this.snapshots.map(({ found }) => found)]) download?.catch(() => {});
  }
}

/**
 * @param {InterpreterOptions} options
 * @returns {Promise<Join>}
 */
export async function startPython(options) {
  const { runtimeURL, fallbackURL, keptURL } = options;
  try {
    return await startFrom(options);
  } catch (error) {
    if (!fallbackURL || !isUnreached(error)) throw error;
    console.warn(`staysail starts more slowly, from ${fallbackURL}, because ${runtimeURL} was not reached: ${reasonOf(error)}`);
    try {
      return await startFrom({
        ...options,
        runtimeURL: fallbackURL,
        snapshotURL: undefined,
        keptURL: keptURL && keptManifestURL(fallbackURL),
      });
    } catch (other) {
      if (!isUnreached(other)) throw other;
      throw new StartError(
        `Python's runtime could not be loaded: neither ${runtimeURL} (${reasonOf(error)}) nor ${fallbackURL} (${reasonOf(other)}) was reached. ` +
          "Is there a network, and does the page's content security policy name the host in script-src and connect-src? Without a public CDN, " +
          "serve the folder of the npm package staysail-runtime yourself: boot({runtimeURL})",
        { code: UNREACHED, cause: other },
      );
    }
  }
}

/**
 * @param {unknown} error
 * @returns {error is StartError}
 */
const isUnreached = (error) => error instanceof StartError && error.code === UNREACHED;

/** @param {StartError} error */
const reasonOf = ({ cause }) => (cause instanceof Error ? cause.message : String(cause));

/**
 * @param {InterpreterOptions} options
 * @returns {Promise<Join>}
 */
async function startFrom(options) {
  const { runtimeURL, onProgress, onCrash } = options;
  onProgress({ stage: "runtime", loadedBytes: 0, totalBytes: RUNTIME_BYTES });
  const start = new Start(options);
  try {
    const restored = await restoreFirst(start);
    const { pyodide, join } = restored ?? (await load(start));
    contain(pyodide, onCrash);
    onProgress({ stage: "ready", loadedBytes: 0, totalBytes: 0, restored: Boolean(restored), runtimeURL });
    return join;
  } finally {
    start.downloads?.stop();
  }
}

/**
 * @param {Start} start
 * @returns {Promise<Python>}
 */
async function load(start) {
  const pyodide = await loadRuntime(start);
  pyodide.FS.writeFile(WHEEL_PATH, await start.wheel);
  const sys = pyodide.pyimport("sys");
  const path = sys.path;
  path.append(WHEEL_PATH);
  path.destroy();
  sys.destroy();
  return { pyodide, join: joinOf(pyodide) };
}

/**
 * Starts Python from the first snapshot that fits. Returns nothing where each is missing, damaged or of other versions.
 * @param {Start} start
 * @returns {Promise<Python | undefined>}
 */
async function restoreFirst(start) {
  for (const { url, found } of start.snapshots) {
    try {
      return await restore(start, await found);
    } catch (error) {
      console.debug(`staysail starts without the snapshot of ${url}: ${/** @type {any} */ (error)?.message ?? error}`);
    }
  }
}

/**
 * @param {Start} start
 * @param {Snapshot} snapshot
 * @returns {Promise<Python>}
 */
async function restore(start, snapshot) {
  start.downloads?.expect(snapshot.url, snapshot.bytes);
  const kept = readMemory(snapshot.url);
  const packed = kept.then(async (bytes) => bytes ?? readPacked(await request(snapshot.url, "force-cache"))); // its name holds its hash
  kept.then((bytes) => bytes && start.downloads?.count(bytes.length));
  // The snapshot is checked while WebAssembly is prepared; nothing runs on its memory before.
  const checked = checkSnapshot(snapshot, start.wheel, packed);
  checked.catch(async () => (await kept) && dropMemory(snapshot.url)).catch(() => {});
  const pyodide = await loadRuntime(start, { memory: packed.then(unpack), checked });
  // A snapshot holds no files: modules that it has not imported yet are read from this wheel.
  pyodide.FS.writeFile(WHEEL_PATH, await start.wheel);
  const restoring = pyodide.pyimport("staysail.bridge.restoring");
  restoring.renew(JSON.stringify(start.options.environment ?? {}));
  restoring.destroy();
  if (!(await kept)) keepMemory(snapshot.url, await packed);
  return { pyodide, join: joinOf(pyodide) };
}

/**
 * @param {Start} start
 * @param {{memory: Bytes, checked: Promise<void>}} [snapshot]
 */
async function loadRuntime({ options, downloads, script, runtime }, snapshot) {
  const { runtimeURL, environment, onProgress } = options;
  const { loadPyodide } = await runtime;
  const pyodide = await loadPyodide({
    ...(runtimeURL && { indexURL: indexURL(runtimeURL) }),
    ...(environment && { env: environment }),
    ...(snapshot && { _loadSnapshot: script ? snapshot.memory : snapshot.checked.then(() => snapshot.memory) }),
    ...(script && {
      createPyodideModule: async (/** @type {any} */ settings) => {
        const create = await script;
        const module = await (downloads?.using(create) ?? create)(settings);
        await snapshot?.checked;
        if (snapshot && downloads?.isForeign) throw new Error("it was made with another build of Pyodide");
        if (snapshot) makeRoom(module, /** @type {Uint8Array<ArrayBuffer>} */ (await snapshot.memory));
        return module;
      },
    }),
  });
  onProgress({ stage: "staysail", loadedBytes: 0, totalBytes: 0 });
  return pyodide;
}

/**
 * @param {any} pyodide
 * @returns {Join}
 */
function joinOf(pyodide) {
  pyodide.registerJsModule("staysail_web", { loadPlugin });
  const bridge = pyodide.pyimport("staysail.bridge");
  return (send) => {
    const receive = bridge.connect(send);
    const leave = () => {
      receive(); // without an answer: that side is gone
      receive.destroy();
    };
    return { receive, leave };
  };
}

/**
 * @param {string | undefined} runtimeURL
 * @returns {Promise<any>}
 */
async function importRuntime(runtimeURL) {
  const module = runtimeURL ? new URL("pyodide.mjs", runtimeURL).href : "pyodide";
  try {
    return await importPyodide(module);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`Python's runtime could not be loaded from ${module}: ${await explainRuntime(runtimeURL, module, reason)}`, {
      code: UNREACHED,
      cause,
    });
  }
}

/**
 * Says why Pyodide's first module was not imported. A browser's own message has no cause where the file did not come.
 * @param {string | undefined} runtimeURL
 * @param {string} module
 * @param {string} reason
 */
async function explainRuntime(runtimeURL, module, reason) {
  if (!runtimeURL) return `${reason} (install it: npm install pyodide, or give configure({ runtimeURL }))`;
  try {
    await readBytes(module);
  } catch (error) {
    return `${/** @type {any} */ (error)?.message ?? error} (is runtimeURL a folder with Pyodide's files, and can it be reached?)`;
  }
  return reason;
}

/** Returns a path where the runtime is on the disk, because Pyodide expects one there. @param {string} runtimeURL */
function indexURL(runtimeURL) {
  return runtimeURL.startsWith("file:") ? decodeURIComponent(new URL(runtimeURL).pathname).replace(/^\/([A-Za-z]:)/, "$1") : runtimeURL;
}

/**
 * @param {string} url
 * @param {string} [sha256] of the bytes that fit, for a browser to take them from its cache
 * @returns {Bytes}
 */
async function readBytes(url, sha256) {
  const { value } = await readListed(sha256, async (cache) => {
    const bytes = new Uint8Array(await (await request(url, cache)).arrayBuffer());
    return { bytes, value: bytes };
  });
  return value;
}

/**
 * @param {string} url
 * @param {RequestCache} [cache]
 */
async function request(url, cache) {
  if (isKept(url)) return new Response(await readKept(url));
  if (url.startsWith("file:")) {
    // The name is in a variable so that no bundler follows it: only Node, Deno and Bun reach this line.
    const name = "node:fs/promises";
    const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
    return new Response(await readFile(new URL(url)));
  }
  const response = await fetch(url, cache && { cache });
  if (!response.ok) throw new StartError(`${url} could not be loaded: the server answered ${response.status}`);
  return response;
}
