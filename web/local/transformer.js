/**
 * An embedder that computes: a BERT-like model in ONNX by onnxruntime-web, the mean over its tokens.
 *
 * @import { OpenEmbedder } from "./types.js"
 * @import { Encode } from "./tokens.js"
 */

import { atUnitLength } from "./embedder.js";
import { LocalModelError, messageOf } from "./errors.js";
import { NoThreads, withSureWorkers } from "./sure-worker.js";

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
  const bytes = new Uint8Array(await weights.arrayBuffer());
  let count = globalThis.crossOriginIsolated ? threads : 1;
  try {
    const opened = await withSureWorkers(() => openSession(bytes, runtimeURL, count)).catch((error) => {
      if (!(error instanceof NoThreads)) throw error;
      return openSession(bytes, runtimeURL, (count = 1));
    });
    return {
      dimensions,
      threads: count,
      batchCells: BATCH_CELLS,
      encode,
      run: (batch) => run(opened.session, opened.Tensor, batch),
    };
  } catch (cause) {
    throw new LocalModelError("runtime_missing", `The embedder did not start from ${runtimeURL.href}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {URL} runtimeURL
 * @param {number} threads
 * @returns {Promise<{session: Session, Tensor: new (type: string, data: BigInt64Array, dims: number[]) => unknown}>}
 */
async function openSession(bytes, runtimeURL, threads) {
  // A module that waits for its threads cannot begin again: by another fragment the same file is another module.
  const ort = await import(/* webpackIgnore: true */ /* @vite-ignore */ new URL(`ort.wasm.min.mjs#${threads}`, runtimeURL).href);
  ort.env.wasm.wasmPaths = runtimeURL.href;
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ["wasm"],
    // Threads that wait in a loop would take the language model's time.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  return { session, Tensor: ort.Tensor };
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
