/**
 * The package's files that a page loads by their addresses: workers, frames and the Python wheel.
 *
 * Three ways lead to a file. A bundler that knows `new URL("…", import.meta.url)` emits it, and writes its address in that place; without a
 * bundler the address is right as it stands; and `assetsURL` names a folder that holds the package's files, for bundlers that emit none.
 *
 * @typedef {object} PackageFiles
 * @property {string} [assetsURL] folder that holds the files of the npm package
 * @property {string} [workerURL] script of the worker that Python runs in
 */

/** @type {PackageFiles} */
let places = {};

/** Sets where the files are, for this thread. @param {PackageFiles} given absolute addresses */
export function setPlaces({ assetsURL, workerURL }) {
  places = { assetsURL, workerURL };
}

/**
 * Returns the address of a file.
 * @param {string} path in the package
 * @param {() => URL} [emitted] the address that a bundler writes; without it, the file lies where the package has it
 * @returns {string}
 */
export function fileURL(path, emitted) {
  if (places.assetsURL) return new URL(path, places.assetsURL).href;
  return emitted?.().href ?? besideThis(path);
}

/**
 * A worker's script. options: the constructor's, which say what kind of script a bundler made.
 * @typedef {{address: string, options: WorkerOptions}} Script
 */

/**
 * Finds the script of a worker.
 * @param {string} path in the package
 * @param {() => Worker | SharedWorker} emitted makes the worker in the form that bundlers know; nothing is started by it
 * @returns {Script}
 */
export function findScript(path, emitted) {
  const { address, options } = noteArguments(emitted);
  const named = path === "runtime/python-worker.js" ? places.workerURL : undefined;
  const placed = named ?? (places.assetsURL && new URL(path, places.assetsURL).href);
  return placed ? { address: placed, options: { ...options, type: "module" } } : { address, options };
}

/**
 * Starts a worker. The script may be of another origin than the page.
 * @param {Script} script
 * @returns {Worker}
 */
export function startWorker({ address, options }) {
  return new Worker(isForeign(address) ? importing(address, options.type) : address, options);
}

/** Whether scripts at this address may not be started as workers of this page. @param {string} address */
export function isForeign(address) {
  const { protocol, origin } = new URL(address);
  return Boolean(globalThis.location) && /^https?:/.test(protocol) && origin !== globalThis.location.origin;
}

/**
 * Returns the arguments that the code of a bundler gives to the constructor of a worker, without starting a worker. Nothing else knows the
 * address of the script, nor which kind of script the bundler made of it.
 * @param {() => unknown} emitted
 * @returns {Script}
 */
function noteArguments(emitted) {
  const scope = /** @type {any} */ (globalThis);
  const { Worker, SharedWorker } = scope;
  let noted = /** @type {Script | undefined} */ (undefined);
  class Note {
    /**
     * @param {string | URL} address
     * @param {WorkerOptions} [options]
     */
    constructor(address, options = {}) {
      noted = { address: new URL(address, scope.location?.href).href, options };
    }
  }
  Object.assign(scope, { Worker: Note, SharedWorker: Note });
  try {
    emitted();
  } finally {
    Object.assign(scope, { Worker, SharedWorker });
  }
  if (!noted) throw new Error("the bundler's code starts workers in a way of its own");
  return noted;
}

/**
 * Returns the address of a script of the page's own origin that loads a script of another.
 * @param {string} address
 * @param {WorkerType} [type]
 */
function importing(address, type) {
  const source = type === "module" ? `import ${JSON.stringify(address)};` : `importScripts(${JSON.stringify(address)});`;
  return URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
}

/** @param {string} path */
function besideThis(path) {
  const fromHere = ["..", path].join("/"); // neither a literal nor a template: Vite would emit every file that fits
  return new URL(fromHere, import.meta.url).href;
}
