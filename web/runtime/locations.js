/** The files that Python is made of, and their default addresses. */

import { inNode, isOnDisk, nodeModule } from "./environment.js";
import { fileURL } from "./package-files.js";

/** Version of this package, and of the package `staysail-runtime` that goes with it. */
export const VERSION = "0.1.0";

/** The package `staysail-runtime` on a public CDN: Pyodide with a snapshot of staysail. Pages start from it by default. */
export const RUNTIME_URL = `https://cdn.jsdelivr.net/npm/staysail-runtime@${VERSION}/`;

const PYODIDE_VERSION = "314.0.7";

/** Pyodide's own folder on its public CDN, for pages that do not reach RUNTIME_URL. It has no snapshot. */
export const PYODIDE_URL = `https://cdn.jsdelivr.net/pyodide/v${PYODIDE_VERSION}/full/`;

/**
 * The files that loadPyodide fetches from a runtime folder, with their unpacked sizes in bytes, which a compressed response does not state.
 */
export const RUNTIME_FILES = {
  "pyodide.asm.mjs": 1_250_344,
  "pyodide.asm.wasm": 9_598_218,
  "python_stdlib.zip": 2_545_637,
};

export const RUNTIME_BYTES = Object.values(RUNTIME_FILES).reduce((sum, bytes) => sum + bytes, 0);

const WHEEL = "wheel/staysail-cp314.whl";

/** The address of staysail's own Python package, compiled for the interpreter. It comes with this package, so both have one version. */
export function wheelURL() {
  const url = fileURL(WHEEL, () => new URL("../wheel/staysail-cp314.whl", import.meta.url)); // written out, for bundlers
  return inNode && !isOnDisk(url) ? installedWheel(url) : url;
}

/**
 * Returns the wheel's address in node_modules, where a framework bundled this module for its server: the address that it wrote is a page's.
 * @param {string} otherwise
 */
function installedWheel(otherwise) {
  try {
    const { createRequire } = nodeModule("node:module");
    const { pathToFileURL } = nodeModule("node:url");
    return new URL(WHEEL, pathToFileURL(createRequire(`${process.cwd()}/`).resolve("staysail/package.json"))).href;
  } catch {
    return otherwise;
  }
}

/** The manifest of a runtime folder: its snapshot and the hashes of its files. Pyodide's own folders have none. */
export const SNAPSHOT_MANIFEST = "staysail-snapshot.json";

/** Where snapshots are kept that this browser took: an address that is never fetched. */
export const KEPT_PLACE = "https://snapshot.invalid/";

/** Returns the address under which a runtime's own snapshot is kept. @param {string} runtimeURL */
export function keptManifestURL(runtimeURL) {
  return `${KEPT_PLACE}${encodeURIComponent(runtimeURL)}/manifest.json`;
}

/** Whether a snapshot can be kept here: in pages over HTTPS or from this machine. */
export const canKeep = !inNode && typeof document !== "undefined" && typeof caches !== "undefined" && typeof Worker !== "undefined";
