// float16 in memory, float32 for work: no engine computes with float16 yet.

import { advance, get, locals, rowOf, set, until } from "./wat.mjs";

const constant = (/** @type {number} */ bits) => `(v128.const i32x4 ${Array(4).fill(bits).join(" ")})`;

/** Four float16, one in each i32 lane of `x`, as float32: the exponent moves up by a product, which subnormal numbers survive.
 * @param {string} x */
const widened = (x) => `(v128.or
  (f32x4.mul (i32x4.shl (v128.and ${x} ${constant(0x7fff)}) (i32.const 13)) (f32x4.splat (f32.const 0x1p112)))
  (i32x4.shl (v128.and ${x} ${constant(0x8000)}) (i32.const 16)))`;

const WIDEN_EIGHT = `
    ${set("x", `(v128.load ${get("at")})`)}
    (v128.store ${get("out")} ${widened(`(i32x4.extend_low_i16x8_u ${get("x")})`)})
    (v128.store offset=16 ${get("out")} ${widened(`(i32x4.extend_high_i16x8_u ${get("x")})`)})
    ${advance("at", 16)} ${advance("out", 32)}`;

/** `bytes` bytes of float16, a multiple of 16, as float32. */
export const WIDEN = `
(func (export "widen") (param $at i32) (param $bytes i32) (param $out i32)
  (local $end i32) (local $x v128)
  ${set("end", `(i32.add ${get("at")} ${get("bytes")})`)}
  ${until("at", "end", WIDEN_EIGHT)})`;

/** The float16 rows in `slots`, as float32 side by side. */
export const GATHER = `
(func (export "gather") (param $table i32) (param $shift i32) (param $slots i32) (param $n i32) (param $width i32) (param $out i32)
  ${locals(["slot", "at", "end"], "i32")} (local $x v128)
  (loop $next
    ${set("slot", `(i32.load ${get("slots")})`)} ${advance("slots", 4)}
    ${set("at", rowOf(get("width")))} ${set("end", `(i32.add ${get("at")} ${get("width")})`)}
    ${until("at", "end", WIDEN_EIGHT)}
    (br_if $next (local.tee $n (i32.sub ${get("n")} (i32.const 1))))))`;

/** Four float32 at `at` as float16 in i32 lanes, rounded to the nearest, ties to even. A number that float16 holds as a subnormal one is
 * rounded by adding 0.5, whose last bit is worth as much as theirs; any other by adding just under half of what is cut off, and one more
 * where the bit that becomes the last is set.
 * @param {number} offset */
const narrowed = (offset) => `
    ${set("x", `(v128.load offset=${offset} ${get("at")})`)}
    ${set("size", `(v128.and ${get("x")} ${constant(0x7fffffff)})`)}
    ${set(
      "y",
      `(v128.bitselect
      (i32x4.sub (f32x4.add ${get("size")} (f32x4.splat (f32.const 0.5))) (f32x4.splat (f32.const 0.5)))
      (i32x4.shr_u
        (i32x4.add
          (i32x4.add ${get("size")} ${constant(0xc8000fff | 0)})
          (v128.and (i32x4.shr_u ${get("size")} (i32.const 13)) ${constant(1)}))
        (i32.const 13))
      (i32x4.lt_s ${get("size")} ${constant(0x38800000)}))`,
    )}
    ${set("y", `(v128.or ${get("y")} (v128.and (i32x4.shr_u ${get("x")} (i32.const 16)) ${constant(0x8000)}))`)}`;

/** `bytes` bytes of float32, a multiple of 32, as float16. */
export const NARROW = `
(func (export "narrow") (param $at i32) (param $bytes i32) (param $out i32)
  (local $end i32) ${locals(["x", "y", "low", "size"], "v128")}
  ${set("end", `(i32.add ${get("at")} ${get("bytes")})`)}
  ${until(
    "at",
    "end",
    `${narrowed(0)} ${set("low", get("y"))} ${narrowed(16)}
    (v128.store ${get("out")} (i16x8.narrow_i32x4_u ${get("low")} ${get("y")}))
    ${advance("at", 32)} ${advance("out", 16)}`,
  )})`;
