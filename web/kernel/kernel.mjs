// The vector kernel: WebAssembly that scans vectors where the Python interpreter already keeps them.
//
// How it works. The module imports the interpreter's memory, so nothing is copied: every argument named after a
// thing is its address. Rows live in chunks of 2^shift rows; `table` is a list of the chunks' addresses, 0 for a
// chunk that is not in memory, whose rows score -infinity. A row comes as
//   f32    `stride` floats, a multiple of 16, padded with zeros
//   codes  `stride` bytes, each 64 + round(63 x / max|x|), then f32 scale = max|x| / 63, f32 |x|^2, 8 bytes unused
//   signs  one bit per dimension, x > mean, padded with zeros to 16 bytes
// A scan reads memory once, in order, one row at a time, with two accumulators: several rows at once halve the
// bandwidth, and bandwidth is the limit. What decides the order of the results is added up in float64, always in the
// order of eight lanes (`dot_exact`, `l2_exact`), which numpy reproduces bit by bit.
//
// Printed as WAT by `kernelText({ relaxed })`. Relaxed SIMD gives one instruction for products of bytes; where it is
// missing, the plain text is used.

/** @param {string} name */
const get = (name) => `(local.get $${name})`;
/** @param {string} name @param {string} value */
const set = (name, value) => `(local.set $${name} ${value})`;
/** @param {string} name @param {number | string} by */
const advance = (name, by) => set(name, `(i32.add ${get(name)} ${typeof by === "number" ? `(i32.const ${by})` : by})`);
/** @param {string[]} names @param {string} type */
const locals = (names, type) => names.map((name) => `(local $${name} ${type})`).join(" ");
/** Address of the i-th 4-byte item. @param {string} base @param {string} index */
const item = (base, index) => `(i32.add ${get(base)} (i32.shl ${index} (i32.const 2)))`;

/** @param {"f32x4" | "i32x4"} shape @param {string} vector */
function addLanes(shape, vector) {
  const add = `${shape.slice(0, 3)}.add`;
  const lane = (/** @type {number} */ index) => `(${shape}.extract_lane ${index} ${vector})`;
  return `(${add} (${add} ${lane(0)} ${lane(1)}) (${add} ${lane(2)} ${lane(3)}))`;
}

/** Repeats `body`, which advances `end`'s counter, until the address in `counter` reaches `end`.
 * @param {string} counter @param {string} end @param {string} body */
const until = (counter, end, body) => `(loop $${counter} ${body} (br_if $${counter} (i32.lt_u ${get(counter)} ${get(end)})))`;

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

/** Scores f32 rows: two accumulators over one stream. @param {string} name @param {string} extra @param {(x: string, q: string, sum: string) => string} term @param {string} score */
function scanF32(name, extra, term, score) {
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

/** Products of bytes, added up in i32: `q` signed, `x` from 0 to 127. Their pairs fit in 16 bits, so every engine gives the same.
 * @param {boolean} relaxed */
const byteProducts = (relaxed) => (/** @type {string} */ q, /** @type {string} */ x, /** @type {string} */ sum) =>
  relaxed
    ? `(i32x4.relaxed_dot_i8x16_i7x16_add_s ${q} ${x} ${sum})`
    : `(i32x4.add ${sum} (i32x4.add
         (i32x4.extadd_pairwise_i16x8_s (i16x8.extmul_low_i8x16_s ${q} ${x}))
         (i32x4.extadd_pairwise_i16x8_s (i16x8.extmul_high_i8x16_s ${q} ${x}))))`;

/** The products of the codes at `row` with the query, into `sum0`. @param {boolean} relaxed */
const sumCodes = (relaxed) => `
        ${set("q", get("query"))} ${set("at", get("row"))} ${set("sum0", get("zero"))}
        ${until("q", "end", `${set("sum0", byteProducts(relaxed)(`(v128.load ${get("q")})`, `(v128.load ${get("at")})`, get("sum0")))} ${advance("at", 16)} ${advance("q", 16)}`)}`;

/** times scale (products - bias) + squares |x|^2. `at` is behind the codes, where the scale is; `end` is behind the query, where the bias is. */
const CODES_SCORE = `(f32.add
          (f32.mul (f32.mul ${get("times")} (f32.load ${get("at")})) (f32.convert_i32_s (i32.sub ${addLanes("i32x4", get("sum0"))} (i32.load ${get("end")}))))
          (f32.mul ${get("squares")} (f32.load offset=4 ${get("at")})))`;

const CODES_PARAMS = "(param $stride i32) (param $query i32) (param $times f32) (param $squares f32)";

/** @param {boolean} relaxed */
const scanCodes = (relaxed) => `
(func (export "scan_codes") (param $table i32) (param $shift i32) (param $n i32) ${CODES_PARAMS} (param $out i32)
  ${SCAN_LOCALS} ${locals(["sum0", "zero"], "v128")}
  ${set("end", `(i32.add ${get("query")} ${get("stride")})`)}
  ${forEachRow({ width: `(i32.add ${get("stride")} (i32.const 16))`, body: sumCodes(relaxed), score: CODES_SCORE })})`;

/** Minus the number of signs that differ. A byte of the sums holds at most 31 popcounts of 8, hence the runs of 31 blocks. */
const SCAN_SIGNS = `
(func (export "scan_signs") (param $table i32) (param $shift i32) (param $n i32) (param $width i32) (param $query i32) (param $out i32)
  ${SCAN_LOCALS} (local $run i32) ${locals(["bytes", "sum0", "zero"], "v128")}
  ${set("end", `(i32.add ${get("query")} ${get("width")})`)}
  ${forEachRow({
    width: get("width"),
    body: `${set("q", get("query"))} ${set("at", get("row"))} ${set("sum0", get("zero"))}
        (loop $runs
          ${set("run", `(i32.add ${get("q")} (i32.const 496))`)}
          ${set("run", `(select ${get("run")} ${get("end")} (i32.lt_u ${get("run")} ${get("end")}))`)}
          ${set("bytes", get("zero"))}
          ${until("q", "run", `${set("bytes", `(i8x16.add ${get("bytes")} (i8x16.popcnt (v128.xor (v128.load ${get("q")}) (v128.load ${get("at")}))))`)} ${advance("at", 16)} ${advance("q", 16)}`)}
          ${set("sum0", `(i32x4.add ${get("sum0")} (i32x4.extadd_pairwise_i16x8_u (i16x8.extadd_pairwise_i8x16_u ${get("bytes")})))`)}
          (br_if $runs (i32.lt_u ${get("q")} ${get("end")})))`,
    score: `(f32.neg (f32.convert_i32_s ${addLanes("i32x4", get("sum0"))}))`,
  })})`;

/** Four queries against two rows at a time, so each load is used several times: out[query][row], `pitch` floats from one query to the
 * next. The number of queries is a multiple of 4; rows of an odd chunk end with a row scored twice. */
function scanBatch() {
  const four = [0, 1, 2, 3];
  const sums = four.flatMap((k) => [`a${k}`, `b${k}`]);
  const step = (/** @type {number} */ offset) => `
          ${set("x", `(v128.load offset=${offset} ${get("at")})`)} ${set("y", `(v128.load offset=${offset} (i32.add ${get("at")} ${get("second")}))`)}
          ${four
            .map((k) => `${set("t", `(v128.load offset=${offset} ${get(`q${k}`)})`)}
          ${set(`a${k}`, `(f32x4.add (f32x4.mul ${get("x")} ${get("t")}) ${get(`a${k}`)})`)} ${set(`b${k}`, `(f32x4.add (f32x4.mul ${get("y")} ${get("t")}) ${get(`b${k}`)})`)}`)
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

/** The address of the row in slot `slot`. @param {string} width */
const rowOf = (width) => `(i32.add
      (i32.load ${item("table", `(i32.shr_u ${get("slot")} ${get("shift")})`)})
      (i32.mul ${width} (i32.and ${get("slot")} (i32.sub (i32.shl (i32.const 1) ${get("shift")}) (i32.const 1)))))`;

/** @param {boolean} relaxed */
const pickCodes = (relaxed) => `
(func (export "pick_codes") (param $table i32) (param $shift i32) (param $slots i32) (param $n i32) ${CODES_PARAMS} (param $out i32)
  ${locals(["slot", "row", "at", "q", "end"], "i32")} ${locals(["sum0", "zero"], "v128")}
  ${set("end", `(i32.add ${get("query")} ${get("stride")})`)}
  (loop $next
    ${set("slot", `(i32.load ${get("slots")})`)} ${advance("slots", 4)}
    ${set("row", rowOf(`(i32.add ${get("stride")} (i32.const 16))`))}
    ${sumCodes(relaxed)}
    (f32.store ${get("out")} ${CODES_SCORE}) ${advance("out", 4)}
    (br_if $next (local.tee $n (i32.sub ${get("n")} (i32.const 1))))))`;

const PAIRS = [0, 1, 2, 3];
/** Two neighbouring floats of `at` as float64. @param {number} pair */
const promoted = (pair) => `(f64x2.promote_low_f32x4 (v128.load64_zero offset=${pair * 8} ${get("at")}))`;
/** Eight lanes become one sum. */
const EXACT_SUM = `(f64.add (f64x2.extract_lane 0 ${get("d0")}) (f64x2.extract_lane 1 ${get("d0")}))`;
const FOLD_EXACT = set("d0", `(f64x2.add (f64x2.add ${get("d0")} ${get("d1")}) (f64x2.add ${get("d2")} ${get("d3")}))`);

/** Scores the rows in `slots` in float64; the query is float64 too. @param {string} name @param {(pair: number) => string} term */
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
const DOT_EXACT = pickExact("dot_exact", (pair) =>
  set(`d${pair}`, `(f64x2.add ${get(`d${pair}`)} (f64x2.mul ${promoted(pair)} ${queryPair(pair)}))`));
const L2_EXACT = pickExact("l2_exact", (pair) => `${set("gap", `(f64x2.sub ${promoted(pair)} ${queryPair(pair)})`)}
    ${set(`d${pair}`, `(f64x2.add ${get(`d${pair}`)} (f64x2.mul ${get("gap")} ${get("gap")}))`)}`);

const MASK = `
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
 * @param {string} compare @param {string} take */
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
 * @param {string} va @param {string} ia @param {string} vb @param {string} ib */
const worse = (va, ia, vb, ib) => `(i32.or (f32.lt ${va} ${vb}) (i32.and (f32.eq ${va} ${vb}) (i32.gt_u ${ia} ${ib})))`;
const valueAt = (/** @type {string} */ index) => `(f32.load ${item("values", index)})`;
const slotAt = (/** @type {string} */ index) => `(i32.load ${item("slots", index)})`;
const put = (/** @type {string} */ index, /** @type {string} */ value, /** @type {string} */ slot) =>
  `(f32.store ${item("values", index)} ${value}) (i32.store ${item("slots", index)} ${slot})`;

/** The best k in `slots` and `values`, in no order; gives how many there are. A heap whose root is the worst one kept; of equal scores the
 * earlier slot is better. -infinity is never taken. */
const TOP = `
(func (export "top") (param $scores i32) (param $n i32) (param $k i32) (param $slots i32) (param $values i32) (result i32)
  ${locals(["i", "at", "stop", "size", "p", "c"], "i32")} ${locals(["v", "bar"], "f32")}
  ${set("at", get("scores"))} ${set("bar", "(f32.const -inf)")}
  ${overBar("gt", `
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
    (if (i32.eq ${get("size")} ${get("k")}) (then ${set("bar", `(f32.load ${get("values")})`)}))`)}
  ${get("size")})`;

/** The k-th best of scores that are whole and at most 0, by counting them in \`counts\`, \`levels\` i32 of zeros; -infinity does not count.
 * The least score possible where there are fewer than k. */
const BAR = `
(func (export "bar") (param $scores i32) (param $n i32) (param $k i32) (param $counts i32) (param $levels i32) (result f32)
  ${locals(["at", "end", "level", "seen"], "i32")} (local $v f32)
  ${set("at", get("scores"))} ${set("end", `(i32.add ${get("scores")} (i32.shl ${get("n")} (i32.const 2)))`)}
  ${until("at", "end", `
    ${set("v", `(f32.load ${get("at")})`)}
    (if (f32.gt ${get("v")} (f32.const -inf)) (then
      ${set("level", item("counts", `(i32.trunc_f32_s (f32.neg ${get("v")}))`))}
      (i32.store ${get("level")} (i32.add (i32.load ${get("level")}) (i32.const 1)))))
    ${advance("at", 4)}`)}
  ${set("level", "(i32.const 0)")}
  (block $found (loop $walk
    ${set("seen", `(i32.add ${get("seen")} (i32.load ${item("counts", get("level"))}))`)}
    (br_if $found (i32.ge_u ${get("seen")} ${get("k")}))
    (br_if $walk (i32.lt_u (local.tee $level (i32.add ${get("level")} (i32.const 1))) (i32.sub ${get("levels")} (i32.const 1))))))
  (f32.neg (f32.convert_i32_s ${get("level")})))`;

/** Every slot that scores at least `bar`, in order; gives how many there are. */
const ABOVE = `
(func (export "above") (param $scores i32) (param $n i32) (param $bar f32) (param $slots i32) (result i32)
  ${locals(["i", "at", "stop", "first"], "i32")} (local $v f32)
  ${set("at", get("scores"))} ${set("first", get("slots"))}
  ${overBar("ge", `(i32.store ${get("slots")} ${get("i")}) ${advance("slots", 4)}`)}
  (i32.shr_u (i32.sub ${get("slots")} ${get("first")}) (i32.const 2)))`;

/** Of `bytes` bytes of floats, a multiple of 64: NaN where one is NaN. */
const MAX_ABS = `
(func $max_abs (export "max_abs") (param $at i32) (param $bytes i32) (result f32)
  (local $end i32) ${locals(["m0", "m1"], "v128")}
  ${set("end", `(i32.add ${get("at")} ${get("bytes")})`)}
  ${until("at", "end", `
    ${set("m0", `(f32x4.max ${get("m0")} (f32x4.max (f32x4.abs (v128.load ${get("at")})) (f32x4.abs (v128.load offset=16 ${get("at")}))))`)}
    ${set("m1", `(f32x4.max ${get("m1")} (f32x4.max (f32x4.abs (v128.load offset=32 ${get("at")})) (f32x4.abs (v128.load offset=48 ${get("at")}))))`)}
    ${advance("at", 64)}`)}
  ${set("m0", `(f32x4.max ${get("m0")} ${get("m1")})`)}
  (f32.max
    (f32.max (f32x4.extract_lane 0 ${get("m0")}) (f32x4.extract_lane 1 ${get("m0")}))
    (f32.max (f32x4.extract_lane 2 ${get("m0")}) (f32x4.extract_lane 3 ${get("m0")}))))`;

/** Rows to unit length, in place; a row of zeros stays. Norms are float64. */
const NORMALISE = `
(func (export "normalise") (param $row i32) (param $n i32) (param $stride i32)
  ${locals(["at", "end", "width"], "i32")} ${locals(["d0", "d1", "d2", "d3", "zero", "gap", "over"], "v128")} (local $norm f64)
  ${set("width", `(i32.shl ${get("stride")} (i32.const 2))`)}
  (loop $next
    ${set("at", get("row"))} ${set("end", `(i32.add ${get("row")} ${get("width")})`)}
    ${PAIRS.map((pair) => set(`d${pair}`, get("zero"))).join(" ")}
    ${until("at", "end", `${PAIRS.map((pair) => `${set("gap", promoted(pair))} ${set(`d${pair}`, `(f64x2.add ${get(`d${pair}`)} (f64x2.mul ${get("gap")} ${get("gap")}))`)}`).join(" ")} ${advance("at", 32)}`)}
    ${FOLD_EXACT}
    ${set("norm", `(f64.sqrt ${EXACT_SUM})`)}
    (if (f64.gt ${get("norm")} (f64.const 0)) (then
      ${set("over", `(f64x2.splat ${get("norm")})`)} ${set("at", get("row"))}
      (loop $write
        (v128.store64_lane 0 ${get("at")} (f32x4.demote_f64x2_zero (f64x2.div ${promoted(0)} ${get("over")})))
        ${advance("at", 8)}
        (br_if $write (i32.lt_u ${get("at")} ${get("end")})))))
    ${set("row", get("end"))}
    (br_if $next (local.tee $n (i32.sub ${get("n")} (i32.const 1))))))`;

/** Four floats of `at` as codes in i32 lanes. @param {number} offset @param {number} middle */
const coded = (offset, middle) => `(i32x4.trunc_sat_f32x4_s (f32x4.add (f32x4.nearest (f32x4.mul (v128.load offset=${offset} ${get("at")}) ${get("times")})) (f32x4.splat (f32.const ${middle}))))`;
/** Sixteen floats as bytes. @param {number} middle @param {"s" | "u"} sign */
const codedBytes = (middle, sign) => `(i8x16.narrow_i16x8_${sign} (i16x8.narrow_i32x4_s ${coded(0, middle)} ${coded(16, middle)}) (i16x8.narrow_i32x4_s ${coded(32, middle)} ${coded(48, middle)}))`;
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

/** Writes the codes of n rows. |x|^2 is added up in f32, four lanes. */
const ENCODE_CODES = `
(func (export "encode_codes") (param $row i32) (param $n i32) (param $stride i32) (param $out i32)
  ${locals(["at", "end", "width"], "i32")} ${locals(["times", "sum", "zero", "x"], "v128")} (local $most f32)
  ${set("width", `(i32.shl ${get("stride")} (i32.const 2))`)}
  (loop $next
    ${set("most", LARGEST)} ${set("times", `(f32x4.splat (f32.div (f32.const 63) ${get("most")}))`)}
    ${set("at", get("row"))} ${set("end", `(i32.add ${get("row")} ${get("width")})`)} ${set("sum", get("zero"))}
    ${until("at", "end", `
      (v128.store ${get("out")} ${codedBytes(64, "u")})
      ${[0, 16, 32, 48].map((offset) => `${set("x", `(v128.load offset=${offset} ${get("at")})`)} ${set("sum", `(f32x4.add ${get("sum")} (f32x4.mul ${get("x")} ${get("x")}))`)}`).join(" ")}
      ${advance("at", 64)} ${advance("out", 16)}`)}
    (f32.store ${get("out")} (f32.div ${get("most")} (f32.const 63)))
    (f32.store offset=4 ${get("out")} ${addLanes("f32x4", get("sum"))})
    ${advance("out", 16)} ${set("row", get("end"))}
    (br_if $next (local.tee $n (i32.sub ${get("n")} (i32.const 1))))))`;

/** Writes the signs of n rows, \`bytes\` apart. */
const ENCODE_SIGNS = `
(func (export "encode_signs") (param $row i32) (param $n i32) (param $stride i32) (param $mean i32) (param $out i32) (param $bytes i32)
  ${locals(["at", "end", "width", "mu", "to"], "i32")}
  ${set("width", `(i32.shl ${get("stride")} (i32.const 2))`)}
  (loop $next
    ${set("at", get("row"))} ${set("end", `(i32.add ${get("row")} ${get("width")})`)} ${set("mu", get("mean"))} ${set("to", get("out"))}
    ${until("at", "end", `(i32.store16 ${get("to")} ${SIGN_BITS}) ${advance("at", 64)} ${advance("mu", 64)} ${advance("to", 2)}`)}
    ${set("row", get("end"))} ${advance("out", get("bytes"))}
    (br_if $next (local.tee $n (i32.sub ${get("n")} (i32.const 1))))))`;

/** The query as signed bytes, round(127 q / max|q|), and behind them the i32 64 sum(q): what the middle of the codes adds. Gives its scale. */
const ENCODE_QUERY = `
(func (export "encode_query") (param $row i32) (param $stride i32) (param $out i32) (result f32)
  ${locals(["at", "end", "width"], "i32")} ${locals(["times", "bytes", "sum"], "v128")} (local $most f32)
  ${set("width", `(i32.shl ${get("stride")} (i32.const 2))`)}
  ${set("most", LARGEST)} ${set("times", `(f32x4.splat (f32.div (f32.const 127) ${get("most")}))`)}
  ${set("at", get("row"))} ${set("end", `(i32.add ${get("row")} ${get("width")})`)}
  ${until("at", "end", `
    ${set("bytes", codedBytes(0, "s"))} (v128.store ${get("out")} ${get("bytes")})
    ${set("sum", `(i32x4.add ${get("sum")} (i32x4.extadd_pairwise_i16x8_s (i16x8.extadd_pairwise_i8x16_s ${get("bytes")})))`)}
    ${advance("at", 64)} ${advance("out", 16)}`)}
  (i32.store ${get("out")} (i32.shl ${addLanes("i32x4", get("sum"))} (i32.const 6)))
  (f32.div ${get("most")} (f32.const 127)))`;

/** A float64 query: gives its length, divides by it where \`unit\` says so, and writes it as float32. */
const QUERY_ROWS = `
(func (export "query_rows") (param $query i32) (param $stride i32) (param $unit i32) (param $rows i32) (result f64)
  ${locals(["at", "end"], "i32")} ${locals(["d0", "d1", "d2", "d3", "x", "over"], "v128")} (local $length f64)
  ${set("end", `(i32.add ${get("query")} (i32.shl ${get("stride")} (i32.const 3)))`)} ${set("at", get("query"))}
  ${until("at", "end", `${PAIRS.map((pair) => `${set("x", `(v128.load offset=${pair * 16} ${get("at")})`)} ${set(`d${pair}`, `(f64x2.add ${get(`d${pair}`)} (f64x2.mul ${get("x")} ${get("x")}))`)}`).join(" ")} ${advance("at", 64)}`)}
  ${FOLD_EXACT}
  ${set("length", `(f64.sqrt ${EXACT_SUM})`)}
  ${set("over", `(f64x2.splat (select ${get("length")} (f64.const 1) (i32.and ${get("unit")} (f64.gt ${get("length")} (f64.const 0)))))`)}
  ${set("at", get("query"))}
  ${until("at", "end", `${set("x", `(f64x2.div (v128.load ${get("at")}) ${get("over")})`)} (v128.store ${get("at")} ${get("x")})
    (v128.store64_lane 0 ${get("rows")} (f32x4.demote_f64x2_zero ${get("x")})) ${advance("at", 16)} ${advance("rows", 8)}`)}
  ${get("length")})`;

/** Adds n rows to `sums`, float64: for the mean. */
const ADD_ROWS = `
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
const CHECKSUM = `
(func (export "checksum") (param $at i32) (param $bytes i32) (result i32)
  ${locals(["end", "sum"], "i32")} ${locals(["c0", "c1", "c2", "c3", "power"], "v128")}
  ${set("power", `(i32x4.splat (i32.const ${SIXTEENTH}))`)}
  ${set("end", `(i32.add ${get("at")} ${get("bytes")})`)}
  (block $empty (br_if $empty (i32.eqz ${get("bytes")}))
  ${until("at", "end", `${PAIRS.map((lane) => set(`c${lane}`, `(i32x4.add (i32x4.mul ${get(`c${lane}`)} ${get("power")}) (v128.load offset=${lane * 16} ${get("at")}))`)).join(" ")} ${advance("at", 64)}`)})
  ${PAIRS.flatMap((vector) => PAIRS.map((lane) => set("sum", `(i32.add (i32.mul ${get("sum")} (i32.const ${PRIME})) (i32x4.extract_lane ${lane} ${get(`c${vector}`)}))`))).join("\n  ")}
  ${get("sum")})`;

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
  SCAN_SIGNS,
  scanBatch(),
  pickCodes(relaxed),
  DOT_EXACT,
  L2_EXACT,
  MASK,
  TOP,
  BAR,
  ABOVE,
  MAX_ABS,
  NORMALISE,
  ENCODE_CODES,
  ENCODE_SIGNS,
  ENCODE_QUERY,
  QUERY_ROWS,
  ADD_ROWS,
  CHECKSUM,
].join("\n")}
)\n`;
}
