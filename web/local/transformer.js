/**
 * An embedder that computes: a BERT-like model in ONNX by onnxruntime-web, the mean over its tokens.
 *
 * @import { OpenEmbedder } from "./types.js"
 * @import { Encode } from "./tokens.js"
 */

import { atUnitLength } from "./embedder.js";
import { LocalModelError, messageOf } from "./errors.js";

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

/**
 * @param {Blob} weights
 * @param {{encode: Encode, runtimeURL: URL, threads: number, dimensions: number}} options threads: counts where the page is cross-origin
 *   isolated
 * @returns {Promise<OpenEmbedder>}
 */
export async function openTransformer(weights, { encode, runtimeURL, threads, dimensions }) {
  try {
    const ort = await import(/* webpackIgnore: true */ /* @vite-ignore */ new URL("ort.wasm.min.mjs", runtimeURL).href);
    ort.env.wasm.wasmPaths = runtimeURL.href;
    ort.env.wasm.numThreads = canThread() ? threads : 1;
    ort.env.logLevel = "error";
    /** @type {Session} */
    const session = await ort.InferenceSession.create(new Uint8Array(await weights.arrayBuffer()), {
      executionProviders: ["wasm"],
      // Threads that wait in a loop would take the language model's time.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    });
    return {
      dimensions,
      threads: ort.env.wasm.numThreads,
      batchCells: BATCH_CELLS,
      encode,
      run: (batch) => run(session, ort.Tensor, batch),
    };
  } catch (cause) {
    throw new LocalModelError("runtime_missing", `The embedder did not start from ${runtimeURL.href}: ${messageOf(cause)}`, { cause });
  }
}

/** Firefox leaves a worker of a worker unstarted now and then, and onnxruntime waits for its threads without an end. */
function canThread() {
  return Boolean(globalThis.crossOriginIsolated) && !/Firefox\//.test(globalThis.navigator?.userAgent ?? "");
}

/**
 * @param {Session} session
 * @param {new (type: string, data: BigInt64Array, dims: number[]) => unknown} Tensor
 * @param {number[][]} batch token ids
 * @returns {Promise<Float32Array[]>}
 */
async function run(session, Tensor, batch) {
  const width = Math.max(...batch.map((row) => row.length));
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
  const feeds = Object.fromEntries(session.inputNames.map((name) => [name, new Tensor("int64", inputs[name], shape)]));
  const { data, dims } = (await session.run(feeds))[session.outputNames[0]];
  return batch.map((row, at) => meanPool(data, at * width, row.length, dims[2])); // data: (batch, width, size)
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
  return atUnitLength(mean); // the mean's divisor drops out here
}
