/**
 * Language models with a name: `new Agent({ model: "local:qwen3-0.6b" })`.
 *
 * The first one comes with staysail's own files and is tested. The others are files of the public hub, which cannot be reached from where
 * staysail is built, so none of them was run: their sizes and hashes are those that at least two independent public sources give, and
 * the names of their architectures stand in the WebAssembly of both runtimes. A fact that is not known is left out.
 *
 * @import { Device, LocalModel } from "./types.js"
 */

import { LANGUAGE_MODEL } from "./defaults.js";

/** @type {readonly LocalModel[]} smallest first */
export const LOCAL_MODELS = [
  {
    name: "smollm2-135m-instruct",
    title: "SmolLM2 135M",
    licence: "Apache-2.0",
    languages: ["en"],
    abilities: ["tools", "schema"],
    contextTokens: 8192,
    memoryBytes: 333_000_000,
    needs: { threads: 1, memoryGB: 1 },
    isTried: true,
    note: "Comes with staysail. Short, simple answers in English, often wrong ones; about 20 tokens a second on two cores.",
    files: [{ address: LANGUAGE_MODEL.path, sizeBytes: LANGUAGE_MODEL.sizeBytes, sha256: LANGUAGE_MODEL.sha256 }],
  },
  {
    name: "gemma-3-270m-it",
    title: "Gemma 3 270M",
    licence: "Gemma Terms of Use",
    abilities: ["tools", "schema"],
    contextTokens: 32_768,
    needs: { threads: 2, memoryGB: 2 },
    isTried: false,
    note: "Google's smallest, trained for four bits.",
    files: [
      {
        address: "hf:ggml-org/gemma-3-270m-it-qat-GGUF@7dba9faa7cdb58c7dc44b238c7dbb00e391fbf65/gemma-3-270m-it-qat-Q4_0.gguf",
        sizeBytes: 241_410_624,
        sha256: "3626e245220ca4a1c5911eb4010b3ecb7bdbf5bc53c79403c21355354d1e2dc6",
      },
    ],
  },
  {
    name: "qwen3-0.6b",
    title: "Qwen3 0.6B",
    licence: "Apache-2.0",
    languages: ["mul"],
    abilities: ["tools", "schema", "reasoning"],
    contextTokens: 32_768,
    runtime: "native",
    needs: { threads: 4, memoryGB: 4 },
    isTried: false,
    note: "Reasons before it answers, in more than a hundred languages.",
    files: [
      {
        address: "hf:Qwen/Qwen3-0.6B-GGUF@23749fefcc72300e3a2ad315e1317431b06b590a/Qwen3-0.6B-Q8_0.gguf",
        sizeBytes: 639_446_688,
        sha256: "9465e63a22add5354d9bb4b99e90117043c7124007664907259bd16d043bb031",
      },
    ],
  },
  {
    name: "lfm2.5-1.2b-instruct",
    title: "LFM2.5 1.2B",
    licence: "LFM Open License",
    abilities: ["tools", "schema"],
    runtime: "native",
    needs: { threads: 4, memoryGB: 4 },
    isTried: false,
    note: "Made for computing on the device.",
    files: [
      {
        address: "hf:LiquidAI/LFM2.5-1.2B-Instruct-GGUF@8ed288026e23958ad9dfa92d53ed773a8eee7125/LFM2.5-1.2B-Instruct-Q4_K_M.gguf",
        sizeBytes: 730_895_168,
        sha256: "b1b3de114215d9507409a662a501a631095a479a419584e8a2ded6304b19b4f5",
      },
    ],
  },
  {
    name: "gemma-3-1b-it",
    title: "Gemma 3 1B",
    licence: "Gemma Terms of Use",
    abilities: ["tools", "schema"],
    contextTokens: 32_768,
    needs: { threads: 4, memoryGB: 4 },
    isTried: false,
    note: "Google's small one for text.",
    files: [
      {
        address: "hf:ggml-org/gemma-3-1b-it-GGUF@f9c28bcd85737ffc5aef028638d3341d49869c27/gemma-3-1b-it-Q4_K_M.gguf",
        sizeBytes: 806_058_240,
        sha256: "8ccc5cd1f1b3602548715ae25a66ed73fd5dc68a210412eea643eb20eb75a135",
      },
    ],
  },
  {
    name: "granite-4.0-1b",
    title: "Granite 4.0 1B",
    licence: "Apache-2.0",
    languages: ["en", "es", "fr", "de", "ja", "zh", "ar", "ko", "pt", "it", "nl", "cs"],
    abilities: ["tools", "schema"],
    runtime: "native",
    needs: { threads: 4, memoryGB: 8 },
    isTried: false,
    note: "IBM's small one, trained to call tools.",
    files: [
      {
        address: "hf:ibm-granite/granite-4.0-1b-GGUF@b27c2fe3f211b7f44e80fa620177aea371099aaa/granite-4.0-1b-Q4_K_M.gguf",
        sizeBytes: 1_023_645_440,
        sha256: "22ec0f9cc99a90185312de3c882c84e7bd6789bdd050389844380a01a831d7f1",
      },
    ],
  },
  {
    name: "qwen3-1.7b",
    title: "Qwen3 1.7B",
    licence: "Apache-2.0",
    languages: ["mul"],
    abilities: ["tools", "schema", "reasoning"],
    contextTokens: 32_768,
    runtime: "native",
    needs: { threads: 8, memoryGB: 8 },
    isTried: false,
    note: "Reasons before it answers, in more than a hundred languages.",
    files: [
      {
        address: "hf:unsloth/Qwen3-1.7B-GGUF/Qwen3-1.7B-Q4_K_M.gguf",
        sizeBytes: 1_107_409_472,
        sha256: "b139949c5bd74937ad8ed8c8cf3d9ffb1e99c866c823204dc42c0d91fa181897",
      },
    ],
  },
  {
    name: "smollm3-3b",
    title: "SmolLM3 3B",
    licence: "Apache-2.0",
    languages: ["en", "fr", "es", "de", "it", "pt"],
    abilities: ["tools", "schema", "reasoning"],
    runtime: "native",
    needs: { threads: 8, memoryGB: 8 },
    isTried: false,
    note: "Open in everything, data and training included. The largest that fits into one file here.",
    files: [
      {
        address: "hf:ggml-org/SmolLM3-3B-GGUF@4965cb60b150737b68a0408c36aeefb65078f894/SmolLM3-Q4_K_M.gguf",
        sizeBytes: 1_915_305_312,
        sha256: "8334b850b7bd46238c16b0c550df2138f0889bf433809008cc17a8b05761863e",
      },
    ],
  },
];

/** The model that comes with staysail. */
export const BUILT_IN = LOCAL_MODELS[0];

/**
 * Returns the catalogue's model for a device: the last one of Qwen3 and SmolLM2 whose needs are met. A rule of thumb, by the sizes alone:
 * of the catalogue only SmolLM2-135M was measured, and of WebGPU nothing.
 * @param {Device} [device] this one without
 * @returns {LocalModel}
 */
export function recommendedModel({ threads, memoryGB } = describeDevice()) {
  const fits = LOCAL_MODELS.filter(
    ({ name, needs }) => /^(smollm2|qwen3)/.test(name) && needs.threads <= threads && needs.memoryGB <= memoryGB,
  );
  return fits[fits.length - 1] ?? BUILT_IN;
}

/**
 * Returns the browser's facts about the device.
 * @returns {Device} threads: 1 where the page is not cross-origin isolated; memoryGB: 0 where the browser has no figure; most browsers have at most 8
 */
export function describeDevice() {
  const { hardwareConcurrency: cores = 1, deviceMemory = 0 } = /** @type {Navigator & {deviceMemory?: number}} */ (
    globalThis.navigator ?? {}
  );
  return {
    threads: globalThis.crossOriginIsolated ? cores : 1,
    memoryGB: deviceMemory,
    hasWebGPU: "gpu" in (globalThis.navigator ?? {}),
  };
}
