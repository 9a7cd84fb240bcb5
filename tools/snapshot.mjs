// Takes the memory of an interpreter that has imported staysail, for pages to start from.
// Usage: node snapshot.mjs RUNTIME_DIR WHEEL SNAPSHOT

import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { takeSnapshot } from "../web/runtime/snapshot-making.js";

const [runtime, wheel, snapshot] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`).href);
await writeFile(snapshot, await takeSnapshot(loadPyodide, `${runtime}/`, await readFile(wheel)));
