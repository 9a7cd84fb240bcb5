// Takes the memory of an interpreter that has imported staysail, for pages to start from.
// Usage: node snapshot.mjs RUNTIME_DIR WHEEL SNAPSHOT

import nodeCrypto from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { takeSnapshot } from "../web/runtime/snapshot-making.js";

standStill();
const [runtime, wheel, snapshot] = process.argv.slice(2).map((path) => resolve(path));
process.argv[1] = "snapshot.mjs"; // Python keeps it as the program's name: no path of this machine is published
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`).href);
await writeFile(snapshot, await takeSnapshot(loadPyodide, `${runtime}/`, await readFile(wheel)));

/**
 * Makes clocks and random numbers the same in every build, so that the same sources give the same snapshot. An interpreter that starts from
 * it draws its own.
 */
function standStill() {
  const RealDate = Date;
  const now = RealDate.UTC(2020, 0, 1);
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      super(...(args.length ? args : [now]));
    }
    static now = () => now;
  };
  performance.now = () => 0;
  Math.random = () => 0.5;
  let state = 1;
  const fill = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < bytes.length; at++) bytes[at] = state = (state * 75) % 65537;
    return array;
  };
  crypto.getRandomValues = fill;
  nodeCrypto.randomFillSync = fill; // Emscripten's way in Node
}
