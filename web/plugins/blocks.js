/** The memory of the Extism ABI: blocks that the plugin reaches through functions, at offsets that are 64-bit numbers. */

/** @import { Budget } from "./budget.js" */

import { makeAccess, makeBounds } from "./access.js";

/** Offset of the first block, as in access.js. */
const START = 64;
const PAGE_BYTES = 1 << 16;
/**
 * Bytes that a block takes beside its data: its entry in a Map, and a word beyond its end, because 64-bit loads and stores may begin at its last
 * byte.
 */
const BLOCK_BYTES = 64;

export class Blocks {
  /** Functions that the plugin imports to read and write blocks. @type {Record<string, Function>} */
  access;
  #budget;
  #memory;
  #bytes;
  #bounds = makeBounds();
  #end = START;
  /** @type {Map<number, number>} length of each block by its offset */
  #used = new Map();
  /** @type {Map<number, number>} the same, of those that may be used again */
  #free = new Map();
  #input = 0;

  /** @param {Budget} budget */
  constructor(budget) {
    this.#budget = budget;
    this.#memory = new WebAssembly.Memory({ initial: 1, maximum: Math.ceil(budget.mostBytes / PAGE_BYTES) + 1 });
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.access = makeAccess(this.#memory, this.#bounds);
    this.reset();
  }

  reset() {
    this.#bytes.fill(0, START, this.#end);
    this.#used.clear();
    this.#free.clear();
    this.#endAt(START);
    this.#inputAt(0, 0);
  }

  /** The block that is the input. */
  get input() {
    return this.#input;
  }

  /**
   * @param {Uint8Array} bytes
   * @returns {boolean} whether there is room for it
   */
  setInput(bytes) {
    this.#inputAt(this.put(bytes), bytes.length);
    return this.#input !== 0 || bytes.length === 0;
  }

  /**
   * @param {number} length
   * @returns {number} the offset; 0 for none, and where there is no room
   */
  alloc(length) {
    if (!(length > 0) || length > this.#budget.mostBytes) return 0;
    const offset = this.#reuse(length) || this.#extend(length);
    if (offset) this.#used.set(offset, length);
    return offset;
  }

  /** @param {number} offset */
  free(offset) {
    const length = this.#used.get(offset);
    if (length === undefined) return;
    this.#used.delete(offset);
    this.#free.set(offset, length);
    if (offset === this.#input) this.#inputAt(offset, 0);
  }

  /** @param {number} offset */
  length(offset) {
    return this.#used.get(offset) ?? 0;
  }

  /**
   * @param {Uint8Array} bytes
   * @returns {number} the offset of a new block
   */
  put(bytes) {
    const offset = this.alloc(bytes.length);
    if (offset) this.#bytes.set(bytes, offset);
    return offset;
  }

  /**
   * A copy.
   * @param {number} offset
   * @param {number} length
   */
  slice(offset, length) {
    return this.#bytes.slice(offset, Math.min(offset + length, this.#end));
  }

  /** The first freed block that is long enough and not twice as long. @param {number} length */
  #reuse(length) {
    for (const [offset, size] of this.#free) {
      if (size < length || size > 2 * length + 64) continue;
      this.#free.delete(offset);
      return offset;
    }
    return 0;
  }

  /** @param {number} length */
  #extend(length) {
    const offset = this.#end;
    const needed = offset + length + BLOCK_BYTES;
    if (needed > this.#bytes.length) {
      const pages = Math.ceil((needed - this.#bytes.length) / PAGE_BYTES);
      const doubled = Math.max(pages, this.#bytes.length / PAGE_BYTES);
      const grown = [doubled, pages].find((count) => this.#budget.reserve(count * PAGE_BYTES));
      if (!grown) return 0;
      this.#memory.grow(grown);
      this.#bytes = new Uint8Array(this.#memory.buffer);
    }
    this.#endAt(needed);
    return offset;
  }

  /** @param {number} end */
  #endAt(end) {
    this.#end = end;
    this.#bounds.end.value = BigInt(end);
    this.#bounds.last.value = BigInt(this.#bytes.length - 8);
  }

  /**
   * @param {number} offset
   * @param {number} length
   */
  #inputAt(offset, length) {
    this.#input = offset;
    this.#bounds.input.value = BigInt(offset);
    this.#bounds.length.value = BigInt(length);
  }
}
