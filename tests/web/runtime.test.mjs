// The assembled runtime in Node: what wheels/ holds loads from the disk, without a network.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const runtime = new URL("../../wheels/", import.meta.url);

test("loadPackage('staysail') loads the bytecode wheel from the disk and it imports", async () => {
  const { loadPyodide } = await import(new URL("pyodide.mjs", runtime).href);
  const pyodide = await loadPyodide({ indexURL: fileURLToPath(runtime) });
  await pyodide.loadPackage("staysail", { messageCallback: () => {} });
  const lock = JSON.parse(await readFile(new URL("pyodide-lock.json", runtime), "utf8"));
  const [version, file] = pyodide.runPython("import staysail; [staysail.__version__, staysail.__file__]").toJs();
  assert.equal(version, lock.packages.staysail.version);
  assert.match(file, /__init__\.pyc$/);
});
