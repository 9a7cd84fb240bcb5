/**
 * Plugins of the Extism ABI. One that exports `execute` takes requests; of any other each exported function is an operation, with a
 * request's `data` as its input. hyper-mcp's plugins offer their MCP tools as operations: see mcp.js.
 *
 * @import { Running, Start } from "./types.js"
 */

import { readAbout } from "./about.js";
import { Budget } from "./budget.js";
import { PluginError, PluginFault } from "./faults.js";
import { Kernel } from "./extism-imports.js";
import { instantiate } from "./link.js";
import { mcpImports, startMcp } from "./mcp.js";
import { checkOutput, failed, succeeded, toBytes, toResult } from "./response.js";
import { Exit, Wasi } from "./wasi.js";

/** Exports of the ABI or of a compiler, which are no operations. */
const RESERVED = new Set(["init", "execute", "name", "version", "skill_document", "operations"]);

/**
 * @param {Start} start
 * @returns {Promise<Running>}
 */
export async function startExtism(start) {
  const plugin = await ExtismPlugin.open(start);
  const { abi } = start.spec;
  if (abi === "hyper-mcp-v1" || abi === "hyper-mcp-v2") return startMcp(plugin, abi);
  const about = await readAbout(
    (name) => plugin.has(name),
    (name) => plugin.call(name),
  );
  const own = plugin.has("execute") ? {} : { operations: about.operations ?? named(plugin.names.filter((name) => !RESERVED.has(name))) };
  return {
    about: { ...about, ...own },
    init: async (config) => {
      plugin.configure(config);
      if (plugin.has("init")) await plugin.call("init", toBytes(config));
    },
    execute: async (text) => {
      if (plugin.has("execute")) return new TextDecoder().decode(await plugin.call("execute", new TextEncoder().encode(text)));
      const { operation, data } = JSON.parse(text);
      if (!plugin.names.includes(operation) || RESERVED.has(operation)) return failed(`Function not found: ${operation}`);
      return succeeded(toResult(await plugin.call(operation, toBytes(data))));
    },
  };
}

/** @param {string[]} names */
function named(names) {
  const parameters = { type: "object", properties: { data: { description: "its input: text, or JSON" } } };
  return Object.fromEntries(names.map((name) => [name, { description: `${name} of the plugin`, parameters }]));
}

export class ExtismPlugin {
  /** Functions that can be called: without parameters, with at most one result. @type {string[]} */
  names;
  #kernel;
  #wasi;
  #line;
  #outputBytes;
  #exports;

  /**
   * @param {Start} start
   * @param {Kernel} kernel
   * @param {Wasi} wasi
   * @param {WebAssembly.Instance} instance
   */
  constructor({ spec, line }, kernel, wasi, instance) {
    this.#kernel = kernel;
    this.#wasi = wasi;
    this.#line = line;
    this.#outputBytes = spec.output_bytes;
    this.#exports = instance.exports;
    this.names = Object.entries(spec.functions ?? {}).flatMap(([name, type]) =>
      /^\(\) -> \((i32)?\)$/.test(type) && !name.startsWith("_") ? [name] : [],
    );
  }

  /** @param {Start} start */
  static async open(start) {
    const { spec, line, log, module } = start;
    const budget = new Budget(spec);
    const kernel = new Kernel(budget, line, log);
    const wasi = new Wasi(line, spec.output_bytes, budget);
    const instance = await instantiate(
      module,
      {
        "extism:host/env": kernel.env(),
        "extism:host/user": { ...kernel.user(), ...mcpImports(kernel) },
        wasi_snapshot_preview1: wasi.imports,
      },
      budget,
    );
    wasi.attach(instance);
    kernel.begin(new Uint8Array());
    const plugin = new ExtismPlugin(start, kernel, wasi, instance);
    for (const name of ["_initialize", "__wasm_call_ctors"]) {
      if (!(name in instance.exports)) continue;
      await line.exported(/** @type {Function} */ (instance.exports[name]))();
      break;
    }
    if ("hs_init" in instance.exports) /** @type {Function} */ (instance.exports.hs_init)(0, 0);
    return plugin;
  }

  /** @param {string} name */
  has(name) {
    return this.names.includes(name);
  }

  /** Text as it is, anything else as JSON: Extism's configuration is text. @param {Record<string, any>} config */
  configure(config) {
    this.#kernel.config = Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    );
  }

  /**
   * @param {string} name
   * @param {Uint8Array} [input]
   * @returns {Promise<Uint8Array>} the output
   */
  async call(name, input = new Uint8Array()) {
    this.#kernel.begin(input);
    this.#wasi.begin();
    let code;
    try {
      code = await this.#line.exported(/** @type {Function} */ (this.#exports[name]))();
    } catch (error) {
      const said = this.#kernel.error();
      if (said !== undefined) throw new PluginFault(said);
      if (!(error instanceof Exit)) throw error;
      if (error.code !== 0) throw new PluginFault(`WASI exit code: ${error.code}`);
    }
    this.#wasi.end();
    const said = this.#kernel.error();
    if (said !== undefined) throw new PluginError(said);
    if (code) throw new PluginError(`Error code: ${code}`);
    checkOutput(this.#kernel.outputLength, this.#outputBytes);
    return this.#kernel.output();
  }
}
