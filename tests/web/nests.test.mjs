// JSON that nests without end, at every door: Python and Node live on, and each door ends in a value or in an error of staysail's.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { readPartialJson } from "../../web/chat.js";
import { QdrantAdapter } from "../../web/qdrant.js";
import { NESTS, findFaults } from "./nests.mjs";

const here = (path) => new URL(path, import.meta.url).href;
let server, url;
before(async () => {
  server = spawn(process.execPath, [fileURLToPath(here("nest_server.mjs"))], { stdio: ["pipe", "pipe", "inherit"] });
  ({ url } = JSON.parse((await once(server.stdout, "data"))[0]));
});
after(() => server.kill());

/** It runs in a Node of its own, so that dying would be seen. */
const PROGRAM = `
  const modules = await Promise.all(${JSON.stringify(["index", "toolfs", "vector-store", "qdrant"].map((name) => here(`../../web/${name}.js`)))}.map((name) => import(name)));
  const staysail = Object.assign({}, ...modules);
  const { tryDoors } = await import(${JSON.stringify(here("nests.mjs"))});
  await staysail.boot({ runtimeURL: new URL(${JSON.stringify(here("../../wheels/"))}) });
  const waiting = setInterval(() => {}, 1000);
  console.log("\\n" + JSON.stringify(await tryDoors(staysail, process.argv[1])));
  clearInterval(waiting);
  staysail.shutdown();
`;

test("no nest at any door ends Python or Node", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", PROGRAM, url], { maxBuffer: 1 << 26 });
  const ends = JSON.parse(stdout.trimEnd().split("\n").at(-1));
  assert.ok(Object.keys(ends).length > 350, `only ${Object.keys(ends).length} doors`);
  assert.deepEqual(findFaults(ends), []);
});

test("the beginning of arguments that nest is read in JavaScript too", () => {
  for (const nest of Object.values(NESTS)) assert.equal(readPartialJson(nest), undefined);
  assert.deepEqual(readPartialJson('[{"a":[{"b":"c'), [{ a: [{ b: "c" }] }]);
});

test("a server that is no Qdrant is refused in words", async () => {
  const store = new QdrantAdapter("c", { embedTexts: async () => [{ vec: [1] }] }, { url: `${url}/open/plugin` });
  for (const work of [() => store.topN({ query: "a", samples: 1 }), () => store.get(["1"]), () => store.ids()])
    await assert.rejects(work(), { name: "StoreError", code: "bad_answer" });
});
