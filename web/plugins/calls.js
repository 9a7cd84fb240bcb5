/**
 * Operations made of C functions, for modules that were not written as plugins. The program that installs a module describes them:
 *
 *     {"render": {
 *        "export": "graphviz_render",
 *        "args": [{"text": "dot"}, {"text": "format", "default": "svg"}, {"cell": "length"}],
 *        "result": {"bytes": "length"},        the pointer that it gives leads to as many bytes as the cell says
 *        "free": "graphviz_free",              takes that pointer
 *        "error": "graphviz_last_error",       gives text, where the pointer is 0
 *        "description": "…", "parameters": {…}}}
 *
 * Arguments come from a request's `data` by name: `text` as a pointer to text that ends in 0; `bytes` as a pointer and a length; `number`
 * as a number; a `cell` is a pointer to 32 bits that the function fills. A result is `{"bytes": cell}`, `"text"` or `"number"`.
 *
 * @typedef {{text?: string, bytes?: string, number?: string, cell?: string, default?: any}} Argument
 * @typedef {{export: string, args?: Argument[], result?: "text" | "number" | {bytes: string}, free?: string, error?: string}} Call
 *
 * A module whose C functions are called: `put` copies bytes into its memory, `text` and `slice` read them.
 * @typedef {object} Native
 * @property {(name: string, ...args: any[]) => any} run
 * @property {(bytes: Uint8Array) => number} put
 * @property {(at: number, length: number) => void} free
 * @property {(at: number) => Uint8Array} text
 * @property {(at: number, length: number) => Uint8Array} slice
 * @property {(at: number) => number} u32
 */

import { failed, succeeded, toBytes, toResult } from "./response.js";

/**
 * @param {Native} native
 * @param {Call} call
 * @param {Record<string, any>} data
 * @returns {string}
 */
export function runCall(native, call, data) {
  /** @type {[number, number][]} */
  const held = [];
  /** @type {Record<string, number>} */
  const cells = {};
  const hold = (/** @type {Uint8Array} */ bytes) => {
    const at = native.put(bytes);
    held.push([at, bytes.length]);
    return at;
  };
  /** @type {number[]} */
  const args = [];
  for (const argument of call.args ?? []) {
    const name = argument.text ?? argument.bytes ?? argument.number ?? "";
    const value = Object.hasOwn(data, name) ? data[name] : argument.default;
    if (argument.cell !== undefined) {
      args.push((cells[argument.cell] = hold(new Uint8Array(4))));
    } else if (value === undefined) {
      return failed(`data lacks ${name}`);
    } else if (argument.number !== undefined) {
      args.push(Number(value));
    } else {
      const bytes = toBytes(value);
      args.push(hold(argument.text !== undefined ? new Uint8Array([...bytes, 0]) : bytes));
      if (argument.bytes !== undefined) args.push(bytes.length);
    }
  }
  const result = native.run(call.export, ...args);
  const answer = read(native, call, Number(result ?? 0) >>> 0, cells, result);
  for (const [at, length] of held) native.free(at, length);
  return answer;
}

/**
 * @param {Native} native
 * @param {Call} call
 * @param {number} pointer
 * @param {Record<string, number>} cells
 * @param {any} result
 */
function read(native, call, pointer, cells, result) {
  const kind = call.result ?? "number";
  if (kind === "number") return succeeded(Number(result ?? 0));
  if (!pointer)
    return failed(call.error ? new TextDecoder().decode(native.text(native.run(call.error) >>> 0)) : `${call.export} gave nothing`);
  const bytes = kind === "text" ? native.text(pointer) : native.slice(pointer, native.u32(cells[kind.bytes]));
  if (call.free) native.run(call.free, pointer);
  return succeeded(toResult(bytes));
}
