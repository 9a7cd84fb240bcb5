/**
 * Functions that a plugin of the Extism ABI imports: `extism:host/env`, and ToolFS under `extism:host/user`. Offsets of blocks cross as 64-bit
 * numbers; a function takes over the blocks it is given, unless it is one of ToolFS's. Contract: https://extism.org/docs/concepts/pdk
 *
 * toolfs_read(path), toolfs_write(path, data), toolfs_list(path), toolfs_stat(path) give the offset of their answer: a file's bytes, or
 * JSON; 0 for an empty file, and where it failed: then toolfs_error() gives why, and 0 otherwise.
 *
 * @import { Budget } from "./budget.js"
 * @import { Answer, Asking, Line } from "./line.js"
 */

import { PluginFault } from "./faults.js";
import { Blocks } from "./blocks.js";

const VARIABLES_BYTES = 1 << 20;
/** Bytes that a variable costs beside its name and value, as Extism counts them. */
const VARIABLE_BYTES = 48;
const MOST_LOGS = 100;
const LEVELS = /** @type {const} */ (["trace", "debug", "info", "warn", "error"]);
const INFO = 2;

export class Kernel {
  /** Values by name, as text. @type {Record<string, string>} */
  config = {};
  #blocks;
  #line;
  #log;
  #logged = 0;
  /** @type {Map<string, Uint8Array>} */
  #variables = new Map();
  /** Offset and length of the output. @type {[number, number]} */
  #output = [0, 0];
  #error = 0;
  #failure = "";
  #status = 0;
  /** @type {Record<string, string> | undefined} */
  #headers;

  /**
   * @param {Budget} budget
   * @param {Line} line
   * @param {(text: string) => void} log
   */
  constructor(budget, line, log) {
    this.#blocks = new Blocks(budget);
    this.#line = line;
    this.#log = log;
  }

  /** Forgets the call before, but for its variables. @param {Uint8Array} input */
  begin(input) {
    this.#blocks.reset();
    this.#output = [0, 0];
    this.#error = this.#status = this.#logged = 0;
    this.#failure = "";
    this.#headers = undefined;
    if (!this.#blocks.setInput(input))
      throw new PluginFault(`its memory has no room for an input of ${input.length} bytes: raise memory_bytes`);
  }

  get outputLength() {
    return this.#output[1];
  }

  output() {
    return this.#blocks.slice(...this.#output);
  }

  /** The error that the plugin set. @returns {string | undefined} */
  error() {
    return this.#error ? new TextDecoder().decode(this.#blocks.slice(this.#error, this.#blocks.length(this.#error))) : undefined;
  }

  /** @returns {Record<string, Function>} */
  env() {
    const blocks = this.#blocks;
    const asking = (/** @type {(...args: any[]) => Asking} */ work) => this.#line.hostFunction(work.bind(this));
    return {
      alloc: (/** @type {bigint} */ length) => BigInt(blocks.alloc(Number(length))),
      free: (/** @type {bigint} */ at) => blocks.free(Number(at)),
      length: (/** @type {bigint} */ at) => BigInt(blocks.length(Number(at))),
      length_unsafe: (/** @type {bigint} */ at) => BigInt(blocks.length(Number(at))),
      ...blocks.access,
      input_length: () => BigInt(blocks.length(blocks.input)),
      input_offset: () => BigInt(blocks.input),
      output_set: (/** @type {bigint} */ at, /** @type {bigint} */ length) => void (this.#output = [Number(at), Number(length)]),
      error_set: (/** @type {bigint} */ at) => void (this.#error = Number(at)),
      error_get: () => BigInt(this.#error),
      config_get: (/** @type {bigint} */ key) => {
        const name = this.#takeText(key, "config key");
        return Object.hasOwn(this.config, name) ? this.#put(this.config[name]) : 0n;
      },
      var_get: (/** @type {bigint} */ key) => {
        const value = this.#variables.get(this.#takeText(key, "var key"));
        return value ? BigInt(blocks.put(value)) : 0n;
      },
      var_set: (/** @type {bigint} */ key, /** @type {bigint} */ value) => this.#setVariable(key, value),
      http_request: asking(this.#request),
      http_status_code: () => this.#status,
      http_headers: () => (this.#headers ? this.#put(JSON.stringify(this.#headers)) : 0n),
      get_log_level: () => INFO,
      ...Object.fromEntries(
        LEVELS.map((level) => [
          `log_${level}`,
          (/** @type {bigint} */ at) => {
            const text = this.#takeText(at, "log message");
            if (LEVELS.indexOf(level) >= INFO && ++this.#logged <= MOST_LOGS) this.#log(`${level}: ${text}`);
          },
        ]),
      ),
    };
  }

  /** @returns {Record<string, Function>} */
  user() {
    const file = (/** @type {string} */ method, /** @type {(answer: Answer) => Uint8Array} */ read) => {
      const work = /** @returns {Asking} */ function* (
        /** @type {Kernel} */ kernel,
        /** @type {bigint} */ path,
        /** @type {bigint} */ data,
      ) {
        const body = data === undefined ? undefined : kernel.#bytes(data);
        const answer = yield [method, { path: new TextDecoder().decode(kernel.#bytes(path)) }, body];
        kernel.#failure = answer.ok ? "" : answer.message;
        return answer.ok ? BigInt(kernel.#blocks.put(read(answer))) : 0n;
      };
      return this.#line.hostFunction((path, data) => work(this, path, data));
    };
    const json = (/** @type {Answer} */ answer) => new TextEncoder().encode(JSON.stringify(answer.ok ? answer.value : null));
    return {
      toolfs_read: file("read", (answer) => answer.bytes),
      toolfs_write: file("write", json),
      toolfs_list: file("list", json),
      toolfs_stat: file("stat", json),
      toolfs_error: () => (this.#failure ? this.#put(this.#failure) : 0n),
    };
  }

  /** A function of another namespace's contract: JSON in, JSON out. @param {(input: any) => any} work */
  jsonFunction(work) {
    return (/** @type {bigint | undefined} */ at) => this.#put(JSON.stringify(work(at ? this.#text(at) : "") ?? null));
  }

  /**
   * @param {bigint} key
   * @param {bigint} value
   * @returns {Asking}
   */
  *#request(key, value) {
    const { url, method = "GET", headers = {} } = JSON.parse(this.#takeText(key, "http request"));
    const body = value ? this.#bytes(value) : undefined;
    this.#blocks.free(Number(value));
    const answer = yield ["fetch", { url, method, headers }, body];
    this.#status = answer.ok ? answer.value.status : 0;
    this.#headers = answer.ok ? answer.value.headers : undefined;
    if (!answer.ok) throw new PluginFault(answer.message);
    return BigInt(this.#blocks.put(answer.bytes));
  }

  /**
   * @param {bigint} key
   * @param {bigint} value
   */
  #setVariable(key, value) {
    const name = this.#takeText(key, "var key");
    if (!value) return void this.#variables.delete(name);
    if (!this.#blocks.length(Number(value))) throw new PluginFault(`invalid handle offset for var value: ${value}`);
    const bytes = this.#bytes(value);
    let size = VARIABLE_BYTES + name.length + bytes.length;
    for (const [other, held] of this.#variables) size += VARIABLE_BYTES + other.length + held.length;
    if (size > VARIABLES_BYTES) throw new PluginFault("Variable store is full");
    this.#blocks.free(Number(value));
    this.#variables.set(name, bytes);
  }

  /**
   * @param {bigint} at
   * @param {string} what
   * @returns {string}
   */
  #takeText(at, what) {
    if (!this.#blocks.length(Number(at))) throw new PluginFault(`invalid handle offset for ${what}: ${at}`);
    const text = this.#text(at);
    this.#blocks.free(Number(at));
    return text;
  }

  /** @param {bigint} at */
  #text(at) {
    return new TextDecoder().decode(this.#bytes(at));
  }

  /** @param {bigint} at */
  #bytes(at) {
    return this.#blocks.slice(Number(at), this.#blocks.length(Number(at)));
  }

  /** @param {string} text */
  #put(text) {
    return BigInt(this.#blocks.put(new TextEncoder().encode(text)));
  }
}
