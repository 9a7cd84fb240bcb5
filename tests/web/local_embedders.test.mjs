import assert from "node:assert/strict";
import { existsSync, openAsBlob, readFileSync } from "node:fs";
import test from "node:test";

import { Embedder } from "../../web/local/embedder.js";
import { LOCAL_EMBEDDERS, embedderOf } from "../../web/local/embedders.js";
import { openStaticTable } from "../../web/local/static-table.js";
import { openTokenizer } from "../../web/local/tokens.js";
import { WordPiece } from "../../web/local/wordpiece.js";

const LOCAL = new URL("../../wheels/local/", import.meta.url);
const POTION = new URL("potion-base-8m/", LOCAL);
const skip = existsSync(POTION) ? false : "the weights are not built: make build";
const runtimeURL = new URL("tokenizers/", LOCAL);

const dot = (a, b) => a.reduce((sum, x, at) => sum + x * b[at], 0);

async function potion() {
  const words = new Blob([readFileSync(new URL("tokenizer.json", POTION))]);
  const encode = await openTokenizer(words, { isVocabulary: false, runtimeURL, maxTokens: 512, isBare: true });
  return { encode, embedder: new Embedder(await openStaticTable(await openAsBlob(new URL("model.safetensors", POTION)), { encode })) };
}

test("a static embedder gives the normalised mean of its tokens' rows", { skip }, async () => {
  const { embedder } = await potion();
  const file = readFileSync(new URL("model.safetensors", POTION));
  const begin = 8 + Number(file.readBigUInt64LE(0));
  const { vocab } = JSON.parse(readFileSync(new URL("tokenizer.json", POTION), "utf8")).model;
  const row = (token) => Array.from({ length: 256 }, (_, at) => file.readFloatLE(begin + (vocab[token] * 256 + at) * 4));
  const sum = ["the", "sea", "rises"].map(row).reduce((a, b) => a.map((x, at) => x + b[at]));
  const [vector] = await embedder.embed(["The sea rises"]);
  assert.equal(vector.length, 256);
  assert.ok(Math.abs(dot(vector, vector) - 1) < 1e-5);
  assert.ok(Math.abs(dot(vector, sum) / Math.sqrt(dot(sum, sum)) - 1) < 1e-6);
});

test("a static embedder finds what means the same", { skip }, async () => {
  const { embedder } = await potion();
  const [question, answer, other, empty] = await embedder.embed([
    "a fast car",
    "The automobile was quick.",
    "Bread and butter",
    "\u{10330}",
  ]);
  assert.ok(dot(question, answer) > dot(question, other) + 0.3);
  assert.ok(empty.every((x) => x === 0)); // no token is known
});

test("tokenizer.json gives the tokens of the built-in tokenizer", { skip }, async () => {
  const { encode } = await potion();
  const { vocab } = JSON.parse(readFileSync(new URL("tokenizer.json", POTION), "utf8")).model;
  const names = Object.entries(vocab).sort((a, b) => a[1] - b[1]);
  const reference = new WordPiece(names.map(([token]) => token).join("\n"));
  const ids = (text) =>
    reference
      .encode(text, 512)
      .slice(1, -1)
      .filter((id) => id !== vocab["[UNK]"]);
  for (const text of [
    "The tide comes in.",
    "Überraschung, naïve café!",
    "unbelievably far-fetched",
    "日本の海",
    "don't  \t stop",
    "\u{10330} gone",
  ])
    assert.deepEqual(encode(text), ids(text), text);
});

test("SentencePiece's tokens, a prefix, and a text that is cut", { skip }, async () => {
  const vocab = [
    ["<s>", 0],
    ["</s>", 0],
    ["<unk>", 0],
    ["\u2581", -3],
    ["\u2581sea", -1],
    ["\u2581the", -1],
    ["s", -2],
    ["\u2581q:", -1],
  ];
  const described = {
    version: "1.0",
    added_tokens: ["<s>", "</s>", "<unk>"].map((content, id) => ({ id, content, special: true })),
    normalizer: null,
    pre_tokenizer: { type: "Metaspace", replacement: "\u2581", prepend_scheme: "always", split: true },
    post_processor: {
      type: "TemplateProcessing",
      single: [
        { SpecialToken: { id: "<s>", type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
        { SpecialToken: { id: "</s>", type_id: 0 } },
      ],
      pair: [],
      special_tokens: { "<s>": { id: "<s>", ids: [0], tokens: ["<s>"] }, "</s>": { id: "</s>", ids: [1], tokens: ["</s>"] } },
    },
    decoder: null,
    model: { type: "Unigram", unk_id: 2, vocab },
  };
  const file = new Blob([JSON.stringify(described)]);
  const encode = await openTokenizer(file, { isVocabulary: false, runtimeURL, maxTokens: 6, prefix: "q: " });
  assert.deepEqual(encode("the seas"), [0, 7, 5, 4, 6, 1]);
  assert.deepEqual(encode("the seas the sea"), [0, 7, 5, 4, 6, 1]);
  const bare = await openTokenizer(file, { isVocabulary: false, runtimeURL, maxTokens: 6, isBare: true });
  assert.deepEqual(bare("the sea"), [5, 4]);
  assert.ok(!bare("the \u{10330}").includes(2));
});

test("tables of half precision and of bytes, with a row and a weight for each token", async () => {
  const file = (type, table) => {
    const mapping = new Uint8Array(new BigInt64Array([1n, 0n, 5n]).buffer);
    const weights = new Uint8Array(new Float32Array([1, 3, 1]).buffer);
    const ends = [table.length, table.length + mapping.length, table.length + mapping.length + weights.length];
    const header = JSON.stringify({
      __metadata__: { made: "here" },
      embeddings: { dtype: type, shape: [2, 2], data_offsets: [0, ends[0]] },
      mapping: { dtype: "I64", shape: [3], data_offsets: [ends[0], ends[1]] },
      weights: { dtype: "F32", shape: [3], data_offsets: [ends[1], ends[2]] },
    });
    const length = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
    return new Blob([length, header, table, mapping, weights]);
  };
  const halves = new Uint8Array(new Uint16Array([0x3c00, 0x0000, 0x0000, 0x3c00]).buffer); // (1, 0), (0, 1)
  const bytes = new Uint8Array(new Int8Array([100, 0, 0, 100]).buffer);
  for (const [type, table] of [
    ["F16", halves],
    ["I8", bytes],
  ]) {
    const embedder = new Embedder(await openStaticTable(file(type, table), { encode: () => [0, 1, 2] }));
    const [vector] = await embedder.embed(["any"]);
    assert.deepEqual(
      [...vector].map((x) => x.toFixed(4)),
      [(3 / Math.sqrt(10)).toFixed(4), (1 / Math.sqrt(10)).toFixed(4)],
      type,
    );
  }
  await assert.rejects(openStaticTable(file("F8", bytes), { encode: () => [] }), { code: "bad_request", message: /of the type F8/ });
  await assert.rejects(openStaticTable(new Blob(["no safetensors at all"]), { encode: () => [] }), { message: /no safetensors file/ });
});

/** A model whose vectors are the number of tokens, and which tells what it is given. */
function counting(batchCells) {
  const batches = [];
  const run = async (batch) => {
    batches.push(batch.map((ids) => ids.length));
    return batch.map((ids) => Float32Array.of(ids.length));
  };
  return { batches, embedder: new Embedder({ dimensions: 1, threads: 1, batchCells, encode: (text) => text.split(" "), run }) };
}

test("batches have texts of about one length and no more cells than a model takes", async () => {
  const { batches, embedder } = counting(6);
  const texts = ["a b c d e f g h", "a", "a b", "a b c", "a", "a b c"];
  assert.deepEqual(
    (await embedder.embed(texts)).map(([count]) => count),
    [8, 1, 2, 3, 1, 3],
  );
  assert.deepEqual(batches, [[1, 1, 2], [3, 3], [8]]);
  assert.deepEqual(await embedder.embed([]), []);
});

test("a question goes before the rest of a file, the newest first", async () => {
  const { embedder } = counting(2);
  const order = [];
  const told = (name, texts, signal) =>
    embedder.embed(texts, signal).then(
      () => order.push(name),
      (error) => order.push(`${name} ${error.name}`),
    );
  const control = new AbortController();
  const all = [told("file", Array(8).fill("a b")), told("stopped", Array(4).fill("a b"), control.signal)];
  all.push(told("first question", ["a b"]), told("second question", ["a b"]));
  control.abort();
  await Promise.all(all);
  assert.deepEqual(order, ["second question", "first question", "stopped AbortError", "file"]);
});

test("an unknown embedder is refused with those that there are", () => {
  assert.equal(embedderOf("Potion-Base-8M").kind, "static");
  assert.throws(() => embedderOf("e9"), {
    code: "bad_request",
    message: /There are all-minilm-l6-v2, potion-base-8m, multilingual-e5-small/,
  });
  for (const { files } of LOCAL_EMBEDDERS)
    for (const { sizeBytes, sha256 } of Object.values(files)) assert.ok(sizeBytes > 0 && /^[0-9a-f]{64}$/.test(sha256));
});
