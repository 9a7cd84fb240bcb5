// The snapshot's checks, and a start from it in Node.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { boot, pythonTools, shutdown } from "../../web/index.js";
import { checkSnapshot, findSnapshot } from "../../web/runtime/snapshot.js";
import { pack, unpack } from "../../web/runtime/snapshot-packing.js";

const bytes = (text) => new TextEncoder().encode(text);
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

const manifest = { file: "a.snapshot", bytes: 6, sha256: sha256("memory"), wheelSha256: sha256("wheel") };
const files = { "http://host/wheels/m.json": JSON.stringify(manifest), "http://host/wheels/a.snapshot": "memory" };
const read = async (url) => bytes(files[url]);
const found = () => findSnapshot("http://host/wheels/m.json", read);

test("a snapshot is found beside its manifest, and fits when its bytes and the wheel's are the right ones", async () => {
  const { url, ...snapshot } = await found();
  assert.equal(url, "http://host/wheels/a.snapshot");
  await checkSnapshot({ url, ...snapshot }, Promise.resolve(bytes("wheel")), read(url));
});

test("a snapshot of another wheel, or with other bytes, is refused", async () => {
  const snapshot = await found();
  await assert.rejects(checkSnapshot(snapshot, Promise.resolve(bytes("newer")), read(snapshot.url)), /another version/);
  await assert.rejects(
    checkSnapshot(snapshot, Promise.resolve(bytes("wheel")), Promise.resolve(bytes("mem0ry"))),
    /not what its manifest tells/,
  );
});

test("a packed memory has no empty pages and comes back byte for byte, wherever its bytes stand", () => {
  for (const [length, marks] of [
    [0, []],
    [5, [4]],
    [4096, []],
    [40_960, [0, 4095, 4096, 20_000, 40_959]],
    [41_000, [12_288, 40_999]],
  ]) {
    const memory = new Uint8Array(length);
    for (const mark of marks) memory[mark] = 7;
    const packed = pack(memory);
    assert.deepEqual(unpack(packed), memory);
    assert.ok(packed.length <= marks.length * 4096 + 12 + 8 * marks.length, `${packed.length} bytes for ${marks.length} marks`);
  }
  assert.throws(() => unpack(bytes("not a snapshot")), /no snapshot/);
});

test("Python in Node starts from the snapshot beside its runtime, with this machine's clock and variables", async () => {
  process.env.TZ = "Asia/Tokyo";
  process.env.STAYSAIL_OLLAMA_BASE_URL = "http://127.0.0.1:9";
  await boot({ runtimeURL: new URL("../../wheels/", import.meta.url) });
  const [look] = await pythonTools(`
import os, sys, time
def look() -> list:
    return ["staysail.bridge.restoring" in sys.modules, time.timezone, os.environ["STAYSAIL_OLLAMA_BASE_URL"]]
`);
  const answer = await look.execute({});
  shutdown();
  assert.deepEqual(answer, [true, -9 * 3600, "http://127.0.0.1:9"]);
});
