/**
 * all-MiniLM-L6-v2 (int8 ONNX) by onnxruntime-web, on one thread: 384 dimensions, unit length.
 */

import { LocalModelError, abortError, messageOf } from "./errors.js";
import { WordPiece } from "./wordpiece.js";

/** What the model was trained on; longer texts are cut, so split them first. */
const MAX_TOKENS = 256;
/** Rows times columns of one batch: keeps its activations within a few MB, and a stop within half a second. */
const BATCH_CELLS = 1024;

/**
 * The part of onnxruntime-web that is used.
 * @typedef {{data: Float32Array, dims: readonly number[]}} Tensor
 * @typedef {object} Session
 * @property {readonly string[]} inputNames
 * @property {readonly string[]} outputNames
 * @property {(feeds: Record<string, unknown>) => Promise<Record<string, Tensor>>} run
 */

export class Embedder {
  #session;
  #tokenizer;
  #Tensor;

  /**
   * @param {Session} session
   * @param {WordPiece} tokenizer
   * @param {new (type: string, data: BigInt64Array, dims: number[]) => unknown} Tensor
   */
  constructor(session, tokenizer, Tensor) {
    this.#session = session;
    this.#tokenizer = tokenizer;
    this.#Tensor = Tensor;
  }

  /**
   * @param {Blob} weights
   * @param {string} vocabulary
   * @param {URL} runtimeURL
   */
  static async open(weights, vocabulary, runtimeURL) {
    try {
      const ort = await import(/* webpackIgnore: true */ /* @vite-ignore */ new URL("ort.wasm.min.mjs", runtimeURL).href);
      ort.env.wasm.wasmPaths = runtimeURL.href;
      ort.env.wasm.numThreads = 1;
      ort.env.logLevel = "error";
      const session = await ort.InferenceSession.create(new Uint8Array(await weights.arrayBuffer()), { executionProviders: ["wasm"] });
      return new Embedder(session, new WordPiece(vocabulary), ort.Tensor);
    } catch (cause) {
      throw new LocalModelError("runtime_missing", `The embedder did not start from ${runtimeURL.href}: ${messageOf(cause)}`, { cause });
    }
  }

  /**
   * @param {string[]} texts
   * @param {AbortSignal} [signal]
   * @returns {Promise<Float32Array[]>} in the order of `texts`
   */
  async embed(texts, signal) {
    const rows = texts.map((text, index) => ({ index, ids: this.#tokenizer.encode(text, MAX_TOKENS) }));
    rows.sort((a, b) => a.ids.length - b.ids.length); // neighbours of one length waste no padding
    /** @type {Float32Array[]} */
    const vectors = new Array(texts.length);
    for (let start = 0; start < rows.length; ) {
      if (signal?.aborted) throw abortError();
      let end = start + 1;
      while (end < rows.length && (end + 1 - start) * rows[end].ids.length <= BATCH_CELLS) end++;
      const batch = rows.slice(start, end);
      const found = await this.#run(batch.map((row) => row.ids));
      batch.forEach((row, at) => (vectors[row.index] = found[at]));
      start = end;
      // onnxruntime computes on this thread: let a message that stops us in.
      await new Promise((resolve) => setTimeout(resolve));
    }
    return vectors;
  }

  /**
   * @param {number[][]} batch shortest first
   * @returns {Promise<Float32Array[]>}
   */
  async #run(batch) {
    const width = batch[batch.length - 1].length;
    const shape = [batch.length, width];
    const ids = new BigInt64Array(batch.length * width);
    const mask = new BigInt64Array(ids.length);
    batch.forEach((row, at) =>
      row.forEach((id, column) => {
        ids[at * width + column] = BigInt(id);
        mask[at * width + column] = 1n;
      }),
    );
    /** @type {Record<string, BigInt64Array>} */
    const inputs = { input_ids: ids, attention_mask: mask, token_type_ids: new BigInt64Array(ids.length) };
    const feeds = Object.fromEntries(this.#session.inputNames.map((name) => [name, new this.#Tensor("int64", inputs[name], shape)]));
    const { data, dims } = (await this.#session.run(feeds))[this.#session.outputNames[0]];
    return batch.map((row, at) => meanPool(data, at * width, row.length, dims[2])); // data: (batch, width, size)
  }
}

/**
 * @param {Float32Array} data
 * @param {number} first
 * @param {number} count
 * @param {number} size
 */
function meanPool(data, first, count, size) {
  const mean = new Float32Array(size);
  for (let row = first; row < first + count; row++) {
    for (let at = 0; at < size; at++) mean[at] += data[row * size + at];
  }
  const norm = Math.hypot(...mean) || 1; // the mean's divisor drops out here
  return mean.map((value) => value / norm);
}
