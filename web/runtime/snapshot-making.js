/** Takes the memory of an interpreter that has imported staysail: at build time, and in pages whose runtime folder has no snapshot. */

import { pack } from "./snapshot-packing.js";

/** Path of staysail's wheel in the interpreter. An interpreter that starts from a snapshot reads further modules from the same path. */
export const WHEEL_PATH = "/lib/staysail.whl";

/**
 * Starts Python and takes its memory. Modules that it imports may hold no JavaScript object except those that a path from globalThis leads
 * to: Pyodide refuses the others.
 * @param {(settings: object) => Promise<any>} loadPyodide
 * @param {string} indexURL
 * @param {Uint8Array} wheel
 * @returns {Promise<Uint8Array<ArrayBuffer>>} the packed snapshot
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
