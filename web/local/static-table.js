/**
 * A static embedder, as Model2Vec makes them: one row for each token, distilled from a larger model; a text's vector is the mean of its
 * tokens' rows. Some fifty times faster than a model that computes, and blind to word order.
 *
 * The file is safetensors: "embeddings" (rows, size), and where there are more tokens than rows "mapping" (the row of each token) and "weights"
 * (the weight of each). https://github.com/MinishLab/model2vec, https://github.com/huggingface/safetensors
 *
 * @import { OpenEmbedder } from "./types.js"
 * @import { Encode } from "./tokens.js"
 * @typedef {Float32Array | Float64Array | Int8Array | Int32Array | BigInt64Array} Numbers
 */

import { atUnitLength } from "./embedder.js";
import { LocalModelError } from "./errors.js";

/** Tokens of one step: a few milliseconds. */
const BATCH_CELLS = 65_536;
const MAX_HEADER_BYTES = 1 << 20;

/**
 * @param {Blob} weights
 * @param {{encode: Encode}} options
 * @returns {Promise<OpenEmbedder>}
 */
export async function openStaticTable(weights, { encode }) {
  const { embeddings, mapping, weights: factors } = await readTensors(weights);
  if (embeddings?.shape.length !== 2) throw damaged("it has no table named “embeddings”");
  const { data } = embeddings;
  const [rows, size] = embeddings.shape;
  return {
    dimensions: size,
    threads: 1,
    batchCells: BATCH_CELLS,
    encode,
    run: async (batch) => batch.map((ids) => meanOf(ids)),
  };

  /** @param {number[]} ids */
  function meanOf(ids) {
    const mean = new Float32Array(size);
    for (const id of ids) {
      const row = mapping ? Number(mapping.data[id]) : id;
      if (!(row < rows)) continue; // a token that the table does not have
      const factor = factors ? Number(factors.data[id]) : 1;
      for (let at = 0, from = row * size; at < size; at++) mean[at] += factor * Number(data[from + at]);
    }
    return atUnitLength(mean); // the mean's divisor drops out here
  }
}

/**
 * @param {Blob} file
 * @returns {Promise<Record<string, {shape: number[], data: Numbers} | undefined>>}
 */
async function readTensors(file) {
  const length = Number(new DataView(await file.slice(0, 8).arrayBuffer()).getBigUint64(0, true));
  if (!(length <= MAX_HEADER_BYTES)) throw damaged("it is no safetensors file");
  const { __metadata__: _, ...header } = JSON.parse(await file.slice(8, 8 + length).text());
  const read = async (/** @type {[string, {dtype: string, shape: number[], data_offsets: [number, number]}]} */ [name, about]) => {
    const [start, end] = about.data_offsets.map((offset) => 8 + length + offset);
    return [name, { shape: about.shape, data: numbers(await file.slice(start, end).arrayBuffer(), about.dtype) }];
  };
  return Object.fromEntries(await Promise.all(Object.entries(header).map(read)));
}

/**
 * @param {ArrayBuffer} bytes
 * @param {string} type
 * @returns {Numbers}
 */
function numbers(bytes, type) {
  switch (type) {
    case "F32":
      return new Float32Array(bytes);
    case "F64":
      return new Float64Array(bytes);
    case "F16":
      return Float32Array.from(new Uint16Array(bytes), halfToFloat);
    case "I8": // without its scale, which a vector of unit length does not need
      return new Int8Array(bytes);
    case "I32":
      return new Int32Array(bytes);
    case "I64":
      return new BigInt64Array(bytes);
    default:
      throw damaged(`its numbers are of the type ${type}`);
  }
}

/** @param {number} bits IEEE 754 half precision */
function halfToFloat(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/** @param {string} why */
function damaged(why) {
  return new LocalModelError("bad_request", `That static embedder cannot be read: ${why}.`);
}
