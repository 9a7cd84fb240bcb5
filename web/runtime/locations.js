/** The files that Python is made of, and their default addresses. */

export const PYODIDE_VERSION = "314.0.4";

export const CDN_URL = `https://cdn.jsdelivr.net/pyodide/v${PYODIDE_VERSION}/full/`;

/**
 * The files that loadPyodide fetches from a runtime folder, with their unpacked sizes in bytes, which a compressed response does not state.
 */
export const RUNTIME_FILES = {
  "pyodide.asm.mjs": 1_249_500,
  "pyodide.asm.wasm": 9_596_386,
  "python_stdlib.zip": 2_545_198,
};

export const RUNTIME_BYTES = Object.values(RUNTIME_FILES).reduce((sum, bytes) => sum + bytes, 0);

/** staysail's own Python package, compiled for the interpreter. It comes with this package, so both have one version. */
export const WHEEL_URL = new URL("../wheel/staysail-cp314.whl", import.meta.url);

/** The manifest of the snapshot in a runtime folder; Pyodide's own folders have none. */
export const SNAPSHOT_MANIFEST = "staysail-snapshot.json";
