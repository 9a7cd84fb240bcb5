/**
 * One limit on all that a WASM plugin holds: its own memory, and the blocks, files and output that the host keeps for it. The module grows its
 * memory up to the global PAGES only (py/staysail/fs/wasm/capping.py writes it in), which follows what the host keeps.
 */

import { PluginFault } from "./faults.js";

const PAGE_BYTES = 1 << 16;
/** As in capping.py. */
const PAGES = "staysail:pages";
const MEMORY = "staysail:memory";
/** Bytes that the host keeps at most before the instance is there: a start function may allocate blocks, and its memory cannot be read yet. */
const EARLY_BYTES = 1 << 20;

export class Budget {
  #roomBytes;
  #startBytes;
  #held = 0;
  /** @type {WebAssembly.Exports | undefined} */
  #exports;

  /** @param {{room_bytes?: number, start_bytes?: number, memory_bytes: number}} spec */
  constructor({ room_bytes, start_bytes = 0, memory_bytes }) {
    this.#roomBytes = room_bytes ?? memory_bytes;
    this.#startBytes = start_bytes;
  }

  /** @param {WebAssembly.Instance} instance */
  attach({ exports }) {
    this.#exports = exports;
    if (this.#memoryBytes + this.#held > this.#roomBytes)
      throw new PluginFault(`it takes more than its ${this.#roomBytes} bytes of memory to start`);
    this.#limit();
  }

  /** Most bytes that one thing may have. */
  get mostBytes() {
    return this.#roomBytes;
  }

  /**
   * Counts bytes that the host is about to keep.
   * @param {number} bytes
   * @returns {boolean} whether there is room for them
   */
  reserve(bytes) {
    const most = this.#exports ? this.#roomBytes - this.#memoryBytes : Math.min(EARLY_BYTES, this.#roomBytes - this.#startBytes);
    if (!(this.#held + bytes <= most)) return false;
    this.release(-bytes);
    return true;
  }

  /** @param {number} bytes */
  release(bytes) {
    this.#held -= bytes;
    this.#limit();
  }

  get #memoryBytes() {
    const memory = this.#exports?.[MEMORY];
    return memory instanceof WebAssembly.Memory ? memory.buffer.byteLength : this.#startBytes;
  }

  #limit() {
    const pages = this.#exports?.[PAGES];
    if (pages instanceof WebAssembly.Global) pages.value = Math.floor((this.#roomBytes - this.#held) / PAGE_BYTES);
  }
}
