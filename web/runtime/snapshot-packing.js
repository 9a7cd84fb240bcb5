/**
 * A snapshot without its empty pages, which are nearly half of it: fewer bytes to unzip, check, keep and copy.
 *
 * Layout, in 32-bit little-endian words: MAGIC, bytes of the memory, number of runs, then for each run its first page and its number of
 * pages; after them the pages.
 */

const MAGIC = 0x4e535353; // "SSSN"
const PAGE = 4096;

/**
 * @param {Uint8Array<ArrayBuffer>} memory
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function pack(memory) {
  /** @type {number[]} */
  const runs = [];
  let kept = 0;
  for (let page = 0; page * PAGE < memory.length; page++) {
    const bytes = pagesOf(memory, page, 1);
    if (isEmpty(bytes)) continue;
    kept += bytes.length;
    if (runs.length && runs[runs.length - 2] + runs[runs.length - 1] === page) runs[runs.length - 1] += 1;
    else runs.push(page, 1);
  }
  const head = Uint32Array.of(MAGIC, memory.length, runs.length / 2, ...runs);
  const packed = new Uint8Array(head.byteLength + kept);
  packed.set(new Uint8Array(head.buffer));
  let end = head.byteLength;
  for (let run = 0; run < runs.length; run += 2) {
    const pages = pagesOf(memory, runs[run], runs[run + 1]);
    packed.set(pages, end);
    end += pages.length;
  }
  return packed;
}

/**
 * Restores the memory. Throws where the bytes are no packed snapshot.
 * @param {Uint8Array<ArrayBuffer>} packed
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function unpack(packed) {
  const words = new Uint32Array(packed.buffer, packed.byteOffset, packed.length >> 2);
  const [magic, bytes, count] = words;
  if (magic !== MAGIC) throw new Error("it is no snapshot");
  const memory = new Uint8Array(bytes);
  let start = (3 + 2 * count) * 4;
  for (let word = 3; word < 3 + 2 * count; word += 2) {
    const { length } = pagesOf(memory, words[word], words[word + 1]);
    memory.set(packed.subarray(start, start + length), words[word] * PAGE);
    start += length;
  }
  return memory;
}

/**
 * Grows a new module's memory to the size of a snapshot, which Pyodide copies into the memory that there is. A snapshot is larger than a
 * new memory where making it took more than Pyodide begins with.
 * @param {any} module
 * @param {Uint8Array<ArrayBuffer>} memory
 */
export function makeRoom(module, memory) {
  if (module.HEAPU8.length < memory.length - PAGE) module.growMemory(memory.length);
}

/**
 * @param {Uint8Array<ArrayBuffer>} memory
 * @param {number} first
 * @param {number} count
 */
function pagesOf(memory, first, count) {
  return memory.subarray(first * PAGE, (first + count) * PAGE);
}

/** @param {Uint8Array<ArrayBuffer>} page */
function isEmpty(page) {
  for (let index = 0; index < page.length; index++) if (page[index]) return false;
  return true;
}
