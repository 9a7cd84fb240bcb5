// Choosing among scores.

import { advance, get, item, locals, set } from "./wat.mjs";

export const MASK = `
(func (export "mask") (param $scores i32) (param $keep i32) (param $n i32)
  (loop $next
    (if (i32.eqz (i32.load8_u ${get("keep")})) (then (f32.store ${get("scores")} (f32.const -inf))))
    ${advance("scores", 4)} ${advance("keep", 1)}
    (br_if $next (local.tee $n (i32.sub ${get("n")} (i32.const 1))))))`;

/** Whether the 16 scores from `at` on have one that `compare` (gt, ge) finds over `bar`. @param {string} compare */
function anyOfSixteen(compare) {
  const four = (/** @type {number} */ offset) => `(f32x4.${compare} (v128.load offset=${offset} ${get("at")}) (f32x4.splat ${get("bar")}))`;
  return `(v128.any_true (v128.or (v128.or ${four(0)} ${four(16)}) (v128.or ${four(32)} ${four(48)})))`;
}

/** Passes over the scores, 16 at a time where none of them passes the bar, and runs `take` for each one that does: score `v`, slot `i`.
 * @param {string} compare
 * @param {string} take
 */
const overBar = (compare, take) => `
  (block $done (loop $main
    (br_if $done (i32.ge_u ${get("i")} ${get("n")}))
    (if (i32.le_u (i32.add ${get("i")} (i32.const 16)) ${get("n")}) (then
      (if (i32.eqz ${anyOfSixteen(compare)}) (then ${advance("i", 16)} ${advance("at", 64)} (br $main)))))
    ${set("stop", `(i32.add ${get("i")} (i32.const 16))`)}
    ${set("stop", `(select ${get("stop")} ${get("n")} (i32.lt_u ${get("stop")} ${get("n")}))`)}
    (loop $one
      ${set("v", `(f32.load ${get("at")})`)}
      (if (f32.${compare} ${get("v")} ${get("bar")}) (then ${take}))
      ${advance("at", 4)}
      (br_if $one (i32.lt_u (local.tee $i (i32.add ${get("i")} (i32.const 1))) ${get("stop")})))
    (br $main)))`;

/** Whether heap entry (va, ia) is worse than (vb, ib): a lower score, or the same score in a later slot.
 * @param {string} va
 * @param {string} ia
 * @param {string} vb
 * @param {string} ib
 */
const worse = (va, ia, vb, ib) => `(i32.or (f32.lt ${va} ${vb}) (i32.and (f32.eq ${va} ${vb}) (i32.gt_u ${ia} ${ib})))`;
const valueAt = (/** @type {string} */ index) => `(f32.load ${item("values", index)})`;
const slotAt = (/** @type {string} */ index) => `(i32.load ${item("slots", index)})`;
const put = (/** @type {string} */ index, /** @type {string} */ value, /** @type {string} */ slot) =>
  `(f32.store ${item("values", index)} ${value}) (i32.store ${item("slots", index)} ${slot})`;

/** The best k in `slots` and `values`, in no order; gives how many there are. A heap whose root is the worst one kept; of equal scores the
 * earlier slot is better. -infinity is never taken. */
export const TOP = `
(func (export "top") (param $scores i32) (param $n i32) (param $k i32) (param $slots i32) (param $values i32) (result i32)
  ${locals(["i", "at", "stop", "size", "p", "c"], "i32")} ${locals(["v", "bar"], "f32")}
  ${set("at", get("scores"))} ${set("bar", "(f32.const -inf)")}
  ${overBar(
    "gt",
    `
    (if (i32.lt_u ${get("size")} ${get("k")})
      (then
        ${set("p", get("size"))} ${advance("size", 1)}
        (block $placed (loop $up
          (br_if $placed (i32.eqz ${get("p")}))
          ${set("c", `(i32.shr_u (i32.sub ${get("p")} (i32.const 1)) (i32.const 1))`)}
          (br_if $placed (i32.eqz ${worse(get("v"), get("i"), valueAt(get("c")), slotAt(get("c")))}))
          ${put(get("p"), valueAt(get("c")), slotAt(get("c")))}
          ${set("p", get("c"))} (br $up)))
        ${put(get("p"), get("v"), get("i"))})
      (else
        ${set("p", "(i32.const 0)")}
        (block $placed (loop $down
          ${set("c", `(i32.add (i32.shl ${get("p")} (i32.const 1)) (i32.const 1))`)}
          (br_if $placed (i32.ge_u ${get("c")} ${get("k")}))
          (if (i32.lt_u (i32.add ${get("c")} (i32.const 1)) ${get("k")}) (then
            (if ${worse(valueAt(`(i32.add ${get("c")} (i32.const 1))`), slotAt(`(i32.add ${get("c")} (i32.const 1))`), valueAt(get("c")), slotAt(get("c")))}
              (then ${advance("c", 1)}))))
          (br_if $placed (i32.eqz ${worse(valueAt(get("c")), slotAt(get("c")), get("v"), get("i"))}))
          ${put(get("p"), valueAt(get("c")), slotAt(get("c")))}
          ${set("p", get("c"))} (br $down)))
        ${put(get("p"), get("v"), get("i"))}))
    (if (i32.eq ${get("size")} ${get("k")}) (then ${set("bar", `(f32.load ${get("values")})`)}))`,
  )}
  ${get("size")})`;

/** Every slot that scores at least `bar`, in order; gives how many there are. */
export const ABOVE = `
(func (export "above") (param $scores i32) (param $n i32) (param $bar f32) (param $slots i32) (result i32)
  ${locals(["i", "at", "stop", "first"], "i32")} (local $v f32)
  ${set("at", get("scores"))} ${set("first", get("slots"))}
  ${overBar("ge", `(i32.store ${get("slots")} ${get("i")}) ${advance("slots", 4)}`)}
  (i32.shr_u (i32.sub ${get("slots")} ${get("first")}) (i32.const 2)))`;
