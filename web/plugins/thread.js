/**
 * A worker, the same in a page, in a worker and in Node.
 *
 * @typedef {object} Thread
 * @property {(message: any, transfer?: any[]) => void} post
 * @property {() => void} end at once, whatever it is doing
 * @property {(busy: boolean) => void} hold Node's process lives on while it is busy
 */

import { PluginFault } from "./faults.js";
import { inNode } from "../runtime/environment.js";
import { findScript, startWorker } from "../runtime/package-files.js";

/**
 * @param {(message: any) => void} onMessage
 * @param {(why: string) => void} onCrash
 * @param {number} heapBytes of JavaScript, where that can be limited: in Node
 * @returns {Promise<Thread>}
 */
export async function openThread(onMessage, onCrash, heapBytes) {
  if (inNode) {
    const threads = "node:worker_threads"; // by a name that no bundler follows
    const { Worker } = await import(/* webpackIgnore: true */ /* @vite-ignore */ threads);
    const resourceLimits = { maxOldGenerationSizeMb: Math.ceil(heapBytes / (1 << 20)), stackSizeMb: 4 };
    const worker = new Worker(new URL("./plugin-worker.js", import.meta.url), {
      resourceLimits,
      env: {},
      stdin: true,
      execArgv: [],
      argv: [],
    });
    worker.on("message", onMessage);
    worker.on("error", (/** @type {Error} */ error) => onCrash(error.message));
    worker.on("exit", (/** @type {number} */ code) => onCrash(`its worker ended with code ${code}`));
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      end: () => void worker.terminate(),
      hold: (busy) => (busy ? worker.ref() : worker.unref()),
    };
  }
  if (typeof Worker === "undefined")
    throw new PluginFault('a plugin needs a worker of its own, and there is none in a shared worker: boot({mode: "worker"})');
  const script = browserScript();
  const worker = startWorker(script);
  worker.onmessage = (event) => onMessage(event.data);
  worker.onerror = (event) => {
    event.preventDefault();
    onCrash(event.message || `its script, ${script.address}, did not load (is it served, with the page's COEP header?)`);
  };
  return { post: (message, transfer = []) => worker.postMessage(message, transfer), end: () => worker.terminate(), hold: () => {} };
}

// Written out, for bundlers.
const browserScript = () =>
  findScript(
    "plugins/plugin-worker.js",
    () => new Worker(new URL("./plugin-worker.js", import.meta.url), { type: "module", name: "staysail-plugin" }),
  );
