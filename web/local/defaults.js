/** The files a site serves for the local models, as `localURL` holds them. Hashes are of what is downloaded, checked once. */

/** @typedef {{path: string, sizeBytes: number, sha256: string}} WeightFile */

/** @type {WeightFile} */
export const LANGUAGE_MODEL = {
  path: "SmolLM2-135M-Instruct.Q4_1.gguf",
  sizeBytes: 98_362_432,
  sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
};

/** @type {WeightFile} */
export const EMBEDDER = {
  path: "minilm-int8.onnx",
  sizeBytes: 22_928_619,
  sha256: "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
};

/** @type {WeightFile} */
export const VOCABULARY = {
  path: "minilm-vocab.txt",
  sizeBytes: 231_508,
  sha256: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
};

/** @type {WeightFile} */
export const STATIC_TABLE = {
  path: "potion-base-8m/model.safetensors",
  sizeBytes: 30_236_760,
  sha256: "f65d0f325faadc1e121c319e2faa41170d3fa07d8c89abd48ca5358d9a223de2",
};

/** @type {WeightFile} */
export const STATIC_TOKENIZER = {
  path: "potion-base-8m/tokenizer.json",
  sizeBytes: 683_666,
  sha256: "e67e803f624fb4d67dea1c730d06e1067e1b14d830e2c2202569e3ef0f70bb50",
};
