// Rows and queries in the forms the scans read.

import { EXACT_SUM, FOLD_EXACT, PAIRS, addLanes, advance, get, locals, set, until } from "./wat.mjs";

/**
 * Four floats of `at` as codes in i32 lanes.
 * @param {number} offset
 * @param {number} middle
 */
const coded = (offset, middle) =>
  `(i32x4.trunc_sat_f32x4_s (f32x4.add (f32x4.nearest (f32x4.mul (v128.load offset=${offset} ${get("at")}) ${get("times")})) (f32x4.splat (f32.const ${middle}))))`;
/**
 * Sixteen floats as bytes.
 * @param {number} middle
 * @param {"s" | "u"} sign
 */
const codedBytes = (middle, sign) =>
  `(i8x16.narrow_i16x8_${sign} (i16x8.narrow_i32x4_s ${coded(0, middle)} ${coded(16, middle)}) (i16x8.narrow_i32x4_s ${coded(32, middle)} ${coded(48, middle)}))`;
/** max|x| of the row, never so small that its inverse overflows. */
const LARGEST = `(f32.max (f32.const 0x1p-118) (call $max_abs ${get("row")} ${get("width")}))`;
/** Sixteen signs of x - mean as bits. */
const SIGN_BITS = `(i32.or
      (i32.or ${signs(0)} (i32.shl ${signs(16)} (i32.const 4)))
      (i32.or (i32.shl ${signs(32)} (i32.const 8)) (i32.shl ${signs(48)} (i32.const 12))))`;
/** @param {number} offset */
function signs(offset) {
  return `(i32x4.bitmask (f32x4.gt (v128.load offset=${offset} ${get("at")}) (v128.load offset=${offset} ${get("mu")})))`;
}

/**
 * `sum` + the squares of the lanes of `value`.
 * @param {string} sum
 * @param {string} value
 */
const addSquares = (sum, value) => `${set("x", value)} ${set(sum, `(f32x4.add ${get(sum)} (f32x4.mul ${get("x")} ${get("x")}))`)}`;
/** Four floats of `at` less what their codes say. @param {number} offset */
const lost = (offset) =>
  `(f32x4.sub (v128.load offset=${offset} ${get("at")}) (f32x4.mul (f32x4.nearest (f32x4.mul (v128.load offset=${offset} ${get("at")}) ${get("times")})) ${get("scale")}))`;

/** Writes the codes of n rows. |x|^2 and |x - what the codes say| are added up in f32, four lanes. */
export const ENCODE_CODES = `
(func (export "encode_codes") (param $row i32) (param $n i32) (param $stride i32) (param $out i32)
  ${locals(["at", "end", "width"], "i32")} ${locals(["times", "scale", "sum", "rest", "zero", "x"], "v128")} (local $most f32)
  ${set("width", `(i32.shl ${get("stride")} (i32.const 2))`)}
  (loop $next
    ${set("most", LARGEST)} ${set("times", `(f32x4.splat (f32.div (f32.const 63) ${get("most")}))`)} ${set("scale", `(f32x4.splat (f32.div ${get("most")} (f32.const 63)))`)}
    ${set("at", get("row"))} ${set("end", `(i32.add ${get("row")} ${get("width")})`)} ${set("sum", get("zero"))} ${set("rest", get("zero"))}
    ${until(
      "at",
      "end",
      `
      (v128.store ${get("out")} ${codedBytes(64, "u")})
      ${[0, 16, 32, 48].map((offset) => `${addSquares("sum", `(v128.load offset=${offset} ${get("at")})`)} ${addSquares("rest", lost(offset))}`).join(" ")}
      ${advance("at", 64)} ${advance("out", 16)}`,
    )}
    (f32.store ${get("out")} (f32x4.extract_lane 0 ${get("scale")}))
    (f32.store offset=4 ${get("out")} ${addLanes("f32x4", get("sum"))})
    (f32.store offset=8 ${get("out")} (f32.sqrt ${addLanes("f32x4", get("rest"))}))
    ${advance("out", 16)} ${set("row", get("end"))}
    (br_if $next (local.tee $n (i32.sub ${get("n")} (i32.const 1))))))`;

/** Writes the signs of n rows, \`bytes\` apart. */
export const ENCODE_SIGNS = `
(func (export "encode_signs") (param $row i32) (param $n i32) (param $stride i32) (param $mean i32) (param $out i32) (param $bytes i32)
  ${locals(["at", "end", "width", "mu", "to"], "i32")}
  ${set("width", `(i32.shl ${get("stride")} (i32.const 2))`)}
  (loop $next
    ${set("at", get("row"))} ${set("end", `(i32.add ${get("row")} ${get("width")})`)} ${set("mu", get("mean"))} ${set("to", get("out"))}
    ${until("at", "end", `(i32.store16 ${get("to")} ${SIGN_BITS}) ${advance("at", 64)} ${advance("mu", 64)} ${advance("to", 2)}`)}
    ${set("row", get("end"))} ${advance("out", get("bytes"))}
    (br_if $next (local.tee $n (i32.sub ${get("n")} (i32.const 1))))))`;

/** The query as signed bytes, round(127 q / max|q|), and behind them the i32 64 sum(q): what the middle of the codes adds. Gives its scale. */
export const ENCODE_QUERY = `
(func (export "encode_query") (param $row i32) (param $stride i32) (param $out i32) (result f32)
  ${locals(["at", "end", "width"], "i32")} ${locals(["times", "bytes", "sum"], "v128")} (local $most f32)
  ${set("width", `(i32.shl ${get("stride")} (i32.const 2))`)}
  ${set("most", LARGEST)} ${set("times", `(f32x4.splat (f32.div (f32.const 127) ${get("most")}))`)}
  ${set("at", get("row"))} ${set("end", `(i32.add ${get("row")} ${get("width")})`)}
  ${until(
    "at",
    "end",
    `
    ${set("bytes", codedBytes(0, "s"))} (v128.store ${get("out")} ${get("bytes")})
    ${set("sum", `(i32x4.add ${get("sum")} (i32x4.extadd_pairwise_i16x8_s (i16x8.extadd_pairwise_i8x16_s ${get("bytes")})))`)}
    ${advance("at", 64)} ${advance("out", 16)}`,
  )}
  (i32.store ${get("out")} (i32.shl ${addLanes("i32x4", get("sum"))} (i32.const 6)))
  (f32.div ${get("most")} (f32.const 127)))`;

/** A float64 query: gives its length, divides by it where \`unit\` says so, and writes it as float32. */
export const QUERY_ROWS = `
(func (export "query_rows") (param $query i32) (param $stride i32) (param $unit i32) (param $rows i32) (result f64)
  ${locals(["at", "end"], "i32")} ${locals(["d0", "d1", "d2", "d3", "x", "over"], "v128")} (local $length f64)
  ${set("end", `(i32.add ${get("query")} (i32.shl ${get("stride")} (i32.const 3)))`)} ${set("at", get("query"))}
  ${until("at", "end", `${PAIRS.map((pair) => `${set("x", `(v128.load offset=${pair * 16} ${get("at")})`)} ${set(`d${pair}`, `(f64x2.add ${get(`d${pair}`)} (f64x2.mul ${get("x")} ${get("x")}))`)}`).join(" ")} ${advance("at", 64)}`)}
  ${FOLD_EXACT}
  ${set("length", `(f64.sqrt ${EXACT_SUM})`)}
  ${set("over", `(f64x2.splat (select ${get("length")} (f64.const 1) (i32.and ${get("unit")} (f64.gt ${get("length")} (f64.const 0)))))`)}
  ${set("at", get("query"))}
  ${until(
    "at",
    "end",
    `${set("x", `(f64x2.div (v128.load ${get("at")}) ${get("over")})`)} (v128.store ${get("at")} ${get("x")})
    (v128.store64_lane 0 ${get("rows")} (f32x4.demote_f64x2_zero ${get("x")})) ${advance("at", 16)} ${advance("rows", 8)}`,
  )}
  ${get("length")})`;
