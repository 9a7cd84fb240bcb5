// The vector kernel: WebAssembly that scans vectors where the Python interpreter already keeps them.
//
// How it works. The module imports the interpreter's memory, so nothing is copied: every argument named after a
// thing is its address. Rows live in chunks of 2^shift rows; `table` is a list of the chunks' addresses, 0 for a
// chunk that is not in memory, whose rows score -infinity. A row comes as
//   f32    `stride` floats, a multiple of 16, padded with zeros
//   f16    the same in float16; widened before anything else is done with it
//   codes  `stride` bytes, each 64 + round(63 x / max|x|), then f32 scale = max|x| / 63, f32 |x|^2, f32 |x - what the codes
//          say|, 4 bytes unused
//   signs  one bit per dimension, x > mean, padded with zeros to 16 bytes
// A scan reads memory once, in order, one row at a time: several rows at once halve the bandwidth, and bandwidth is
// the limit. But bits are so few that adding up their lanes would be: four rows at once share that (`near_signs`). What decides the order of the results is added up in float64, always in the
// order of eight lanes (`dot_exact`, `l2_exact`), which numpy reproduces bit by bit.
//
// Printed as WAT by `kernelText({ relaxed })`. Relaxed SIMD gives one instruction for products of bytes; where it is
// missing, the plain text is used.

import { ABOVE, MASK, TOP } from "./choices.mjs";
import { ENCODE_CODES, ENCODE_QUERY, ENCODE_SIGNS, QUERY_ROWS } from "./encodings.mjs";
import { GATHER, NARROW, WIDEN } from "./halves.mjs";
import { DOT_EXACT, L2_EXACT, pickCodes } from "./picks.mjs";
import { ADD_ROWS, CHECKSUM, CHECKSUMS, MAX_ABS, NORMALISE } from "./rows.mjs";
import { scanBatch, scanBounds, scanCodes, scanF32 } from "./scans.mjs";
import { NEAR_SIGNS } from "./signs.mjs";
import { get } from "./wat.mjs";

/** The whole module. @param {{ relaxed: boolean }} options */
export function kernelText({ relaxed }) {
  const madd = (/** @type {string} */ x, /** @type {string} */ q, /** @type {string} */ sum) =>
    relaxed ? `(f32x4.relaxed_madd ${x} ${q} ${sum})` : `(f32x4.add (f32x4.mul ${x} ${q}) ${sum})`;
  const squaredGap = (/** @type {string} */ x, /** @type {string} */ q, /** @type {string} */ sum) => {
    const gap = `(local.tee $difference (f32x4.sub (f32x4.mul ${x} ${get("times")}) ${q}))`;
    return madd(gap, get("difference"), sum);
  };
  return `(module (import "env" "memory" (memory 0))
${[
  scanF32("scan_dot", "", madd, "$SUM"),
  scanF32("scan_l2", "(param $scale f32)", squaredGap, "(f32.neg $SUM)"),
  scanCodes(relaxed),
  scanBounds(relaxed),
  NEAR_SIGNS,
  scanBatch(),
  pickCodes(relaxed),
  DOT_EXACT,
  L2_EXACT,
  MASK,
  TOP,
  ABOVE,
  MAX_ABS,
  NORMALISE,
  ENCODE_CODES,
  ENCODE_SIGNS,
  ENCODE_QUERY,
  QUERY_ROWS,
  ADD_ROWS,
  CHECKSUM,
  CHECKSUMS,
  NARROW,
  WIDEN,
  GATHER,
].join("\n")}
)\n`;
}
