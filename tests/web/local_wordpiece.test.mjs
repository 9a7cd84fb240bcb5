import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import test from "node:test";

import { WordPiece } from "../../web/local/wordpiece.js";

const VOCABULARY = new URL("../../wheels/local/minilm-vocab.txt", import.meta.url);
const skip = existsSync(VOCABULARY) ? false : "the weights are not built: make build";

test("texts become the ids that the reference tokenizer gives", { skip }, () => {
  const tokenizer = new WordPiece(readFileSync(VOCABULARY, "utf8"));
  // Made with Hugging Face's tokenizers 0.23 and the model's own tokenizer.json, cut at 256 tokens.
  const reference = JSON.parse(readFileSync(new URL("local_wordpiece.json", import.meta.url), "utf8"));
  for (const [text, ids] of reference) assert.deepEqual(tokenizer.encode(text, 256), ids, JSON.stringify(text));
});

test("a text is cut at the limit with its end mark kept", () => {
  const tokenizer = new WordPiece("[UNK]\n[CLS]\n[SEP]\nword\n##s");
  assert.deepEqual(tokenizer.encode("words word other", 10), [1, 3, 4, 3, 0, 2]);
  assert.deepEqual(tokenizer.encode("words word other", 4), [1, 3, 4, 2]);
  assert.deepEqual(tokenizer.encode("", 4), [1, 2]);
});
