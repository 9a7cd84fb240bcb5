/** @import { Budget } from "./budget.js" */

import { PluginFault } from "./faults.js";

/**
 * An instance with exactly those imports that it asks for; what is not among the available ones is refused by name.
 * @param {WebAssembly.Module} module
 * @param {Record<string, Record<string, any>>} available
 * @param {Budget} budget of all that the plugin holds
 * @returns {Promise<WebAssembly.Instance>}
 */
export async function instantiate(module, available, budget) {
  /** @type {WebAssembly.Imports} */
  const imports = {};
  const unknown = [];
  for (const { module: space, name, kind } of WebAssembly.Module.imports(module)) {
    const known = kind === "function" && Object.hasOwn(available, space) && Object.hasOwn(available[space], name);
    if (known) (imports[space] ??= {})[name] = available[space][name];
    else unknown.push(`${space}.${name}`);
  }
  if (unknown.length) throw new PluginFault(`it imports ${unknown.join(", ")}, which ToolFS does not give`);
  const instance = await WebAssembly.instantiate(module, imports);
  budget.attach(instance);
  return instance;
}
