// What a row of codes scores: one row at `row`, the query at `query`.

import { addLanes, advance, get, set, until } from "./wat.mjs";

/** Products of bytes, added up in i32: `q` signed, `x` from 0 to 127. Their pairs fit in 16 bits, so every engine gives the same.
 * @param {boolean} relaxed */
const byteProducts = (relaxed) => (/** @type {string} */ q, /** @type {string} */ x, /** @type {string} */ sum) =>
  relaxed
    ? `(i32x4.relaxed_dot_i8x16_i7x16_add_s ${q} ${x} ${sum})`
    : `(i32x4.add ${sum} (i32x4.add
         (i32x4.extadd_pairwise_i16x8_s (i16x8.extmul_low_i8x16_s ${q} ${x}))
         (i32x4.extadd_pairwise_i16x8_s (i16x8.extmul_high_i8x16_s ${q} ${x}))))`;

/** The products of the codes at `row` with the query, into `sum0`. @param {boolean} relaxed */
export const sumCodes = (relaxed) => `
        ${set("q", get("query"))} ${set("at", get("row"))} ${set("sum0", get("zero"))}
        ${until("q", "end", `${set("sum0", byteProducts(relaxed)(`(v128.load ${get("q")})`, `(v128.load ${get("at")})`, get("sum0")))} ${advance("at", 16)} ${advance("q", 16)}`)}`;

/** times scale (products - bias) + squares |x|^2. `at` is behind the codes, where the scale is; `end` is behind the query, where the bias is. */
export const CODES_SCORE = `(f32.add
          (f32.mul (f32.mul ${get("times")} (f32.load ${get("at")})) (f32.convert_i32_s (i32.sub ${addLanes("i32x4", get("sum0"))} (i32.load ${get("end")}))))
          (f32.mul ${get("squares")} (f32.load offset=4 ${get("at")})))`;

export const CODES_PARAMS = "(param $stride i32) (param $query i32) (param $times f32) (param $squares f32)";
