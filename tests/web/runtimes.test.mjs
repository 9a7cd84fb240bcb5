// The packed package in Deno and Bun, where they are installed: on the PATH, by `make test-edge`, or where DENO_BIN and BUN_BIN say.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { installPackage, output, runtime } from "./installed.mjs";
import { startProvider } from "./provider.mjs";
import { findRuntimes } from "./other_runtimes.mjs";

const PROGRAM = (baseURL) => `
  import { boot } from "staysail";
  import { Agent } from "staysail/openai";

  await boot({ runtimeURL: ${JSON.stringify(runtime)} });
  const add = { name: "add", description: "Adds.", parameters: { type: "object" }, execute: ({ a, b }) => ({ sum: a + b }) };
  const agent = new Agent({ apiKey: "k", model: "gpt-4o", baseURL: ${JSON.stringify(baseURL)}, tools: [add] });
  for await (const event of agent.stream("2 + 3?")) {
    if (event.type === "tool_result") console.log(event.text);
    if (event.type === "run_done") console.log(event.reply.text);
  }
  await agent.prompt("Again").catch((error) => console.log(error.name, error.status));
  process.exit();
`;

const RUNTIMES = findRuntimes();

describe("elsewhere than in Node", { skip: RUNTIMES.some(({ command }) => command) ? false : "neither Deno nor Bun is installed" }, () => {
  let project;
  let provider;
  before(async () => {
    [project, provider] = await Promise.all([installPackage(), startProvider()]);
  });
  after(async () => {
    provider?.stop();
    await project?.remove();
  });

  for (const { name, args, command } of RUNTIMES) {
    test(`an agent calls a tool, answers and fails in ${name}`, { skip: command ? false : `${name} is not installed` }, async () => {
      const box = await provider.box(
        { tool_calls: [{ name: "add", arguments: { a: 2, b: 3 } }] },
        { text: "That makes 5." },
        { status: 401, body: { error: { message: "no such key" } } },
      );
      const file = join(project.folder, `${name}.mjs`);
      await writeFile(file, PROGRAM(box.url));
      const told = await output(command, [...args, file], { cwd: project.folder, env: { PATH: process.env.PATH, HOME: project.folder } });
      assert.equal(told.trim(), '{"sum": 5}\nThat makes 5.\nAuthError 401');
    });
  }
});
