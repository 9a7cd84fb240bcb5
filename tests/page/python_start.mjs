// Python as pages start it, from the snapshot, with nothing else of ours around it.

import { makeRoom, unpack } from "/web/runtime/snapshot-packing.js";
import createModule from "/wheels/pyodide.asm.mjs";
import { loadPyodide } from "/wheels/pyodide.mjs";

const read = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());

export async function startPython() {
  const { file } = await (await fetch("/wheels/staysail-snapshot.json")).json();
  const [memory, wheel] = await Promise.all([read(`/wheels/${file}`), read("/web/wheel/staysail-cp314.whl")]);
  const snapshot = unpack(memory);
  const createPyodideModule = async (settings) => {
    const module = await createModule(settings);
    makeRoom(module, snapshot);
    return module;
  };
  const pyodide = await loadPyodide({ indexURL: "/wheels/", createPyodideModule, _loadSnapshot: snapshot });
  pyodide.FS.writeFile("/lib/staysail.whl", wheel);
  pyodide.pyimport("staysail.bridge.restoring").renew("{}");
  return pyodide;
}
