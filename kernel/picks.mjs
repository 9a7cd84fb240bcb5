// Scores of chosen rows.

import { CODES_LOCALS, CODES_PARAMS, CODES_SCORE, sumCodes } from "./codes.mjs";
import { EXACT_SUM, FOLD_EXACT, PAIRS, advance, get, locals, promoted, rowOf, set, until } from "./wat.mjs";

/** @param {boolean} relaxed */
export const pickCodes = (relaxed) => `
(func (export "pick_codes") (param $table i32) (param $shift i32) (param $slots i32) (param $n i32) ${CODES_PARAMS} (param $out i32)
  ${locals(["slot", "row", "at", "q", "end"], "i32")} ${CODES_LOCALS}
  ${set("end", `(i32.add ${get("query")} ${get("stride")})`)}
  (loop $next
    ${set("slot", `(i32.load ${get("slots")})`)} ${advance("slots", 4)}
    ${set("row", rowOf(`(i32.add ${get("stride")} (i32.const 16))`))}
    ${sumCodes(relaxed)}
    (f32.store ${get("out")} ${CODES_SCORE}) ${advance("out", 4)}
    (br_if $next (local.tee $n (i32.sub ${get("n")} (i32.const 1))))))`;

/**
 * Scores the rows in `slots` in float64; the query is float64 too.
 * @param {string} name
 * @param {(pair: number) => string} term
 */
const pickExact = (name, term) => `
(func (export "${name}") (param $table i32) (param $shift i32) (param $slots i32) (param $n i32) (param $stride i32) (param $query i32) (param $out i32)
  ${locals(["slot", "at", "q", "end", "width"], "i32")} ${locals(["d0", "d1", "d2", "d3", "zero", "gap"], "v128")}
  ${set("width", `(i32.shl ${get("stride")} (i32.const 2))`)}
  (loop $next
    ${set("slot", `(i32.load ${get("slots")})`)} ${advance("slots", 4)}
    ${set("at", rowOf(get("width")))} ${set("end", `(i32.add ${get("at")} ${get("width")})`)} ${set("q", get("query"))}
    ${PAIRS.map((pair) => set(`d${pair}`, get("zero"))).join(" ")}
    ${until("at", "end", `${PAIRS.map((pair) => term(pair)).join(" ")} ${advance("at", 32)} ${advance("q", 64)}`)}
    ${FOLD_EXACT}
    (f64.store ${get("out")} ${EXACT_SUM}) ${advance("out", 8)}
    (br_if $next (local.tee $n (i32.sub ${get("n")} (i32.const 1))))))`;

/** @param {number} pair */
const queryPair = (pair) => `(v128.load offset=${pair * 16} ${get("q")})`;
export const DOT_EXACT = pickExact("dot_exact", (pair) =>
  set(`d${pair}`, `(f64x2.add ${get(`d${pair}`)} (f64x2.mul ${promoted(pair)} ${queryPair(pair)}))`),
);
export const L2_EXACT = pickExact(
  "l2_exact",
  (pair) => `${set("gap", `(f64x2.sub ${promoted(pair)} ${queryPair(pair)})`)}
    ${set(`d${pair}`, `(f64x2.add ${get(`d${pair}`)} (f64x2.mul ${get("gap")} ${get("gap")}))`)}`,
);
