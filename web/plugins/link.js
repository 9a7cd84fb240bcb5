import { PluginFault } from "./faults.js";

/**
 * An instance with exactly those imports that it asks for; what is not among the available ones is refused by name.
 * @param {WebAssembly.Module} module
 * @param {Record<string, Record<string, any>>} available
 * @returns {Promise<WebAssembly.Instance>}
 */
export async function instantiate(module, available) {
  /** @type {WebAssembly.Imports} */
  const imports = {};
  const unknown = [];
  for (const { module: space, name, kind } of WebAssembly.Module.imports(module)) {
    const known = kind === "function" && Object.hasOwn(available, space) && Object.hasOwn(available[space], name);
    if (known) (imports[space] ??= {})[name] = available[space][name];
    else unknown.push(`${space}.${name}`);
  }
  if (unknown.length) throw new PluginFault(`it imports ${unknown.join(", ")}, which ToolFS does not give`);
  return WebAssembly.instantiate(module, imports);
}
