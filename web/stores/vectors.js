/**
 * Vectors as they cross: float32, side by side, as bytes.
 *
 * @typedef {Float32Array | readonly (readonly number[] | Float32Array | Float64Array)[]} Vectors one after another, or one by one
 * @typedef {readonly number[] | Float32Array | Float64Array} Vector
 */

import { DimensionError } from "../errors.js";

/**
 * @param {Vectors} vectors
 * @param {number} count of the vectors
 * @returns {Uint8Array} the bytes. Throws DimensionError
 */
export function packVectors(vectors, count) {
  if (vectors instanceof Float32Array) {
    if (vectors.length % count) throw new DimensionError(`${vectors.length} numbers are no ${count} vectors`);
    return new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength);
  }
  const dim = vectors[0]?.length ?? 0;
  const packed = new Float32Array(dim * count);
  vectors.forEach((vector, row) => {
    if (vector.length !== dim) throw new DimensionError(`vector ${row} has ${vector.length} dimensions, the one before it ${dim}`);
    packed.set(vector, row * dim);
  });
  return new Uint8Array(packed.buffer);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} count
 * @returns {Float32Array[]}
 */
export function unpackVectors(bytes, count) {
  const numbers = new Float32Array(bytes.slice().buffer); // an aligned copy
  const dim = numbers.length / count;
  return Array.from({ length: count }, (_, row) => numbers.slice(row * dim, (row + 1) * dim));
}
