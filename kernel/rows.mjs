// Work on rows of float32 where they lie.

import { EXACT_SUM, FOLD_EXACT, PAIRS, advance, get, locals, promoted, set, until } from "./wat.mjs";

/** Of `bytes` bytes of floats, a multiple of 64: NaN where one is NaN. */
export const MAX_ABS = `
(func $max_abs (export "max_abs") (param $at i32) (param $bytes i32) (result f32)
  (local $end i32) ${locals(["m0", "m1"], "v128")}
  ${set("end", `(i32.add ${get("at")} ${get("bytes")})`)}
  ${until(
    "at",
    "end",
    `
    ${set("m0", `(f32x4.max ${get("m0")} (f32x4.max (f32x4.abs (v128.load ${get("at")})) (f32x4.abs (v128.load offset=16 ${get("at")}))))`)}
    ${set("m1", `(f32x4.max ${get("m1")} (f32x4.max (f32x4.abs (v128.load offset=32 ${get("at")})) (f32x4.abs (v128.load offset=48 ${get("at")}))))`)}
    ${advance("at", 64)}`,
  )}
  ${set("m0", `(f32x4.max ${get("m0")} ${get("m1")})`)}
  (f32.max
    (f32.max (f32x4.extract_lane 0 ${get("m0")}) (f32x4.extract_lane 1 ${get("m0")}))
    (f32.max (f32x4.extract_lane 2 ${get("m0")}) (f32x4.extract_lane 3 ${get("m0")}))))`;

/** Rows to unit length, in place; a row of zeros stays. Norms are float64. Gives their sum: NaN or infinite where a number is. */
export const NORMALISE = `
(func (export "normalise") (param $row i32) (param $n i32) (param $stride i32) (result f64)
  ${locals(["at", "end", "width"], "i32")} ${locals(["d0", "d1", "d2", "d3", "zero", "gap", "over"], "v128")} ${locals(["norm", "sum"], "f64")}
  ${set("width", `(i32.shl ${get("stride")} (i32.const 2))`)}
  (loop $next
    ${set("at", get("row"))} ${set("end", `(i32.add ${get("row")} ${get("width")})`)}
    ${PAIRS.map((pair) => set(`d${pair}`, get("zero"))).join(" ")}
    ${until("at", "end", `${PAIRS.map((pair) => `${set("gap", promoted(pair))} ${set(`d${pair}`, `(f64x2.add ${get(`d${pair}`)} (f64x2.mul ${get("gap")} ${get("gap")}))`)}`).join(" ")} ${advance("at", 32)}`)}
    ${FOLD_EXACT}
    ${set("norm", `(f64.sqrt ${EXACT_SUM})`)} ${set("sum", `(f64.add ${get("sum")} ${get("norm")})`)}
    (if (f64.gt ${get("norm")} (f64.const 0)) (then
      ${set("over", `(f64x2.splat ${get("norm")})`)} ${set("at", get("row"))}
      (loop $write
        (v128.store64_lane 0 ${get("at")} (f32x4.demote_f64x2_zero (f64x2.div ${promoted(0)} ${get("over")})))
        ${advance("at", 8)}
        (br_if $write (i32.lt_u ${get("at")} ${get("end")})))))
    ${set("row", get("end"))}
    (br_if $next (local.tee $n (i32.sub ${get("n")} (i32.const 1)))))
  ${get("sum")})`;

/** Adds n rows to `sums`, float64: for the mean. */
export const ADD_ROWS = `
(func (export "add_rows") (param $row i32) (param $n i32) (param $stride i32) (param $sums i32)
  ${locals(["at", "end", "width", "to"], "i32")}
  ${set("width", `(i32.shl ${get("stride")} (i32.const 2))`)}
  (loop $next
    ${set("at", get("row"))} ${set("end", `(i32.add ${get("row")} ${get("width")})`)} ${set("to", get("sums"))}
    ${until("at", "end", `(v128.store ${get("to")} (f64x2.add (v128.load ${get("to")}) ${promoted(0)})) ${advance("at", 8)} ${advance("to", 16)}`)}
    ${set("row", get("end"))}
    (br_if $next (local.tee $n (i32.sub ${get("n")} (i32.const 1))))))`;

export const PRIME = 0x01000193;
const SIXTEENTH = Array.from({ length: 16 }).reduce((/** @type {number} */ power) => Math.imul(power, PRIME), 1) | 0;

/** The words of \`bytes\` bytes, a multiple of 64, as digits of a number in base PRIME, modulo 2^32: any one changed word changes it. */
export const CHECKSUM = `
(func $checksum (export "checksum") (param $at i32) (param $bytes i32) (result i32)
  ${locals(["end", "sum"], "i32")} ${locals(["c0", "c1", "c2", "c3", "power"], "v128")}
  ${set("power", `(i32x4.splat (i32.const ${SIXTEENTH}))`)}
  ${set("end", `(i32.add ${get("at")} ${get("bytes")})`)}
  (block $empty (br_if $empty (i32.eqz ${get("bytes")}))
  ${until("at", "end", `${PAIRS.map((lane) => set(`c${lane}`, `(i32x4.add (i32x4.mul ${get(`c${lane}`)} ${get("power")}) (v128.load offset=${lane * 16} ${get("at")}))`)).join(" ")} ${advance("at", 64)}`)})
  ${PAIRS.flatMap((vector) => PAIRS.map((lane) => set("sum", `(i32.add (i32.mul ${get("sum")} (i32.const ${PRIME})) (i32x4.extract_lane ${lane} ${get(`c${vector}`)}))`))).join("\n  ")}
  ${get("sum")})`;

/** The checksum of each of n rows of `width` bytes. */
export const CHECKSUMS = `
(func (export "checksums") (param $at i32) (param $n i32) (param $width i32) (param $out i32)
  (loop $next
    (i32.store ${get("out")} (call $checksum ${get("at")} ${get("width")}))
    ${advance("at", get("width"))} ${advance("out", 4)}
    (br_if $next (local.tee $n (i32.sub ${get("n")} (i32.const 1))))))`;
