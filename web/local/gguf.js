/** Reads the head of a GGUF file before a runtime gets the file. */

import { LocalModelError } from "./errors.js";

/** llama.cpp reads a file with 32-bit offsets here. */
const MAX_FILE_BYTES = 2 ** 31 - 1;
/** Bytes in which the chat template is searched for: it stands behind the vocabulary, which has a few MB. */
const HEAD_BYTES = 2 ** 25;

/** Raises "not_gguf" or "too_large" for a file that cannot be read here. @param {Blob} weights */
export async function checkFile(weights) {
  const magic = new Uint8Array(await weights.slice(0, 4).arrayBuffer());
  if (String.fromCharCode(...magic) !== "GGUF") {
    throw new LocalModelError("not_gguf", "That file is not a GGUF model. Give a .gguf file, or a URL that answers with one.");
  }
  if (weights.size > MAX_FILE_BYTES) {
    throw new LocalModelError(
      "too_large",
      `That model has a file of ${(weights.size / 2 ** 30).toFixed(1)} GiB; a page can read files of less than 2 GiB. Take a smaller or more quantised one, or one in parts (llama-gguf-split makes them).`,
    );
  }
}

/** Returns whether the file reads pictures or sound for a language model (mmproj). @param {Blob} file */
export async function isProjector(file) {
  return /clip\.has_(vision|audio)_encoder/.test((await headOf(file)).text);
}

/**
 * The context length the model was trained for, read from the head of the file: a bigger window costs memory and gives nonsense.
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (here only the one integer is searched for).
 * @param {Blob} weights
 */
export async function trainedContext(weights) {
  const { head, text } = await headOf(weights);
  const name = ".context_length";
  const at = text.indexOf(name);
  if (at < 0) return Infinity;
  const view = new DataView(head.buffer, at + name.length);
  const UINT32 = 4;
  return view.getUint32(0, true) === UINT32 ? view.getUint32(4, true) : Infinity;
}

/** Returns the first bytes, and a text with a character for each of them. @param {Blob} file */
async function headOf(file) {
  const head = new Uint8Array(await file.slice(0, 65_536).arrayBuffer());
  return { head, text: Array.from(head, (byte) => String.fromCharCode(byte)).join("") };
}

/** Returns whether the model's own chat template takes tools. @param {Blob} weights */
export async function takesTools(weights) {
  const head = new Uint8Array(await weights.slice(0, HEAD_BYTES).arrayBuffer());
  const name = new TextEncoder().encode("tokenizer.chat_template");
  const view = new DataView(head.buffer);
  const STRING = 8;
  for (let at = head.indexOf(name[0]); at >= 0; at = head.indexOf(name[0], at + 1)) {
    const end = at + name.length;
    if (end + 12 > head.length) return false;
    if (!name.every((byte, index) => head[at + index] === byte) || view.getUint32(end, true) !== STRING) continue;
    const bytes = head.subarray(end + 12, end + 12 + Number(view.getBigUint64(end + 4, true)));
    return /\btools\b/.test(new TextDecoder().decode(bytes));
  }
  return false;
}
