// The examples of examples/frameworks that run in Node, as they stand.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { handlerFor } from "../../examples/frameworks/deep-chat/handler.mjs";
import { Agent, configure } from "../../web/index.js";
import { startProvider } from "../web/provider.mjs";

const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
let provider, project;
before(async () => {
  provider = await startProvider();
  project = await mkdtemp(join(tmpdir(), "staysail-ecosystem-"));
  await cp(path("../../examples/frameworks/ag-ui"), project, { recursive: true });
  await cp(path("package.json"), join(project, "package.json"));
  await symlink(path("node_modules"), join(project, "node_modules"), "dir");
});
after(async () => {
  provider.stop();
  await rm(project, { recursive: true, force: true });
});

test("a client of AG-UI streams, and runs a tool of the page", async () => {
  const box = await provider.box(
    { text: "At once.", tool_calls: [{ name: "paint", arguments: { colour: "blue" } }] },
    { text: "It is blue." },
  );
  const env = { ...process.env, OPENAI_API_KEY: "k", STAYSAIL_OPENAI_BASE_URL: box.url };
  const loader = path("with-staysail.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", loader, join(project, "client.mjs")], {
    env,
    timeout: 120_000,
  });
  assert.match(stdout, /^At once\.paint blue\nIt is blue\.\n$/);
  assert.match(JSON.stringify((await box.seen())[1].json.input), /painted/);
});

test("a handler of deep-chat streams an answer to a conversation, and tells an error", async () => {
  configure({ runtimeURL: new URL("../../wheels/", import.meta.url) });
  const box = await provider.box({ text: "Ada." }, { status: 401, body: { error: { message: "bad key" } } });
  const handler = handlerFor(new Agent({ model: "openai:gpt-4o", apiKey: "k", baseURL: box.url, retry: false }));
  const told = [];
  const signals = {
    stopClicked: {},
    onOpen: () => told.push("open"),
    onClose: () => told.push("close"),
    onResponse: async (said) => void told.push(said),
  };
  const messages = ["I am Ada.", "Hello, Ada.", "Who am I?"].map((text, at) => ({ role: at % 2 ? "ai" : "user", text }));
  await handler({ messages }, signals);
  assert.deepEqual(
    [
      told[0],
      told.at(-1),
      told
        .slice(1, -1)
        .map(({ text }) => text)
        .join(""),
    ],
    ["open", "close", "Ada."],
  );
  assert.match(JSON.stringify((await box.seen())[0].json.input), /I am Ada.*Hello, Ada.*Who am I/);
  await handler({ messages }, signals);
  assert.match(told.at(-2).error, /bad key/);
});
