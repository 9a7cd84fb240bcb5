// Every example of examples/web that runs in Node, run as it stands against the test server: one after another in one process, which ends by
// itself; with STAYSAIL_EVERY=1 also each in its own.

import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { EXAMPLES } from "./examples.mjs";
import { lend, output, web } from "./installed.mjs";
import { startServers } from "./mcp_servers.mjs";
import { findRuntimes } from "./other_runtimes.mjs";
import { startProvider } from "./provider.mjs";

/** The examples beside a node_modules that holds the package and zod, as a project of their own has them. */
const examples = fileURLToPath(new URL("../../examples/web/", import.meta.url));
const project = await mkdtemp(join(tmpdir(), "staysail-examples-"));
const folder = `${project}/`;
const runner = fileURLToPath(new URL("run_examples.mjs", import.meta.url));
const withRuntime = new URL("with-runtime.mjs", import.meta.url).href;

let provider, servers;
before(async () => {
  await cp(examples, project, { recursive: true });
  await mkdir(join(project, "node_modules"));
  await symlink(web, join(project, "node_modules/staysail"), "dir");
  await lend(project, ["zod"]);
  [provider, servers] = await Promise.all([startProvider(), startServers()]);
});
after(async () => {
  await rm(project, { recursive: true, force: true });
  provider.stop();
  servers.stop();
});

const environment = { PATH: process.env.PATH, OPENAI_API_KEY: "sk-example" };

async function judge(name, told, box) {
  const { answers, prints, check } = EXAMPLES[name];
  assert.match(told, prints);
  check(await box.seen(answers.length, answers.length));
}

describe("examples/web", () => {
  const names = Object.keys(EXAMPLES);
  const boxes = {};
  let told;
  before(async () => {
    for (const name of names) boxes[name] = await provider.box(...EXAMPLES[name].answers);
    const files = names.flatMap((name) => [folder + name, boxes[name].url]);
    told = (await output(process.execPath, [runner, ...files], { env: { ...environment, MCP_URL: servers.newer } })).split("\0");
  });

  for (const [at, name] of names.entries()) {
    test(basename(name, ".mjs"), async () => {
      assert.equal(told[2 * at + 1], "");
      await judge(name, told[2 * at], boxes[name]);
    });
  }

  test("each file for Node is run here", async () => {
    assert.deepEqual((await readdir(examples)).filter((name) => name.endsWith(".mjs")).sort(), names.sort());
  });
});

describe("examples/web, each by itself", { skip: !process.env.STAYSAIL_EVERY, concurrency: 2 }, () => {
  for (const [name, { answers }] of Object.entries(EXAMPLES)) {
    test(basename(name, ".mjs"), async () => {
      const box = await provider.box(...answers);
      const env = { ...environment, STAYSAIL_OPENAI_BASE_URL: box.url, SERVER_URL: box.url, MCP_URL: servers.newer };
      await judge(name, await output(process.execPath, ["--import", withRuntime, folder + name], { env }), box);
    });
  }
});

for (const { name: runtime, args, command } of findRuntimes()) {
  const skip = process.env.STAYSAIL_EVERY && command ? false : `${runtime}: make test-edge runs it`;
  describe(`examples/web in ${runtime}, one after another`, { skip }, () => {
    const names = Object.keys(EXAMPLES);
    const boxes = {};
    let told;
    before(async () => {
      for (const name of names) boxes[name] = await provider.box(...EXAMPLES[name].answers);
      const files = names.flatMap((name) => [folder + name, boxes[name].url]);
      const env = { ...environment, HOME: project, NO_COLOR: "1", MCP_URL: servers.newer };
      told = (await output(command, [...args, runner, ...files], { env })).split("\0");
    });
    for (const [at, name] of names.entries()) {
      test(basename(name, ".mjs"), async () => {
        assert.equal(told[2 * at + 1], "");
        await judge(name, told[2 * at], boxes[name]);
      });
    }
  });
}
