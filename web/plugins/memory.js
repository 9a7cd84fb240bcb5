/**
 * The memory of the Extism ABI: blocks that the plugin reaches through functions, at offsets that are 64-bit numbers. What is out of
 * bounds reads as 0, and what is written there is lost, as in Extism's own kernel.
 */
const START = 64;

export class Blocks {
  #limitBytes;
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #end = START;
  /** @type {Map<number, number>} length of each block by its offset */
  #used = new Map();
  /** @type {Map<number, number>} the same, of those that may be used again */
  #free = new Map();

  /** @param {number} limitBytes */
  constructor(limitBytes) {
    this.#limitBytes = limitBytes;
  }

  reset() {
    this.#bytes.fill(0, START, this.#end);
    this.#end = START;
    this.#used.clear();
    this.#free.clear();
  }

  /** @param {number} length @returns {number} the offset; 0 for none, and where there is no room */
  alloc(length) {
    if (!(length > 0) || length > this.#limitBytes) return 0;
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
  }

  /** @param {number} offset */
  length(offset) {
    return this.#used.get(offset) ?? 0;
  }

  /** @param {Uint8Array} bytes @returns {number} the offset of a new block */
  put(bytes) {
    const offset = this.alloc(bytes.length);
    if (offset) this.#bytes.set(bytes, offset);
    return offset;
  }

  /** A copy. @param {number} offset @param {number} length */
  slice(offset, length) {
    return this.#bytes.slice(offset, Math.min(offset + length, this.#end));
  }

  /** @param {bigint} offset */
  loadU8(offset) {
    return offset >= START && offset < this.#end ? this.#bytes[Number(offset)] : 0;
  }

  /** @param {bigint} offset */
  loadU64(offset) {
    return offset >= START && offset + 8n <= this.#bytes.length ? this.#view.getBigUint64(Number(offset), true) : 0n;
  }

  /** @param {bigint} offset @param {number} value */
  storeU8(offset, value) {
    if (offset >= START && offset < this.#end) this.#bytes[Number(offset)] = value;
  }

  /** @param {bigint} offset @param {bigint} value */
  storeU64(offset, value) {
    if (offset >= START && offset + 8n <= this.#bytes.length) this.#view.setBigUint64(Number(offset), value, true);
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
    // A word beyond the end: 64-bit loads and stores may begin at the last byte of a block.
    const needed = offset + length + 8;
    if (needed > this.#limitBytes + START) return 0;
    if (needed > this.#bytes.length) {
      const bytes = new Uint8Array(Math.min(Math.max(needed, 2 * this.#bytes.length), this.#limitBytes + START));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    this.#end = offset + length;
    return offset;
  }
}
