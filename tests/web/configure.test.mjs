// Settings and starting are two things: configure() remembers, boot() starts, and neither takes what it does not know.

import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";

import { output } from "./installed.mjs";

const web = new URL("../../web/", import.meta.url).href;
const runtime = new URL("../../wheels/", import.meta.url).href;

/** What a module prints as JSON, in a process of its own. */
async function run(source, options = {}) {
  const code = `import { Agent, boot, configure, shutdown } from "${web}index.js";\n${source}`;
  const printed = await output(process.execPath, ["--input-type=module", "--eval", code], { cwd: process.cwd(), ...options });
  return JSON.parse(printed.trim().split("\n").at(-1));
}

const messages = (...calls) =>
  run(`
const said = [];
for (const call of [${calls.map((call) => `() => ${call}`)}]) {
  try { said.push((await call()) ?? null); } catch ({ name, message }) { said.push(name + ": " + message); }
}
console.log(JSON.stringify(said));`);

describe("configure and boot", () => {
  test("refuse names and values that they do not know, and say which are known", async () => {
    const said = await messages(
      `configure({ runtimeUrl: "/pyodide/" })`,
      `boot({ mode: "wrker" })`,
      `configure({ start: "lazy" })`,
      `boot({ start: "idle" })`,
      `configure({ runtimeURL: 7 })`,
      `configure({ snapshot: true })`,
      `boot({ onProgress: "yes" })`,
      `configure()`,
    );
    const names = "mode, runtimeURL, assetsURL, workerURL, wheelURL, snapshot";
    assert.deepEqual(said, [
      `ConfigError: configure has no option "runtimeUrl"; there are: ${names}, start, onProgress`,
      `ConfigError: boot: mode is "worker", "main" or "shared", got "wrker"`,
      `ConfigError: configure: start is "first-call", "focus", "idle" or "eager", got "lazy"`,
      `ConfigError: boot has no option "start"; there are: ${names}, onProgress`,
      `ConfigError: configure: runtimeURL is an address, got 7`,
      `ConfigError: configure: snapshot is false or an address, got true`,
      `ConfigError: boot: onProgress is a function, got "yes"`,
      `ConfigError: configure takes an object of options`,
    ]);
  });

  test("settings with a fault in them change nothing", async () => {
    const started = await run(`
try { configure({ runtimeURL: "file:///nowhere/", mode: "wrker" }); } catch {}
try { await boot({ runtimeURL: "file:///nowhere/", snapshots: false }); } catch {}
await boot({ runtimeURL: "${runtime}" });
console.log(JSON.stringify("started"));
process.exit();`);
    assert.equal(started, "started");
  });

  test("configuring and constructing starts nothing on a server, whatever the start", async () => {
    const idle = await run(`
globalThis.fetch = () => { throw new Error("asked for the network"); };
configure({ runtimeURL: "/pyodide/", start: "eager" });
new Agent({ model: "openai:gpt-6-luna", apiKey: "k" });
const before = performance.now();
process.on("exit", () => console.log(JSON.stringify(performance.now() - before < 2000)));`);
    assert.equal(idle, true, "nothing keeps the process");
  });

  test("a page's path is none of the disk: on a server, Python comes from the npm package", async () => {
    const folder = await mkdtemp(join(tmpdir(), "staysail-bare-"));
    const said = await run(
      `configure({ runtimeURL: "/pyodide/" });
console.log(JSON.stringify(await boot().then(() => "started", ({ message }) => message)));
process.exit();`,
      { cwd: folder },
    );
    assert.equal(said, "started");
  });

  test("settings that Python runs with may be repeated, not changed", async () => {
    const said = await messages(
      `boot({ runtimeURL: "${runtime}" })`,
      `configure({ runtimeURL: "${runtime}" })`,
      `configure({ runtimeURL: "file:///elsewhere/" })`,
      `boot({ snapshot: false })`,
      `process.exit(console.log(JSON.stringify(said)))`,
    );
    assert.deepEqual(said, [
      null,
      null,
      "ConfigError: Python is running already, with another runtimeURL; call configure() before the first call, or shutdown() first",
      "ConfigError: Python is running already, with another snapshot; call boot() before the first call, or shutdown() first",
    ]);
  });
});
