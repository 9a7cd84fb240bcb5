/** Tests the abilities of the browser's WebAssembly before anything large is downloaded. */

import { LocalModelError } from "./errors.js";

/** Modules that use the ability and nothing else. */
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
const EXCEPTIONS = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 6, 64, 25, 11, 11];

/** Raises "unavailable" with the ability that the browser lacks for the language model's runtime. */
export function requireWebAssembly() {
  const has = (/** @type {number[]} */ bytes) => typeof WebAssembly === "object" && WebAssembly.validate(new Uint8Array(bytes));
  const missing = [!has(SIMD) && "SIMD", !has(EXCEPTIONS) && "exceptions"].filter(Boolean);
  if (!missing.length) return;
  throw new LocalModelError(
    "unavailable",
    `A language model cannot run in this browser: its WebAssembly has no ${missing.join(" and no ")}. Use a newer browser, or a provider's model.`,
  );
}

/** The folder of the runtime that fits: wllama 2.4 has 64-bit addresses, which WebKit's WebAssembly lacks; 2.3 has 32-bit ones. */
export function runtimeFolder() {
  try {
    const described = /** @type {any} */ ({ address: "i64", initial: 0n });
    return new WebAssembly.Memory(described).buffer ? "wllama/" : "wllama32/";
  } catch {
    return "wllama32/";
  }
}
