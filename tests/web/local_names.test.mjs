/** The catalogue of local models, and the names by which a model is chosen. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { BUILT_IN, LOCAL_MODELS, recommendedModel } from "../../web/local/catalogue.js";
import { canonicalName, filesOf, inOrder } from "../../web/local/names.js";

const localURL = "https://site.example/local/";
const refuses = (name, words) => assert.throws(() => canonicalName(name), { code: "bad_request", message: words });

test("the catalogue's models have what a download is checked by, and fit into one file each", () => {
  assert.equal(new Set(LOCAL_MODELS.map(({ name }) => name)).size, LOCAL_MODELS.length);
  for (const { name, licence, needs, files } of LOCAL_MODELS) {
    assert.equal(canonicalName(name.toUpperCase()), name);
    assert.ok(licence && needs.threads >= 1);
    for (const file of files) {
      assert.match(file.sha256, /^[0-9a-f]{64}$/, name);
      assert.ok(file.sizeBytes > 0 && file.sizeBytes < 2 ** 31, name);
    }
    for (const { address } of filesOf(name, { localURL })) assert.match(address, /^https:.*\.gguf$/);
  }
  assert.deepEqual(
    LOCAL_MODELS.filter(({ isTried }) => isTried),
    [BUILT_IN],
  );
});

test("the documentation lists the catalogue", async () => {
  const text = await readFile(new URL("../../docs/local-models.md", import.meta.url), "utf8");
  const rows = LOCAL_MODELS.map(({ name, files, licence, languages = [], isTried }) => {
    const megabytes = Math.round(files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1e6).toLocaleString("en");
    const spoken = languages[0] === "mul" ? "more than a hundred" : languages.join(", ");
    return `| \`${name}\` | ${megabytes} | ${licence} | ${spoken} | ${isTried ? "yes" : "no"} |\n`;
  });
  const head = "| name | MB | licence | languages | tried |\n| --- | --- | --- | --- | --- |\n";
  assert.equal(text.split(/<!-- \/?catalogue -->\n/)[1], head + rows.join(""));
});

test("the built-in model has its old names, and its file is the site's own", () => {
  for (const name of ["", "smollm2", "default", "SmolLM2-135M-Instruct"]) assert.equal(canonicalName(name), BUILT_IN.name);
  assert.deepEqual(
    filesOf(BUILT_IN.name, { localURL }).map(({ address }) => address),
    ["https://site.example/local/SmolLM2-135M-Instruct.Q4_1.gguf"],
  );
});

test("a file on the hub is named by owner, repository, revision and path", () => {
  assert.equal(canonicalName("hf:owner/repo/a.gguf"), "https://huggingface.co/owner/repo/resolve/main/a.gguf");
  assert.equal(canonicalName("hf:owner/re.po@abc123/q4/a b.gguf"), "https://huggingface.co/owner/re.po/resolve/abc123/q4/a%20b.gguf");
  assert.equal(canonicalName("hf:o/r/a.gguf", { hubURL: "https://mirror.example/" }), "https://mirror.example/o/r/resolve/main/a.gguf");
  for (const name of [
    "hf:",
    "hf:owner",
    "hf:owner/repo",
    "hf:owner/repo/",
    "hf:owner/repo/readme.md",
    "hf:owner/repo/../x/a.gguf",
    "hf:/repo/a.gguf",
  ])
    refuses(name, /names no file on the hub/);
});

test("a name that names nothing is refused with what would", () => {
  refuses("qwen9", /no local model "qwen9".*qwen3-0\.6b.*hf:owner\/repo\/file\.gguf/);
  refuses("file:///models/a.gguf", /no address of a model/);
  refuses("https://", /no address of a model/);
});

test("any part of a model names all its parts", () => {
  const part = (number) => `https://site.example/m-0000${number}-of-00003.gguf?x=1`;
  for (const number of [1, 2, 3]) assert.equal(canonicalName(part(number)), part(1));
  assert.deepEqual(
    filesOf(part(1), { localURL }),
    [1, 2, 3].map((number) => ({ address: part(number) })),
  );
  assert.match(filesOf(canonicalName("hf:o/r/q8/m-00002-of-00002.gguf"), { localURL })[0].address, /q8\/m-00001-of-00002\.gguf$/);
  refuses("https://site.example/m-00004-of-00003.gguf", /part 4 of 3/);
  refuses("https://site.example/m-00001-of-09999.gguf", /1 to 100 parts/);
});

test("files are put into the order of their parts, and a missing part is told", () => {
  const file = (name) => new File(["GGUF"], name);
  const [a, b, c] = [1, 2, 3].map((number) => file(`m-0000${number}-of-00003.gguf`));
  assert.deepEqual(inOrder([c, a, b]), [a, b, c]);
  assert.deepEqual(inOrder([a]), [a]); // the parts may have been joined under the old name: the runtime tells
  for (const files of [
    [a, b],
    [a, a, b],
    [a, file("other.gguf")],
    [file("x.gguf"), file("y.gguf")],
  ])
    assert.throws(() => inOrder(files), { code: "bad_request", message: /not one model/ });
});

test("a device gets the largest model that its threads and its memory hold", () => {
  const names = [
    { threads: 1, memoryGB: 0 },
    { threads: 1, memoryGB: 32 },
    { threads: 4, memoryGB: 4 },
    { threads: 16, memoryGB: 8 },
  ].map((device) => recommendedModel(device).name);
  assert.deepEqual(names, ["smollm2-135m-instruct", "smollm2-135m-instruct", "qwen3-0.6b", "qwen3-1.7b"]);
});

test("a projector is named behind a plus, beside its model or anywhere, and a file of that name comes last", () => {
  const hub = "https://huggingface.co/o/r/resolve/main/";
  const both = [`${hub}m-00001-of-00002.gguf`, `${hub}m-00002-of-00002.gguf`, `${hub}mmproj-m.gguf`];
  const name = canonicalName("hf:o/r/m-00002-of-00002.gguf+mmproj-m.gguf");
  assert.equal(name, `${both[0]}+${both[2]}`);
  assert.equal(canonicalName(name), name);
  assert.deepEqual(
    filesOf(name, { localURL }).map(({ address }) => address),
    both,
  );
  const elsewhere = canonicalName("https://a.example/m.gguf+hf:o/r/mmproj-m.gguf");
  assert.deepEqual(
    filesOf(elsewhere, { localURL }).map(({ address }) => address),
    ["https://a.example/m.gguf", both[2]],
  );
  refuses("hf:o/r/m.gguf+a.gguf+b.gguf", /more than a model and its projector/);
  const file = (name) => new File(["x"], name);
  const [first, second, projector] = ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf", "mmproj-m.gguf"].map(file);
  assert.deepEqual(inOrder([projector, second, first]), [first, second, projector]);
  assert.deepEqual(inOrder([projector, first]).at(-1), projector);
});
