// The words that the kernel's WAT is written in.

/** @param {string} name */
export const get = (name) => `(local.get $${name})`;
/**
 * @param {string} name
 * @param {string} value
 */
export const set = (name, value) => `(local.set $${name} ${value})`;
/**
 * @param {string} name
 * @param {number | string} by
 */
export const advance = (name, by) => set(name, `(i32.add ${get(name)} ${typeof by === "number" ? `(i32.const ${by})` : by})`);
/**
 * @param {string[]} names
 * @param {string} type
 */
export const locals = (names, type) => names.map((name) => `(local $${name} ${type})`).join(" ");
/**
 * Address of the i-th 4-byte item.
 * @param {string} base
 * @param {string} index
 */
export const item = (base, index) => `(i32.add ${get(base)} (i32.shl ${index} (i32.const 2)))`;

/**
 * @param {"f32x4" | "i32x4"} shape
 * @param {string} vector
 */
export function addLanes(shape, vector) {
  const add = `${shape.slice(0, 3)}.add`;
  const lane = (/** @type {number} */ index) => `(${shape}.extract_lane ${index} ${vector})`;
  return `(${add} (${add} ${lane(0)} ${lane(1)}) (${add} ${lane(2)} ${lane(3)}))`;
}

/** Repeats `body`, which advances `end`'s counter, until the address in `counter` reaches `end`.
 * @param {string} counter
 * @param {string} end
 * @param {string} body
 */
export const until = (counter, end, body) => `(loop $${counter} ${body} (br_if $${counter} (i32.lt_u ${get(counter)} ${get(end)})))`;

export const PAIRS = [0, 1, 2, 3];
/** Two neighbouring floats of `at` as float64. @param {number} pair */
export const promoted = (pair) => `(f64x2.promote_low_f32x4 (v128.load64_zero offset=${pair * 8} ${get("at")}))`;
/** Eight lanes become one sum. */
export const EXACT_SUM = `(f64.add (f64x2.extract_lane 0 ${get("d0")}) (f64x2.extract_lane 1 ${get("d0")}))`;
export const FOLD_EXACT = set("d0", `(f64x2.add (f64x2.add ${get("d0")} ${get("d1")}) (f64x2.add ${get("d2")} ${get("d3")}))`);

/** The address of the row in slot `slot`. @param {string} width */
export const rowOf = (width) => `(i32.add
      (i32.load ${item("table", `(i32.shr_u ${get("slot")} ${get("shift")})`)})
      (i32.mul ${width} (i32.and ${get("slot")} (i32.sub (i32.shl (i32.const 1) ${get("shift")}) (i32.const 1)))))`;
