// Takes the memory of an interpreter that has imported staysail, for pages to start from.
// Usage: node snapshot.mjs RUNTIME_DIR WHEEL SNAPSHOT
//
// Everything imported here may hold no JavaScript object but what a path from globalThis leads to: makeMemorySnapshot refuses the rest.

import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Where a page's interpreter finds the wheel too (web/interpreter.js). */
const WHEEL_PATH = "/lib/staysail.whl";

const [runtime, wheel, snapshot] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`).href);

const pyodide = await loadPyodide({ indexURL: `${runtime}/`, env: { HOME: "/home/pyodide" }, _makeSnapshot: true });
pyodide.FS.writeFile(WHEEL_PATH, await readFile(wheel));
pyodide.runPython(`
import sys
sys.path.append("${WHEEL_PATH}")
import staysail.bridge.restoring
staysail.bridge.restoring.import_first_needs()
`);
await writeFile(snapshot, pyodide.makeMemorySnapshot());
