/** A worker that takes a snapshot, keeps it and ends. In: {runtimeURL, wheelURL}. Out: nothing; a failure goes to the console. */

import { keepSnapshot } from "./kept-snapshot.js";
import { keptManifestURL } from "./locations.js";
import { importPyodide } from "./pyodide-import.js";
import { takeSnapshot } from "./snapshot-making.js";

globalThis.onmessage = async (/** @type {MessageEvent<{runtimeURL: string, wheelURL: string}>} */ { data: { runtimeURL, wheelURL } }) => {
  try {
    // One tab at a time.
    await navigator.locks.request(`staysail-snapshot ${runtimeURL}`, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      const [{ loadPyodide }, wheel] = await Promise.all([
        importPyodide(new URL("pyodide.mjs", runtimeURL).href),
        fetch(wheelURL).then(async (response) => new Uint8Array(await response.arrayBuffer())),
      ]);
      await keepSnapshot(keptManifestURL(runtimeURL), await takeSnapshot(loadPyodide, runtimeURL, wheel), wheel);
    });
  } catch (error) {
    console.debug(`staysail keeps no snapshot: ${/** @type {any} */ (error)?.message ?? error}`);
  }
  globalThis.close();
};
