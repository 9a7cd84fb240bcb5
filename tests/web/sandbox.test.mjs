// The cap on the memory of an interpreter; the rest of a sandbox is tried in Chromium.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { capMemory } from "../../web/sandbox/memory-cap.js";

const PAGE_BYTES = 65536;
/** One memory of one page, exported as "m"; with a maximum of 300 pages, or without. */
const module = (bounded) => {
  const memory = bounded ? [5, 5, 1, 1, 1, 0xac, 2] : [5, 3, 1, 0, 1];
  return new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...memory, 7, 5, 1, 1, 0x6d, 2, 0]);
};

test("a module's memory grows to its cap and no further", async () => {
  for (const bounded of [false, true]) {
    const { instance } = await WebAssembly.instantiate(capMemory(module(bounded), 200 * PAGE_BYTES));
    instance.exports.m.grow(199);
    assert.throws(() => instance.exports.m.grow(1), RangeError);
  }
  assert.throws(() => capMemory(module(false), 100), /needs 65536 bytes/);
});

test("the runtime's own module is one that can be capped", async () => {
  const runtime = new Uint8Array(await readFile(new URL("../../wheels/pyodide.asm.wasm", import.meta.url)));
  assert.ok(WebAssembly.validate(capMemory(runtime, 128 << 20)));
});
