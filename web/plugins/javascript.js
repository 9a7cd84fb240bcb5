/**
 * Plugins in JavaScript: a module whose default export is {name, version, execute(request, files), init?(config), skill_document?,
 * operations?}. Functions may be async; `files` is {read, write, list, stat, delete, mkdir, rename, fetch}.
 *
 * It runs in a worker of its own, can be ended, and reaches files through `files` alone. The usual ways to the network and to storage are
 * taken out of its reach, but JavaScript in a worker is no sandbox (it can `import` an address; in Node it has Node's modules): load what
 * you do not trust as WASM.
 *
 * @import { Answer, Line } from "./line.js"
 * @import { Running, Start } from "./types.js"
 */

import { PluginError, PluginFault, describeFault } from "./faults.js";
import { inNode } from "../runtime/environment.js";
import { checkOutput } from "./response.js";

const WAYS_OUT = [
  "fetch",
  "XMLHttpRequest",
  "WebSocket",
  "WebSocketStream",
  "WebTransport",
  "EventSource",
  "Worker",
  "SharedWorker",
  "BroadcastChannel",
];
const STORES = ["indexedDB", "caches", "importScripts", "webkitRequestFileSystem", "webkitRequestFileSystemSync", "postMessage"];

/**
 * @param {Start} start
 * @returns {Promise<Running>}
 */
export async function startJavaScript({ spec, line, source }) {
  for (const name of [...WAYS_OUT, ...STORES]) {
    for (let scope = globalThis; scope; scope = Object.getPrototypeOf(scope)) Reflect.deleteProperty(scope, name);
  }
  const plugin = (await load(source)).default;
  if (typeof plugin?.execute !== "function")
    throw new PluginFault("its default export is {name, version, execute(request, files)}; there is no execute");
  const files = openFiles(line);
  const text = (/** @type {string} */ part) => {
    const value = typeof plugin[part] === "function" ? plugin[part]() : plugin[part];
    return value === undefined ? undefined : String(value);
  };
  return {
    about: JSON.parse(JSON.stringify({ version: text("version"), skill_document: text("skill_document"), operations: plugin.operations })),
    init: (config) => plugin.init?.(config),
    execute: async (request) => {
      let answer;
      try {
        answer = JSON.stringify(await plugin.execute(JSON.parse(request), files)) ?? "null";
      } catch (error) {
        throw new PluginError(describeFault(error));
      }
      checkOutput(answer.length, spec.output_bytes);
      return answer;
    },
  };
}

/**
 * @param {string} source
 * @returns {Promise<any>}
 */
function load(source) {
  const url = inNode
    ? `data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`
    : URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return import(/* webpackIgnore: true */ /* @vite-ignore */ url);
}

/** @param {Line} line */
function openFiles(line) {
  /**
   * @param {string} method
   * @param {object} params
   * @param {Uint8Array} [body]
   * @returns {Promise<{value?: any, bytes: Uint8Array}>}
   */
  const ask = async (method, params, body) => {
    const answer = await line.ask([method, params, body]);
    if (answer.ok) return answer;
    throw Object.assign(new PluginFault(answer.message), { code: answer.code });
  };
  const bytes = (/** @type {string | Uint8Array} */ data) => (typeof data === "string" ? new TextEncoder().encode(data) : data);
  return {
    read: async (/** @type {string} */ path) => (await ask("read", { path })).bytes,
    write: async (/** @type {string} */ path, /** @type {string | Uint8Array} */ data) => (await ask("write", { path }, bytes(data))).value,
    list: async (/** @type {string} */ path) => (await ask("list", { path })).value,
    stat: async (/** @type {string} */ path) => (await ask("stat", { path })).value,
    delete: async (/** @type {string} */ path) => void (await ask("delete", { path })),
    mkdir: async (/** @type {string} */ path) => void (await ask("mkdir", { path })),
    rename: async (/** @type {string} */ path, /** @type {string} */ to) => void (await ask("rename", { path, to })),
    fetch: async (
      /** @type {string} */ url,
      { method = "GET", headers = {}, body = /** @type {string | Uint8Array} */ (new Uint8Array()) } = {},
    ) => {
      const { value, bytes: data } = await ask("fetch", { url, method, headers }, bytes(body));
      return { ...value, body: data };
    },
  };
}
