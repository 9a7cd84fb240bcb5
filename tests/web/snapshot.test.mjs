// The snapshot's checks, and a start from it in Node.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { boot, pythonTools, shutdown } from "../../web/index.js";
import { findSnapshot, readSnapshot } from "../../web/snapshot.js";

const bytes = (text) => new TextEncoder().encode(text);
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

const manifest = { file: "a.snapshot", bytes: 6, sha256: sha256("memory"), wheelSha256: sha256("wheel") };
const files = { "http://host/wheels/m.json": JSON.stringify(manifest), "http://host/wheels/a.snapshot": "memory" };
const read = async (url) => bytes(files[url]);
const found = () => findSnapshot("http://host/wheels/m.json", read);

test("a snapshot is read from beside its manifest when its bytes and the wheel's are the right ones", async () => {
  assert.deepEqual(await readSnapshot(await found(), Promise.resolve(bytes("wheel")), read), bytes("memory"));
});

test("a snapshot of another wheel, or with other bytes, is refused", async () => {
  await assert.rejects(readSnapshot(await found(), Promise.resolve(bytes("newer")), read), /another version/);
  await assert.rejects(readSnapshot(await found(), Promise.resolve(bytes("wheel")), async () => bytes("mem0ry")), /not what its manifest tells/);
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
