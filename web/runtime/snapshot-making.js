/** Takes the memory of an interpreter that has imported staysail: by the build, and by pages whose runtime folder has none. */

import { pack } from "./snapshot-packing.js";

/** Where interpreters find the package. What a snapshot imported it from is read again by those that start from it. */
export const WHEEL_PATH = "/lib/staysail.whl";

/**
 * Takes a whole start of Python. Nothing imported there may hold a JavaScript object but what a path from globalThis leads to: Pyodide refuses the rest.
 * @param {(settings: object) => Promise<any>} loadPyodide
 * @param {string} indexURL
 * @param {Uint8Array} wheel
 * @returns {Promise<Uint8Array<ArrayBuffer>>} packed
 */
export async function takeSnapshot(loadPyodide, indexURL, wheel) {
  const pyodide = await loadPyodide({ indexURL, env: { HOME: "/home/pyodide" }, _makeSnapshot: true });
  pyodide.FS.writeFile(WHEEL_PATH, wheel);
  pyodide.runPython(`
import sys
sys.path.append("${WHEEL_PATH}")
import staysail.bridge.restoring
staysail.bridge.restoring.import_first_needs()
`);
  return pack(pyodide.makeMemorySnapshot());
}
