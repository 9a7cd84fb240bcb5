/**
 * Functions by which a plugin of the Extism ABI reads and writes its blocks. They are WASM, because a plugin calls them for every eight bytes, and a
 * call from WASM to WASM costs a hundredth of one to JavaScript. What is out of bounds reads as 0; what is written there is lost.
 *
 * Written out by hand; format: https://webassembly.github.io/spec/core/binary/
 */

const I32 = 0x7f;
const I64 = 0x7e;
const NONE = 0x40;
/** Imported globals, in order. */
const [END, LAST, INPUT, LENGTH] = [0, 1, 2, 3].map((index) => [0x23, index]);
const AT = [0x20, 0];
const VALUE = [0x20, 1];
const START = [0x42, 0xc0, 0x00]; // 64
const [LESS, GREATER, NOT_LESS] = [0x54, 0x56, 0x5a]; // of 64 bits, unsigned
const OR = 0x72;
const [ADD, SUBTRACT, WRAP] = [0x7c, 0x7d, 0xa7];
const [LOAD_8, LOAD_64, STORE_8, STORE_64] = [0x2d, 0x29, 0x3a, 0x37].map((code) => [code, 0, 0]);
const ZERO = { [I32]: [0x41, 0], [I64]: [0x42, 0], [NONE]: [] };

const OUT_8 = [...AT, ...START, LESS, ...AT, ...END, NOT_LESS, OR];
const OUT_64 = [...AT, ...START, LESS, ...AT, ...LAST, GREATER, OR];
const OUT_INPUT_8 = [...AT, ...LENGTH, NOT_LESS];
const OUT_INPUT_64 = [...OUT_INPUT_8, ...LENGTH, ...AT, SUBTRACT, 0x42, 8, LESS, OR];
const IN_INPUT = [...INPUT, ...AT, ADD, WRAP];

/** Signatures: (i64) -> i32, (i64) -> i64, (i64, i32), (i64, i64). */
const TYPES = [
  [0x60, 1, I64, 1, I32],
  [0x60, 1, I64, 1, I64],
  [0x60, 2, I64, I32, 0],
  [0x60, 2, I64, I64, 0],
];
/** Name, signature, and a body: nothing where the condition holds, else what follows. @type {[string, number, number[]][]} */
const FUNCTIONS = [
  ["load_u8", 0, unless(OUT_8, I32, [...AT, WRAP, ...LOAD_8])],
  ["load_u64", 1, unless(OUT_64, I64, [...AT, WRAP, ...LOAD_64])],
  ["store_u8", 2, unless(OUT_8, NONE, [...AT, WRAP, ...VALUE, ...STORE_8])],
  ["store_u64", 3, unless(OUT_64, NONE, [...AT, WRAP, ...VALUE, ...STORE_64])],
  ["input_load_u8", 0, unless(OUT_INPUT_8, I32, [...IN_INPUT, ...LOAD_8])],
  ["input_load_u64", 1, unless(OUT_INPUT_64, I64, [...IN_INPUT, ...LOAD_64])],
];

/**
 * @param {number[]} outside
 * @param {number} type
 * @param {number[]} then
 * @returns {number[]}
 */
function unless(outside, type, then) {
  const [IF, ELSE, DONE] = [0x04, 0x05, 0x0b];
  return [0, ...outside, IF, type, .../** @type {Record<number, number[]>} */ (ZERO)[type], ELSE, ...then, DONE, DONE];
}

/** @param {string} text */
const name = (text) => [text.length, ...new TextEncoder().encode(text)];
/**
 * @param {number} id
 * @param {number[][]} items
 */
function section(id, items) {
  const body = [items.length, ...items.flat()];
  const size = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
  return [id, ...size, ...body];
}

const IMPORTS = [
  [...name("host"), ...name("memory"), 2, 0, 1],
  ...["end", "last", "input", "length"].map((global) => [...name("host"), ...name(global), 3, I64, 1]),
];
const module = new WebAssembly.Module(
  new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, TYPES),
    ...section(2, IMPORTS),
    ...section(
      3,
      FUNCTIONS.map(([, type]) => [type]),
    ),
    ...section(
      7,
      FUNCTIONS.map(([title], index) => [...name(title), 0, index]),
    ),
    ...section(
      10,
      FUNCTIONS.map(([, , body]) => [body.length, ...body]),
    ),
  ]),
);

/**
 * end: where the bytes in use end; last: the last offset of eight bytes; input, length: where the input is.
 * @typedef {{end: WebAssembly.Global, last: WebAssembly.Global, input: WebAssembly.Global, length: WebAssembly.Global}} Bounds
 * @returns {Bounds}
 */
export function makeBounds() {
  const global = () => new WebAssembly.Global({ value: "i64", mutable: true }, 0n);
  return { end: global(), last: global(), input: global(), length: global() };
}

/**
 * @param {WebAssembly.Memory} memory
 * @param {Bounds} bounds
 * @returns {Record<string, Function>}
 */
export function makeAccess(memory, bounds) {
  return /** @type {Record<string, Function>} */ (new WebAssembly.Instance(module, { host: { memory, ...bounds } }).exports);
}
