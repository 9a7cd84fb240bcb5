/**
 * Python functions as tools. They run beside the agent; JavaScript calls them like any tool.
 *
 * @import { Peer } from "../bridge/rpc.js"
 * @import { PlainTool } from "../types.js"
 * @typedef {{id: string, source: string, file: string, requirements: string[]}} PythonModule
 * @typedef {{name: string, description: string, parameters: Record<string, unknown>}} PythonDefinition
 * @typedef {PlainTool & PythonDefinition & {execute: (args?: any, context?: {signal?: AbortSignal}) => Promise<any>}} PythonTool
 */

import { connect } from "../runtime/boot.js";
import { ConfigError } from "../errors.js";

/** Modules by their source, so that the same source makes one module. @type {Map<string, PythonModule>} */
const modules = new Map();
/** Loaders of the modules that tools belong to; each returns its module's id. @type {WeakMap<object, (peer: Peer) => Promise<string>>} */
const origins = new WeakMap();
/**
 * Modules that an interpreter has loaded: after a crash the next interpreter loads them again.
 * @type {WeakMap<Peer, Map<string, Promise<PythonDefinition[]>>>}
 */
const loaded = new WeakMap();

/**
 * Returns the tools of a Python module: the functions marked `@tool` (`from staysail import tool`), or else every public function.
 * @param {string | URL} source the module's address, or its text
 * @param {{requirements?: string[]}} [options] requirements: packages that micropip installs first
 * @returns {Promise<PythonTool[]>}
 */
export async function pythonTools(source, { requirements = [] } = {}) {
  const given = isAddress(source)
    ? await fetchSource(new URL(source, globalThis.location?.href))
    : { source: String(source), file: "tools.py" };
  const key = JSON.stringify([given, requirements]);
  const module = modules.get(key) ?? { id: String(modules.size + 1), ...given, requirements };
  modules.set(key, module);
  const definitions = await loadModule(await connect(), module);
  const load = async (/** @type {Peer} */ peer) => {
    await loadModule(peer, module);
    return module.id;
  };
  return definitions.map((definition) => ownTool(definition, load));
}

/**
 * Makes a tool of a Python function: JavaScript can call it, and agents call it in Python directly.
 * @param {PythonDefinition} definition
 * @param {(peer: Peer) => Promise<string>} load makes sure that the module is loaded, and returns its id
 * @returns {PythonTool}
 */
export function ownTool(definition, load) {
  const tool = {
    ...definition,
    execute: async (/** @type {any} */ args, /** @type {{signal?: AbortSignal}} */ { signal } = {}) => {
      const peer = await connect();
      return peer.call("tools.call", { id: await load(peer), name: definition.name, args: args ?? {} }, { signal });
    },
  };
  origins.set(tool, load);
  return tool;
}

/**
 * Loads the module of a Python tool, so that Python calls the tool directly. Returns nothing for a JavaScript tool.
 * @param {object} tool
 * @param {Peer} peer
 * @returns {Promise<string | undefined>} the module's id
 */
export async function pythonModule(tool, peer) {
  return origins.get(tool)?.(peer);
}

/**
 * @param {Peer} peer
 * @param {PythonModule} module
 * @returns {Promise<PythonDefinition[]>}
 */
function loadModule(peer, module) {
  const here = loaded.get(peer) ?? new Map();
  loaded.set(peer, here);
  if (!here.has(module.id)) {
    const loading = peer.call("tools.load", module);
    loading.catch(() => here.delete(module.id));
    here.set(module.id, loading);
  }
  return here.get(module.id);
}

/** @param {string | URL} source */
function isAddress(source) {
  return source instanceof URL || (!source.includes("\n") && /^([a-z]+:|\.{0,2}\/)|\.py$/i.test(source.trim()));
}

/** @param {URL} url */
async function fetchSource(url) {
  const response = await fetch(url);
  if (!response.ok)
    throw new ConfigError(`${url} answered ${response.status}; pythonTools takes the address of a Python file, or its text`);
  return { source: await response.text(), file: url.pathname.split("/").at(-1) || "tools.py" };
}
