/**
 * Imports Pyodide's modules in a worker of any kind. Pyodide refuses classic workers, which it knows by `importScripts`; webpack 5 and
 * Turbopack make classic workers of module workers. `import()` works in them, so the function is hidden while the modules are imported.
 */

let importing = 0;

/**
 * @param {string} address of the module, or a package's name
 * @returns {Promise<any>}
 */
export async function importPyodide(address) {
  const inWorker = typeof Reflect.get(globalThis, "importScripts") === "function" || importing > 0;
  if (!inWorker) return import(/* webpackIgnore: true */ /* @vite-ignore */ address);
  importing += 1;
  Object.defineProperty(globalThis, "importScripts", { value: undefined, configurable: true, writable: true });
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ address);
  } finally {
    importing -= 1;
    if (importing === 0) Reflect.deleteProperty(globalThis, "importScripts"); // the prototype's is there again
  }
}
