/**
 * Tokenizers of embedders: `vocab.txt` for the one that comes with staysail, `tokenizer.json` for any other, by Hugging Face's own JavaScript.
 *
 * @typedef {(text: string) => number[]} Encode
 */

import { LocalModelError, messageOf } from "./errors.js";
import { WordPiece } from "./wordpiece.js";

/**
 * Returns a function from a text to its token ids.
 * @param {Blob} file
 * @param {{isVocabulary: boolean, runtimeURL: URL, maxTokens: number, isBare?: boolean, prefix?: string}} options runtimeURL: folder of
 *   tokenizers.min.mjs. isBare: without the special tokens around a text, and without unknown ones. prefix: before each text
 * @returns {Promise<Encode>}
 */
export async function openTokenizer(file, { isVocabulary, runtimeURL, maxTokens, isBare = false, prefix = "" }) {
  const source = await file.text();
  if (isVocabulary) {
    const wordPiece = new WordPiece(source);
    return (text) => wordPiece.encode(prefix + text, maxTokens);
  }
  const address = new URL("tokenizers.min.mjs", runtimeURL).href;
  const { Tokenizer } = await import(/* webpackIgnore: true */ /* @vite-ignore */ address).catch((cause) => {
    throw new LocalModelError("runtime_missing", `The tokenizer's code is missing at ${address}: ${messageOf(cause)}`, { cause });
  });
  const described = JSON.parse(source);
  const tokenizer = new Tokenizer(described, {});
  const { model } = described;
  const unknown = isBare ? (typeof model.unk_id === "number" ? model.unk_id : tokenizer.token_to_id(model.unk_token)) : undefined;
  return (text) => {
    // A token has several characters: what is far behind the last one that counts is not looked at.
    const ids = [...tokenizer.encode(prefix + text.slice(0, maxTokens * LONGEST_TOKEN), { add_special_tokens: !isBare }).ids];
    if (isBare) return ids.filter((id) => id !== unknown).slice(0, maxTokens);
    return ids.length <= maxTokens ? ids : [...ids.slice(0, maxTokens - 1), ids[ids.length - 1]];
  };
}

const LONGEST_TOKEN = 16;
