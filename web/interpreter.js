/**
 * Python, started in whatever thread this runs in and joined to a Peer by two functions that take text.
 *
 * @typedef {"runtime" | "starting" | "staysail" | "ready"} BootStage
 * @typedef {{stage: BootStage, loadedBytes: number, totalBytes: number}} BootProgress bytes of that stage; 0 where it has none
 *
 * @typedef {object} InterpreterOptions
 * @property {string} [runtimeURL] folder that holds Pyodide; in Node, by default, that of the package `pyodide`
 * @property {string} wheelURL
 * @property {boolean} [countBytes] watch this thread's fetch while loading, to tell how far it is
 * @property {Record<string, string>} [environment]
 * @property {(progress: BootProgress) => void} onProgress
 * @property {(text: string) => void} send
 * @property {(error: unknown) => void} onCrash the interpreter died and will not answer any more
 */

import { InterpreterError } from "./errors.js";
import { RUNTIME_FILES } from "./runtime.js";

const WHEEL_PATH = "/lib/staysail.whl";
const TOTAL_BYTES = Object.values(RUNTIME_FILES).reduce((sum, bytes) => sum + bytes, 0);

/**
 * @param {InterpreterOptions} options
 * @returns {Promise<(text: string) => void>} takes one message for Python
 */
export async function startPython({ runtimeURL, wheelURL, countBytes, environment, onProgress, send, onCrash }) {
  onProgress({ stage: "runtime", loadedBytes: 0, totalBytes: TOTAL_BYTES });
  const wheel = readBytes(wheelURL);
  wheel.catch(() => {}); // told below, once the interpreter is there
  const stopCounting = countBytes ? countFetched(onProgress) : () => {};
  let pyodide;
  try {
    const { loadPyodide } = await importRuntime(runtimeURL);
    pyodide = await loadPyodide({ ...(runtimeURL && { indexURL: indexURL(runtimeURL) }), ...(environment && { env: environment }) });
  } finally {
    stopCounting();
  }
  pyodide._api.on_fatal = onCrash;
  onProgress({ stage: "staysail", loadedBytes: 0, totalBytes: 0 });
  pyodide.FS.writeFile(WHEEL_PATH, await wheel);
  const sys = pyodide.pyimport("sys");
  const path = sys.path;
  path.append(WHEEL_PATH);
  path.destroy();
  sys.destroy();
  const bridge = pyodide.pyimport("staysail.bridge");
  const receive = bridge.connect(send);
  bridge.destroy();
  onProgress({ stage: "ready", loadedBytes: 0, totalBytes: 0 });
  return receive;
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

/** @param {string} url @returns {Promise<Uint8Array>} */
async function readBytes(url) {
  if (url.startsWith("file:")) {
    // By a name no bundler follows: this line is reached in Node, Deno and Bun alone.
    const name = "node:fs/promises";
    const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
    return readFile(new URL(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new InterpreterError(`staysail's Python package could not be loaded: ${url} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** @param {(progress: BootProgress) => void} onProgress @returns {() => void} ends it */
function countFetched(onProgress) {
  const original = globalThis.fetch;
  let loadedBytes = 0;
  globalThis.fetch = async (input, init) => {
    const response = await original(input, init);
    const name = (input instanceof Request ? input.url : String(input)).split(/[?#]/)[0].split("/").at(-1) ?? "";
    if (!response.body || !Object.hasOwn(RUNTIME_FILES, name)) return response;
    const counter = new TransformStream({
      transform(chunk, controller) {
        loadedBytes += chunk.byteLength;
        const done = loadedBytes >= TOTAL_BYTES - RUNTIME_FILES["pyodide.asm.mjs"]; // which is imported, not fetched
        onProgress(done ? { stage: "starting", loadedBytes: 0, totalBytes: 0 } : { stage: "runtime", loadedBytes, totalBytes: TOTAL_BYTES });
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
