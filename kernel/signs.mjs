// The rows whose signs differ least from the query's, found in one pass that writes nothing about the others.

import { advance, get, item, locals, set, until } from "./wat.mjs";

const FOUR = [0, 1, 2, 3];
const each = (/** @type {(row: number) => string} */ write) => FOUR.map(write).join(" ");

/**
 * The lanes of two vectors, added up in pairs.
 * @param {string} a
 * @param {string} b
 */
const addPairs = (a, b) => `(i32x4.add
        (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 ${a} ${b})
        (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31 ${a} ${b}))`;

/** How many signs of the four rows from `row` on differ, into the lanes of `gap`. A byte holds at most 31 popcounts of 8, hence the runs of
 * 31 blocks. */
const COUNT_FOUR = `
      ${set("q", get("query"))} ${set("a0", get("row"))}
      ${[1, 2, 3].map((row) => set(`a${row}`, `(i32.add ${get(`a${row - 1}`)} ${get("width")})`)).join(" ")}
      ${each((row) => set(`s${row}`, get("zero")))}
      (loop $runs
        ${set("run", `(i32.add ${get("q")} (i32.const 496))`)}
        ${set("run", `(select ${get("run")} ${get("end")} (i32.lt_u ${get("run")} ${get("end")}))`)}
        ${each((row) => set(`b${row}`, get("zero")))}
        ${until(
          "q",
          "run",
          `
          ${set("x", `(v128.load ${get("q")})`)}
          ${each((row) => set(`b${row}`, `(i8x16.add ${get(`b${row}`)} (i8x16.popcnt (v128.xor ${get("x")} (v128.load ${get(`a${row}`)}))))`))}
          ${each((row) => advance(`a${row}`, 16))} ${advance("q", 16)}`,
        )}
        ${each((row) => set(`s${row}`, `(i32x4.add ${get(`s${row}`)} (i32x4.extadd_pairwise_i16x8_u (i16x8.extadd_pairwise_i8x16_u ${get(`b${row}`)})))`))}
        (br_if $runs (i32.lt_u ${get("q")} ${get("end")})))
      ${set("gap", addPairs(addPairs(get("s0"), get("s1")), addPairs(get("s2"), get("s3"))))}`;

/** Slots of the rows whose signs differ in no more places than those of the `most`-th best, nor in more than `dim` tells of the k-th best:
 * where d of dim signs differ by chance, 6 standard deviations, 6 sqrt(d (1 - d / dim)), more. In order; gives how many there are. `keep`: a
 * byte a slot, or 0 for all of them. `counts`: `width` x 8 + 1 i32 of zeros. `slots` and `gaps`: room for n + 4 i32.
 *
 * How it works. `bar` is the `most`-th best so far: what is beyond it is passed over, four rows at a time. What is not is noted and counted
 * by its difference, and the bar sinks when those under it are enough. A chunk holds a multiple of four rows, so the last four of a chunk
 * that is not full may be read too. */
export const NEAR_SIGNS = `
(func (export "near_signs") (param $table i32) (param $shift i32) (param $n i32) (param $width i32) (param $query i32) (param $keep i32) (param $k i32) (param $most i32) (param $dim i32) (param $counts i32) (param $slots i32) (param $gaps i32) (result i32)
  ${locals(["row", "end", "stop", "slot", "q", "run", "a0", "a1", "a2", "a3", "bar", "seen", "found", "at", "last", "d", "level"], "i32")}
  (local $share f64) ${locals(["x", "b0", "b1", "b2", "b3", "s0", "s1", "s2", "s3", "gap", "zero"], "v128")}
  ${set("end", `(i32.add ${get("query")} ${get("width")})`)}
  ${set("bar", `(i32.shl ${get("width")} (i32.const 3))`)}
  (block $done (loop $chunk
    (br_if $done (i32.ge_u ${get("slot")} ${get("n")}))
    ${set("row", `(i32.load ${get("table")})`)} ${advance("table", 4)}
    ${set("stop", `(i32.add ${get("slot")} (i32.shl (i32.const 1) ${get("shift")}))`)}
    ${set("stop", `(select ${get("stop")} ${get("n")} (i32.lt_u ${get("stop")} ${get("n")}))`)}
    (if (i32.eqz ${get("row")}) (then ${set("slot", get("stop"))} (br $chunk)))
    (loop $next
      ${COUNT_FOUR}
      (if (v128.any_true (i32x4.le_s ${get("gap")} (i32x4.splat ${get("bar")}))) (then
        ;; Noted from where they are read: what is written is never ahead.
        ${set("at", item("gaps", get("found")))} (v128.store ${get("at")} ${get("gap")})
        ${set("last", `(i32.add ${get("slot")} (i32.const 4))`)}
        ${set("last", `(select ${get("last")} ${get("stop")} (i32.lt_u ${get("last")} ${get("stop")}))`)}
        ${set("q", get("slot"))}
        ${until(
          "q",
          "last",
          `
          ${set("d", `(i32.load ${get("at")})`)} ${advance("at", 4)}
          (if (i32.le_s ${get("d")} ${get("bar")}) (then
            (if (if (result i32) ${get("keep")} (then (i32.load8_u (i32.add ${get("keep")} ${get("q")}))) (else (i32.const 1))) (then
              (i32.store ${item("slots", get("found"))} ${get("q")}) (i32.store ${item("gaps", get("found"))} ${get("d")})
              ${advance("found", 1)} ${advance("seen", 1)}
              ${set("level", item("counts", get("d")))}
              (i32.store ${get("level")} (i32.add (i32.load ${get("level")}) (i32.const 1)))
              (block $low (loop $sink
                ${set("level", `(i32.load ${item("counts", get("bar"))})`)}
                (br_if $low (i32.lt_u (i32.sub ${get("seen")} ${get("level")}) ${get("most")}))
                ${set("seen", `(i32.sub ${get("seen")} ${get("level")})`)} ${advance("bar", -1)}
                (br $sink)))))))
          ${advance("q", 1)}`,
        )}))
      ${advance("row", `(i32.shl ${get("width")} (i32.const 2))`)}
      (br_if $next (i32.lt_u (local.tee $slot (i32.add ${get("slot")} (i32.const 4))) ${get("stop")})))
    ${set("slot", get("stop"))}
    (br $chunk)))
  ;; The k-th best, and what may be better than it by its numbers.
  ${set("d", "(i32.const 0)")} ${set("seen", "(i32.const 0)")}
  (block $kth (loop $up
    ${set("seen", `(i32.add ${get("seen")} (i32.load ${item("counts", get("d"))}))`)}
    (br_if $kth (i32.or (i32.ge_u ${get("seen")} ${get("k")}) (i32.ge_s ${get("d")} ${get("bar")})))
    ${advance("d", 1)} (br $up)))
  ${set("share", `(f64.div (f64.convert_i32_s ${get("d")}) (f64.convert_i32_s ${get("dim")}))`)}
  ${set(
    "d",
    `(i32.add ${get("d")} (i32.trunc_f64_s (f64.mul (f64.const 6) (f64.sqrt (f64.max (f64.const 1)
    (f64.mul (f64.convert_i32_s ${get("d")}) (f64.sub (f64.const 1) ${get("share")})))))))`,
  )}
  ${set("bar", `(select ${get("d")} ${get("bar")} (i32.lt_s ${get("d")} ${get("bar")}))`)}
  ;; Those that were under the bar when they came, and still are.
  ${set("at", get("slots"))} ${set("stop", item("slots", get("found")))} ${set("last", get("slots"))}
  (block $none (br_if $none (i32.eqz ${get("found")}))
    ${until(
      "at",
      "stop",
      `
      (i32.store ${get("last")} (i32.load ${get("at")}))
      ${set("last", `(i32.add ${get("last")} (i32.shl (i32.le_s (i32.load ${get("gaps")}) ${get("bar")}) (i32.const 2)))`)}
      ${advance("at", 4)} ${advance("gaps", 4)}`,
    )})
  (i32.shr_u (i32.sub ${get("last")} ${get("slots")}) (i32.const 2)))`;
