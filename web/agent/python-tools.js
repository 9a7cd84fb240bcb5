/**
 * Python functions as tools. They run beside the agent; from JavaScript they are called like any tool.
 *
 * @import { Peer } from "../bridge/rpc.js"
 * @import { PlainTool } from "../types.js"
 * @typedef {{id: string, source: string, file: string, requirements: string[]}} PythonModule
 * @typedef {{name: string, description: string, parameters: Record<string, unknown>}} PythonDefinition
 * @typedef {PlainTool & PythonDefinition & {execute: (args?: any, context?: {signal?: AbortSignal}) => Promise<any>}} PythonTool
 */

import { connect } from "../runtime/boot.js";
import { ConfigError } from "../errors.js";

/** Modules by what they are made of, so that asking twice makes one. @type {Map<string, PythonModule>} */
const modules = new Map();
/** How what a tool belongs to is loaded, which gives its id. @type {WeakMap<object, (peer: Peer) => Promise<string>>} */
const origins = new WeakMap();
/** What an interpreter has loaded: after a crash the next one loads it again. @type {WeakMap<Peer, Map<string, Promise<PythonDefinition[]>>>} */
const loaded = new WeakMap();

/**
 * The tools of a Python module: what is marked `@tool` (`from staysail import tool`), or else every public function.
 * @param {string | URL} source the module's address, or its text
 * @param {{requirements?: string[]}} [options] packages that micropip installs before
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
 * A tool that Python has, to be called from here, and by agents without a detour.
 * @param {PythonDefinition} definition
 * @param {(peer: Peer) => Promise<string>} load makes sure that it is there, and gives the id of what it belongs to
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
 * The module that a tool comes from, loaded, so that Python calls it without a detour; nothing for a JavaScript tool.
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
