// Assembles the kernel: node assemble.mjs WABT FOLDER writes kernel-relaxed.wasm and kernel-plain.wasm into FOLDER.
// WABT is the one file of the npm package `wabt`.

import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { kernelText } from "./kernel.mjs";

const [wabtPath, folder] = process.argv.slice(2).map((path) => resolve(path));
const wabt = await createRequire(import.meta.url)(wabtPath)();
for (const [name, relaxed] of /** @type {const} */ ([
  ["relaxed", true],
  ["plain", false],
])) {
  const features = { simd: true, relaxed_simd: relaxed, bulk_memory: true };
  const module = wabt.parseWat(`kernel-${name}.wat`, kernelText({ relaxed }), features);
  module.resolveNames();
  module.validate();
  writeFileSync(join(folder, `kernel-${name}.wasm`), module.toBinary({}).buffer);
  module.destroy();
}
