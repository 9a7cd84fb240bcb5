// Scans: every row, in order, one score each.

import { CODES_LOCALS, CODES_PARAMS, CODES_SCORE, sumCodes } from "./codes.mjs";
import { addLanes, advance, get, locals, set, until } from "./wat.mjs";

/** Runs `body` for each of `n` rows, `row` being the row's address, and stores the f32 that `score` gives at `out`.
 * `width` is the number of bytes from one row to the next.
 * @param {{ body: string, score: string, width: string }} parts */
function forEachRow({ body, score, width }) {
  return `
  ${set("rows", `(i32.shl (i32.const 1) ${get("shift")})`)}
  (block $done (loop $chunk
    (br_if $done (i32.eqz ${get("n")}))
    ${set("row", `(i32.load ${get("table")})`)}
    ${set("left", `(select ${get("rows")} ${get("n")} (i32.lt_u ${get("rows")} ${get("n")}))`)}
    ${set("n", `(i32.sub ${get("n")} ${get("left")})`)}
    (if (i32.eqz ${get("row")})
      (then (loop $absent
        (f32.store ${get("out")} (f32.const -inf)) ${advance("out", 4)}
        (br_if $absent (local.tee $left (i32.sub ${get("left")} (i32.const 1))))))
      (else (loop $next
        ${body}
        (f32.store ${get("out")} ${score}) ${advance("out", 4)} ${advance("row", width)}
        (br_if $next (local.tee $left (i32.sub ${get("left")} (i32.const 1)))))))
    ${advance("table", 4)}
    (br $chunk)))`;
}

const SCAN_LOCALS = locals(["rows", "left", "row", "at", "q", "end"], "i32");

/**
 * Scores f32 rows: two accumulators over one stream.
 * @param {string} name
 * @param {string} extra
 * @param {(x: string, q: string, sum: string) => string} term
 * @param {string} score
 */
export function scanF32(name, extra, term, score) {
  const step = (/** @type {number} */ offset, /** @type {string} */ sum) =>
    set(sum, term(`(v128.load offset=${offset} ${get("at")})`, `(v128.load offset=${offset} ${get("q")})`, get(sum)));
  return `
(func (export "${name}") (param $table i32) (param $shift i32) (param $n i32) (param $stride i32) (param $query i32) ${extra} (param $out i32)
  ${SCAN_LOCALS} ${locals(["sum0", "sum1", "zero", "times", "difference"], "v128")} (local $width i32)
  ${set("width", `(i32.shl ${get("stride")} (i32.const 2))`)}
  ${set("end", `(i32.add ${get("query")} ${get("width")})`)}
  ${extra ? set("times", `(f32x4.splat ${get("scale")})`) : ""}
  ${forEachRow({
    width: get("width"),
    body: `${set("q", get("query"))} ${set("at", get("row"))} ${set("sum0", get("zero"))} ${set("sum1", get("zero"))}
        ${until("q", "end", `${step(0, "sum0")} ${step(16, "sum1")} ${advance("at", 32)} ${advance("q", 32)}`)}
        ${set("sum0", `(f32x4.add ${get("sum0")} ${get("sum1")})`)}`,
    score: score.replace("$SUM", addLanes("f32x4", get("sum0"))),
  })})`;
}
/**
 * @param {string} name
 * @param {string} extra
 * @param {string} score
 */
const scanOfCodes = (name, extra, score) => (/** @type {boolean} */ relaxed) =>
  `
(func (export "${name}") (param $table i32) (param $shift i32) (param $n i32) ${CODES_PARAMS} ${extra} (param $out i32)
  ${SCAN_LOCALS} ${CODES_LOCALS}
  ${set("end", `(i32.add ${get("query")} ${get("stride")})`)}
  ${forEachRow({ width: `(i32.add ${get("stride")} (i32.const 16))`, body: sumCodes(relaxed), score })})`;
export const scanCodes = scanOfCodes("scan_codes", "", CODES_SCORE);
/** The most that a row may score, however its codes were rounded: `rest` x |x - what the codes say| + `length` x |x| more than they do. */
export const scanBounds = scanOfCodes(
  "scan_bounds",
  "(param $rest f32) (param $length f32)",
  `(f32.add ${CODES_SCORE} (f32.add
          (f32.mul ${get("rest")} (f32.load offset=8 ${get("at")}))
          (f32.mul ${get("length")} (f32.sqrt (f32.load offset=4 ${get("at")})))))`,
);

/** Four queries against two rows at a time, so each load is used several times: out[query][row], `pitch` floats from one query to the
 * next. The number of queries is a multiple of 4; rows of an odd chunk end with a row scored twice. */
export function scanBatch() {
  const four = [0, 1, 2, 3];
  const sums = four.flatMap((k) => [`a${k}`, `b${k}`]);
  const step = (/** @type {number} */ offset) => `
          ${set("x", `(v128.load offset=${offset} ${get("at")})`)} ${set("y", `(v128.load offset=${offset} (i32.add ${get("at")} ${get("second")}))`)}
          ${four
            .map(
              (k) => `${set("t", `(v128.load offset=${offset} ${get(`q${k}`)})`)}
          ${set(`a${k}`, `(f32x4.add (f32x4.mul ${get("x")} ${get("t")}) ${get(`a${k}`)})`)} ${set(`b${k}`, `(f32x4.add (f32x4.mul ${get("y")} ${get("t")}) ${get(`b${k}`)})`)}`,
            )
            .join("\n")}`;
  return `
(func (export "scan_batch") (param $table i32) (param $shift i32) (param $n i32) (param $stride i32) (param $queries i32) (param $count i32) (param $pitch i32) (param $out i32)
  ${locals(["rows", "left", "row", "at", "end", "width", "second", "k", "to", "q0", "q1", "q2", "q3"], "i32")} ${locals(["x", "y", "t", "zero", ...sums], "v128")}
  ${set("rows", `(i32.shl (i32.const 1) ${get("shift")})`)}
  ${set("width", `(i32.shl ${get("stride")} (i32.const 2))`)}
  ${set("pitch", `(i32.shl ${get("pitch")} (i32.const 2))`)}
  (block $done (loop $chunk
    (br_if $done (i32.eqz ${get("n")}))
    ${set("row", `(i32.load ${get("table")})`)} ${advance("table", 4)}
    ${set("left", `(select ${get("rows")} ${get("n")} (i32.lt_u ${get("rows")} ${get("n")}))`)}
    ${set("n", `(i32.sub ${get("n")} ${get("left")})`)}
    (loop $pair
      ${set("second", `(select ${get("width")} (i32.const 0) (i32.and (i32.ge_u ${get("left")} (i32.const 2)) (i32.ne ${get("row")} (i32.const 0))))`)}
      ${set("k", "(i32.const 0)")} ${set("to", get("out"))} ${set("q0", get("queries"))}
      (loop $quad
        ${[1, 2, 3].map((k) => set(`q${k}`, `(i32.add ${get(`q${k - 1}`)} ${get("width")})`)).join(" ")}
        (if ${get("row")}
          (then
            ${set("at", get("row"))} ${set("end", `(i32.add ${get("row")} ${get("width")})`)}
            ${sums.map((sum) => set(sum, get("zero"))).join(" ")}
            ${until("at", "end", `${step(0)} ${step(16)} ${advance("at", 32)} ${four.map((k) => advance(`q${k}`, 32)).join(" ")}`)})
          (else
            ${sums.map((sum) => set(sum, "(f32x4.splat (f32.const -inf))")).join(" ")}
            ${four.map((k) => advance(`q${k}`, get("width"))).join(" ")}))
        ${four
          .map(
            (k) => `(if (i32.ge_u ${get("left")} (i32.const 2)) (then (f32.store offset=4 ${get("to")} ${addLanes("f32x4", get(`b${k}`))})))
        (f32.store ${get("to")} ${addLanes("f32x4", get(`a${k}`))}) ${advance("to", get("pitch"))}`,
          )
          .join("\n        ")}
        ${set("q0", get("q3"))}
        (br_if $quad (i32.lt_u (local.tee $k (i32.add ${get("k")} (i32.const 4))) ${get("count")})))
      (if (i32.lt_u ${get("left")} (i32.const 2))
        (then ${advance("out", 4)} ${set("left", "(i32.const 0)")})
        (else ${advance("out", 8)} ${set("left", `(i32.sub ${get("left")} (i32.const 2))`)}
          (if ${get("row")} (then ${advance("row", `(i32.shl ${get("width")} (i32.const 1))`)}))))
      (br_if $pair ${get("left")}))
    (br $chunk))))`;
}
