/** WebAssembly modules with a limit on their memory. */

const MEMORY_SECTION = 5;
const PAGE_BYTES = 65536;

/**
 * Sets the maximum of the memory that a module defines, which then never grows past it.
 * @param {Uint8Array<ArrayBuffer>} module
 * @param {number} limitBytes
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function capMemory(module, limitBytes) {
  const most = Math.floor(limitBytes / PAGE_BYTES);
  let at = 8;
  while (at < module.length) {
    const [size, start] = readNumber(module, at + 1);
    if (module[at] === MEMORY_SECTION) {
      const [minimum] = readNumber(module, start + 2);
      if (module[start] !== 1 || module[start + 1] > 1) throw new Error("the runtime's memory is of a kind that cannot be limited");
      if (minimum > most) throw new RangeError(`Python needs ${minimum * PAGE_BYTES} bytes of memory to start, and gets ${limitBytes}`);
      const body = [1, 1, ...writeNumber(minimum), ...writeNumber(most)];
      return join(
        module.subarray(0, at),
        new Uint8Array([MEMORY_SECTION, ...writeNumber(body.length), ...body]),
        module.subarray(start + size),
      );
    }
    at = start + size;
  }
  throw new Error("the runtime defines no memory that could be limited");
}

/**
 * Reads a number in LEB128.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {[value: number, next: number]}
 */
function readNumber(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

/** @param {number} value */
function writeNumber(value) {
  const bytes = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return [...bytes, value];
}

/** @param {Uint8Array[]} parts */
function join(...parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
