/**
 * Embedders with a name: `localEngine({ embedder: "potion-base-8m" })`. The first comes with staysail and chooses its tools; the
 * second comes with it as well. The third is a file of the public hub, which cannot be reached from where staysail is built: its sizes and
 * hashes are those that several independent public sources give.
 *
 * @import { LocalEmbedder } from "./types.js"
 */

import { EMBEDDER, STATIC_TABLE, STATIC_TOKENIZER, VOCABULARY } from "./defaults.js";
import { LocalModelError } from "./errors.js";

const HUB_E5 = "hf:Xenova/multilingual-e5-small@761b726dd34fb83930e26aab4e9ac3899aa1fa78";

/** @type {readonly LocalEmbedder[]} */
export const LOCAL_EMBEDDERS = [
  {
    name: "all-minilm-l6-v2",
    title: "all-MiniLM-L6-v2",
    kind: "transformer",
    licence: "Apache-2.0",
    languages: ["en"],
    dimensions: 384,
    maxTokens: 256,
    isTried: true,
    note: "Comes with staysail.",
    files: { weights: fileOf(EMBEDDER), tokenizer: fileOf(VOCABULARY) },
  },
  {
    name: "potion-base-8m",
    title: "potion base 8M",
    kind: "static",
    licence: "MIT",
    languages: ["en"],
    dimensions: 256,
    maxTokens: 512,
    isTried: true,
    note: "Comes with staysail. For large collections: a table of words, which knows nothing of their order.",
    files: { weights: fileOf(STATIC_TABLE), tokenizer: fileOf(STATIC_TOKENIZER) },
  },
  {
    name: "multilingual-e5-small",
    title: "multilingual E5 small",
    kind: "transformer",
    licence: "MIT",
    languages: ["mul"],
    dimensions: 384,
    maxTokens: 512,
    prefix: "query: ",
    isTried: false,
    note: "About a hundred languages; some twice as slow as MiniLM.",
    files: {
      weights: {
        address: `${HUB_E5}/onnx/model_quantized.onnx`,
        sizeBytes: 118_308_185,
        sha256: "f80102d3f2a1229f387d3c81909990d8945513e347b0eab049f7de3c6f98c193",
      },
      tokenizer: {
        address: `${HUB_E5}/tokenizer.json`,
        sizeBytes: 17_082_730,
        sha256: "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
      },
    },
  },
];

/** The embedder that comes with staysail. */
export const BUILT_IN_EMBEDDER = LOCAL_EMBEDDERS[0];

/**
 * Returns an embedder by its name.
 * @param {string | LocalEmbedder} given a description is returned as it is
 */
export function embedderOf(given) {
  if (typeof given !== "string") return given;
  const found = LOCAL_EMBEDDERS.find(({ name }) => name === given.toLowerCase());
  if (found) return found;
  const names = LOCAL_EMBEDDERS.map(({ name }) => name).join(", ");
  throw new LocalModelError("bad_request", `There is no local embedder "${given}". There are ${names}.`);
}

/** @param {import("./defaults.js").WeightFile} file */
function fileOf({ path, ...known }) {
  return { address: path, ...known };
}
