/**
 * Modules that take and give bytes in their own memory: an allocator (`allocate`, `alloc` or `malloc`), and functions (pointer, length) that
 * give a pointer and a length in one 64-bit number, pointer first, or a pointer to text that ends in 0. `execute` takes requests and
 * gives responses. Of a module without it each such function is an operation on a request's `data`, and others can be described: see
 * calls.js.
 *
 * @import { Running, Start } from "./types.js"
 */

import { readAbout } from "./about.js";
import { Budget } from "./budget.js";
import { runCall } from "./calls.js";
import { PluginFault } from "./faults.js";
import { instantiate } from "./link.js";
import { checkOutput, failed, succeeded, toBytes, toResult } from "./response.js";
import { Exit, Wasi } from "./wasi.js";

const TAKES_BYTES = /^\(i32, i32\) -> \((i32|i64)?\)$/;
const GIVES_BYTES = /^\((i32, i32)?\) -> \((i32|i64)\)$/;
const ALLOCATORS = ["allocate", "alloc", "malloc"];
const LIBERATORS = ["deallocate", "dealloc", "free"];
const CONFIGURES = ["init", "init_config"];

/**
 * @param {Start} start
 * @returns {Promise<Running>}
 */
export async function startPlain({ spec, line, module }) {
  const budget = new Budget(spec);
  const wasi = new Wasi(line, spec.output_bytes, budget);
  const instance = await instantiate(module, { wasi_snapshot_preview1: wasi.imports }, budget);
  wasi.attach(instance);
  const { functions = {}, calls = {} } = spec;
  const native = new Native(instance, functions, spec.output_bytes);
  if ("_initialize" in functions) guarded(() => native.run("_initialize"));
  const other = [...ALLOCATORS, ...LIBERATORS, ...CONFIGURES, "execute"];
  const found = Object.keys(functions).filter(
    (name) => GIVES_BYTES.test(functions[name]) && functions[name].includes("i32, i32") && !other.includes(name),
  );
  const has = (/** @type {string} */ name) => GIVES_BYTES.test(functions[name] ?? "");
  const about = await readAbout(
    (name) => has(name) && !functions[name].includes("i32, i32"),
    async (name) => native.read(native.run(name), functions[name]),
  );
  const described = Object.fromEntries(
    Object.entries(calls).map(([name, { description = name, parameters = { type: "object" } }]) => [name, { description, parameters }]),
  );
  const simple = Object.fromEntries(
    found.map((name) => [name, { description: `${name} of the plugin`, parameters: { type: "object", properties: { data: {} } } }]),
  );
  const operations = about.operations ?? (Object.keys(calls).length ? described : simple);
  return {
    about: { ...about, ...(has("execute") ? {} : { operations }) },
    init: (config) => {
      const name = CONFIGURES.find((each) => TAKES_BYTES.test(functions[each] ?? ""));
      if (name) native.give(name, toBytes(config));
    },
    execute: (text) => {
      wasi.begin();
      const answer = guarded(() => {
        if (has("execute")) return new TextDecoder().decode(native.call("execute", new TextEncoder().encode(text)));
        const { operation, data } = JSON.parse(text);
        if (Object.hasOwn(calls, operation)) return runCall(native, calls[operation], data ?? {});
        if (!found.includes(operation))
          return failed(`it has no operation ${operation}; it has ${[...Object.keys(calls), ...found].join(", ") || "none"}`);
        return succeeded(toResult(native.call(operation, toBytes(data))));
      });
      wasi.end();
      return answer;
    },
  };
}

/**
 * @template T
 * @param {() => T} work
 * @returns {T}
 */
function guarded(work) {
  try {
    return work();
  } catch (error) {
    throw error instanceof Exit ? new PluginFault(`it ended with code ${error.code}`) : error;
  }
}

/** Functions that work on the module's memory. Every pointer is checked before it is followed. */
export class Native {
  #exports;
  #functions;
  #limitBytes;

  /**
   * @param {WebAssembly.Instance} instance
   * @param {Record<string, string>} functions
   * @param {number} limitBytes of one result
   */
  constructor(instance, functions, limitBytes) {
    this.#exports = /** @type {Record<string, any>} */ (instance.exports);
    this.#functions = functions;
    this.#limitBytes = limitBytes;
  }

  /**
   * @param {string} name
   * @param {(number | bigint)[]} args
   * @returns {any}
   */
  run(name, ...args) {
    if (!Object.hasOwn(this.#functions, name)) throw new PluginFault(`it exports no function ${name}`);
    return this.#exports[name](...args);
  }

  /**
   * A function of bytes that gives bytes.
   * @param {string} name
   * @param {Uint8Array} input
   * @returns {Uint8Array}
   */
  call(name, input) {
    const at = this.put(input);
    const result = this.run(name, at, input.length);
    const output = this.read(result, this.#functions[name]);
    this.free(at, input.length);
    const pointer = typeof result === "bigint" ? Number(BigInt.asUintN(64, result) >> 32n) : result >>> 0;
    if (pointer !== at) this.free(pointer, output.length);
    return output;
  }

  /**
   * A function of bytes whose result is of no interest.
   * @param {string} name
   * @param {Uint8Array} input
   */
  give(name, input) {
    const at = this.put(input);
    this.run(name, at, input.length);
    this.free(at, input.length);
  }

  /**
   * @param {Uint8Array} bytes
   * @returns {number}
   */
  put(bytes) {
    const name = this.#first(ALLOCATORS);
    if (!name) throw new PluginFault(`it exports none of ${ALLOCATORS.join(", ")}`);
    const at = this.#exports[name](Math.max(bytes.length, 1)) >>> 0;
    if (!at) throw new PluginFault(`it has no room for ${bytes.length} bytes`);
    this.#bytes(at, bytes.length).set(bytes);
    return at;
  }

  /**
   * @param {number} at
   * @param {number} length
   */
  free(at, length) {
    const name = this.#first(LIBERATORS);
    if (name && at) this.#exports[name](...[at, length].slice(0, this.#functions[name].startsWith("(i32, i32)") ? 2 : 1));
  }

  /**
   * The bytes of a result: pointer and length in one, or a pointer to text.
   * @param {number | bigint} result
   * @param {string} type
   */
  read(result, type) {
    if (type.endsWith("(i32)")) return this.text(Number(result) >>> 0);
    const packed = BigInt.asUintN(64, /** @type {bigint} */ (result));
    return this.slice(Number(packed >> 32n), Number(packed & 0xffffffffn));
  }

  /**
   * @param {number} at
   * @param {number} length
   */
  slice(at, length) {
    checkOutput(length, this.#limitBytes);
    return this.#bytes(at, length).slice();
  }

  /** Text that ends in 0. @param {number} at */
  text(at) {
    const { buffer } = /** @type {WebAssembly.Memory} */ (this.#exports.memory);
    const bytes = new Uint8Array(buffer, Math.min(at, buffer.byteLength));
    const end = bytes.indexOf(0);
    if (at === 0 || end < 0) throw new PluginFault(`it gave a pointer to no text: ${at}`);
    return this.slice(at, end);
  }

  /** @param {number} at */
  u32(at) {
    const bytes = this.#bytes(at, 4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  }

  /**
   * @param {number} at
   * @param {number} length
   */
  #bytes(at, length) {
    const memory = this.#exports.memory;
    if (!(memory instanceof WebAssembly.Memory)) throw new PluginFault("it exports no memory");
    if (at + length > memory.buffer.byteLength) throw new PluginFault(`it gave a pointer outside of its memory: ${at}, ${length} bytes`);
    return new Uint8Array(memory.buffer, at, length);
  }

  /** @param {string[]} names */
  #first(names) {
    return names.find((name) => Object.hasOwn(this.#functions, name));
  }
}
