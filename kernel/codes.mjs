// What a row of codes scores: one row at `row`, the query at `query`.

import { addLanes, advance, get, locals, set, until } from "./wat.mjs";

/** Products of bytes, added up in i32: `q` signed, `x` from 0 to 127. Their pairs fit in 16 bits, so every engine gives the same.
 * @param {boolean} relaxed */
const byteProducts = (relaxed) => (/** @type {string} */ q, /** @type {string} */ x, /** @type {string} */ sum) =>
  relaxed
    ? `(i32x4.relaxed_dot_i8x16_i7x16_add_s ${q} ${x} ${sum})`
    : `(i32x4.add ${sum} (i32x4.add
         (i32x4.extadd_pairwise_i16x8_s (i16x8.extmul_low_i8x16_s ${q} ${x}))
         (i32x4.extadd_pairwise_i16x8_s (i16x8.extmul_high_i8x16_s ${q} ${x}))))`;

const SUMS = [0, 1, 2, 3];

/** The products of the codes at `row` with the query, into `sum0`: four sums, so that none waits for the one before, while there are 64
 * bytes left.
 * @param {boolean} relaxed
 */
export const sumCodes = (relaxed) => {
  const add = (/** @type {number} */ sum) =>
    set(
      `sum${sum}`,
      byteProducts(relaxed)(`(v128.load offset=${16 * sum} ${get("q")})`, `(v128.load offset=${16 * sum} ${get("at")})`, get(`sum${sum}`)),
    );
  return `
        ${set("q", get("query"))} ${set("at", get("row"))} ${SUMS.map((sum) => set(`sum${sum}`, get("zero"))).join(" ")}
        ${set("whole", `(i32.add ${get("q")} (i32.and ${get("stride")} (i32.const -64)))`)}
        (if (i32.lt_u ${get("q")} ${get("whole")}) (then
          (loop $four ${SUMS.map(add).join(" ")} ${advance("at", 64)} ${advance("q", 64)} (br_if $four (i32.lt_u ${get("q")} ${get("whole")})))))
        (if (i32.lt_u ${get("q")} ${get("end")}) (then ${until("q", "end", `${add(0)} ${advance("at", 16)} ${advance("q", 16)}`)}))
        ${set("sum0", `(i32x4.add (i32x4.add ${get("sum0")} ${get("sum1")}) (i32x4.add ${get("sum2")} ${get("sum3")}))`)}`;
};
export const CODES_LOCALS = `(local $whole i32) ${locals(["sum0", "sum1", "sum2", "sum3", "zero"], "v128")}`;

/** times scale (products - bias) + squares |x|^2. `at` is behind the codes, where the scale is; `end` is behind the query, where the bias is. */
export const CODES_SCORE = `(f32.add
          (f32.mul (f32.mul ${get("times")} (f32.load ${get("at")})) (f32.convert_i32_s (i32.sub ${addLanes("i32x4", get("sum0"))} (i32.load ${get("end")}))))
          (f32.mul ${get("squares")} (f32.load offset=4 ${get("at")})))`;

export const CODES_PARAMS = "(param $stride i32) (param $query i32) (param $times f32) (param $squares f32)";
