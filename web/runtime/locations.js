/** What is downloaded to run Python, and where from by default. */

export const PYODIDE_VERSION = "314.0.4";

export const CDN_URL = `https://cdn.jsdelivr.net/pyodide/v${PYODIDE_VERSION}/full/`;

/** What loadPyodide fetches from a runtime folder, and its size once unpacked: a compressed answer does not tell its own. */
export const RUNTIME_FILES = {
  "pyodide.asm.mjs": 1_249_500,
  "pyodide.asm.wasm": 9_596_386,
  "python_stdlib.zip": 2_545_198,
};

export const RUNTIME_BYTES = Object.values(RUNTIME_FILES).reduce((sum, bytes) => sum + bytes, 0);

/** staysail's own Python, compiled for that interpreter; it comes with this package, so both are of one version. */
export const WHEEL_URL = new URL("../wheel/staysail-cp314.whl", import.meta.url);

/** What tells whether a runtime folder holds a snapshot to start from; Pyodide's own folders do not. */
export const SNAPSHOT_MANIFEST = "staysail-snapshot.json";
