// ToolFS from JavaScript, in Node: files, sessions, memory, snapshots, audit, plugins, and agents that work in it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { ConfigError, ToolFSError, shutdown } from "../../web/index.js";
import { IndexedDBVectorStore } from "../../web/stores/indexed-db-store.js";
import * as openai from "../../web/providers/openai.js";
import { ToolFS } from "../../web/toolfs.js";
import { provider } from "./setup.mjs";

const ALL = { "/toolfs": "*" };

async function opened(options = {}) {
  const toolfs = await ToolFS.open({ mounts: { "/toolfs/data": {} }, ...options });
  return { toolfs, me: toolfs.session({ name: "me", paths: ALL }) };
}

test("files are text or bytes", async () => {
  const { toolfs, me } = await opened({ mounts: { "/toolfs/data": {}, "/toolfs/scratch": { kind: "memory", quotaBytes: 1000 } } });
  const entry = await toolfs.write("/toolfs/data/a/é.txt", "sails\n", me, { ifHash: "" });
  assert.deepEqual([entry.path, entry.kind, entry.sizeBytes, entry.hash.length], ["/toolfs/data/a/é.txt", "file", 7 - 1, 64]);
  await toolfs.append("/toolfs/data/a/é.txt", "keel", me);
  assert.equal(await toolfs.readText("/toolfs/data/a/é.txt", me), "sails\nkeel");
  const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => at);
  await toolfs.write("/toolfs/data/b.bin", bytes, me);
  assert.deepEqual(await toolfs.read("/toolfs/data/b.bin", me), bytes);
  assert.deepEqual(
    (await toolfs.list("/toolfs/data", me)).map(({ name, kind }) => [name, kind]),
    [
      ["a", "directory"],
      ["b.bin", "file"],
    ],
  );
  assert.equal((await toolfs.rename("/toolfs/data/b.bin", "/toolfs/data/c/b.bin", me)).path, "/toolfs/data/c/b.bin");
  assert.equal((await toolfs.mkdir("/toolfs/data/d", me)).kind, "directory");
  assert.equal((await toolfs.stat("/toolfs/data/c", me)).kind, "directory");
  await toolfs.delete("/toolfs/data/c", me, { recursive: true });
  assert.equal(await toolfs.exists("/toolfs/data/c/b.bin", me), false);
  await assert.rejects(toolfs.write("/toolfs/data/a/é.txt", "x", me, { ifHash: "" }), { name: "ToolFSError", code: "changed" });
  await assert.rejects(
    toolfs.readText("/toolfs/data/none", me),
    (error) => error instanceof ToolFSError && error.code === "not_found" && error.path === "/toolfs/data/none",
  );
  await assert.rejects(toolfs.write("/toolfs/scratch/x", "x".repeat(2000), me), { name: "QuotaError" });
  await toolfs.unmount("/toolfs/scratch");
  await assert.rejects(toolfs.list("/toolfs/scratch", me), { code: "not_found" });
  await toolfs.close();
  await assert.rejects(toolfs.list("/toolfs", me), { name: "ConfigError", message: /closed/ });
});

test("a session may do what it was granted, and no more of it than that", async () => {
  const { toolfs, me } = await opened();
  await toolfs.write("/toolfs/data/open/f", "1", me);
  await toolfs.write("/toolfs/data/opened", "2", me);
  const narrow = toolfs.session({ name: "narrow", paths: { "/toolfs/data/open": "read" }, calls: 3 });
  assert.equal(await toolfs.readText("/toolfs/data/open/f", narrow), "1");
  for (const path of ["/toolfs/data/opened", "/toolfs/data/open/../opened"])
    await assert.rejects(toolfs.read(path, narrow), { code: "refused" });
  await assert.rejects(toolfs.read("/toolfs/data/open/f", narrow), { code: "limit" });
  assert.throws(() => toolfs.session({ name: "x", path: ALL }), ConfigError);
  assert.throws(() => toolfs.session({}), ConfigError);
  await assert.rejects(toolfs.read("/toolfs/data/open/f"), ConfigError);
  await assert.rejects(toolfs.list("/toolfs", toolfs.session({ name: "x", paths: { "/toolfs": "fly" } })), {
    name: "ConfigError",
    message: /fly/,
  });
  await assert.rejects(ToolFS.open({ mount: {} }), ConfigError);
  const records = (await toolfs.audit.records()).filter(({ session }) => session === "narrow");
  assert.deepEqual(
    records.map(({ decision }) => decision),
    ["allowed", "refused", "refused", "refused"],
  );
  assert.deepEqual(await toolfs.audit.verify(), []);
  assert.equal((await toolfs.audit.export()).trim().split("\n").length, (await toolfs.audit.records()).length);
});

test("memory, skills and retrieval", async () => {
  const searchIndex = { topN: ({ query, samples }) => [[0.9, "k", { text: `about ${query}`, metadata: { page: 2 } }]].slice(0, samples) };
  const embedder = {
    embedTexts: async (texts) => texts.map((text) => ({ vec: [text.includes("boat") || text.includes("ship") ? 1 : 0, 1] })),
  };
  const { toolfs, me } = await opened({ searchIndex, embedder });
  await toolfs.memory.write("the ship is red", me, { id: "colour", metadata: { firstSeen: 1 } });
  await toolfs.memory.write("tea at five", me);
  const entry = await toolfs.memory.read("colour", me);
  assert.deepEqual(
    [entry.id, entry.content, entry.metadata, typeof entry.createdAt],
    ["colour", "the ship is red", { firstSeen: 1 }, "string"],
  );
  assert.equal((await toolfs.memory.search("boat", me, { topK: 1 })).results[0].id, "colour");
  assert.equal((await toolfs.memory.list(me)).length, 2);
  await toolfs.memory.delete("colour", me);
  const found = await toolfs.searchRag("a + b & c", me, { topK: 3 });
  assert.deepEqual(found, {
    query: "a + b & c",
    topK: 3,
    results: [{ id: "k", content: "about a + b & c", score: 0.9, metadata: { page: 2 } }],
  });
  await toolfs.write("/toolfs/skills/knots/SKILL.md", "---\nname: knots\ndescription: Ties knots\n---\nTie a bowline.\n", me);
  await toolfs.write("/toolfs/skills/knots/references/all.md", "x", me);
  assert.deepEqual(
    (await toolfs.skills.list(me)).map(({ name, body }) => [name, body]),
    [["knots", ""]],
  );
  const skill = await toolfs.skills.load("knots", me);
  assert.deepEqual([skill.body.trim(), skill.references], ["Tie a bowline.", ["/toolfs/skills/knots/references/all.md"]]);
});

test("snapshots go back exactly, branch, and cross as one file", async () => {
  const kept = { value: "one" };
  const searchIndex = {
    search: () => [],
    export: async () => new TextEncoder().encode(kept.value),
    import: async (data) => void (kept.value = new TextDecoder().decode(data)),
  };
  const { toolfs, me } = await opened({ searchIndex });
  await toolfs.write("/toolfs/data/a", "1", me);
  const one = await toolfs.snapshots.create(me, { name: "one" });
  assert.deepEqual([one.name, one.files, one.sizeBytes, Object.keys(one.trees).includes("/toolfs/data")], ["one", 1, 1, true]);
  await toolfs.write("/toolfs/data/a", "2", me);
  await toolfs.write("/toolfs/data/b", "new", me);
  kept.value = "two";
  assert.deepEqual(await toolfs.snapshots.diff("one", null, me), {
    added: ["/toolfs/data/b"],
    removed: [],
    changed: ["/toolfs/data/a"],
    states: ["rag"],
  });
  await toolfs.snapshots.create(me, { name: "two" });
  assert.deepEqual((await toolfs.snapshots.diff("two", "one", me)).removed, ["/toolfs/data/b"]);
  await toolfs.snapshots.rollback("one", me);
  assert.deepEqual(
    [await toolfs.readText("/toolfs/data/a", me), await toolfs.exists("/toolfs/data/b", me), kept.value],
    ["1", false, "one"],
  );
  assert.equal((await toolfs.snapshots.branch("one", "aside", me)).parent, one.id);
  const file = await toolfs.snapshots.export("two", me);
  assert.deepEqual((await toolfs.snapshots.list(me)).map(({ name }) => name).sort(), ["aside", "one", "two"]);
  await toolfs.snapshots.delete("two", me);
  const { toolfs: other, me: they } = await opened();
  assert.equal((await other.snapshots.import(file, they)).name, "two");
  await other.snapshots.rollback("two", they);
  assert.equal(await other.readText("/toolfs/data/b", they), "new");
});

test("a vector store of staysail's is searched by meaning, and goes back with a snapshot exactly", async () => {
  const embedder = (texts) => texts.map((text) => [text.includes("sail") ? 1 : 0, text.includes("keel") ? 1 : 0, 0.1]);
  const store = new IndexedDBVectorStore(":memory:", { embedder });
  await store.add([
    { id: "s", text: "red sails" },
    { id: "k", text: "the keel" },
  ]);
  const { toolfs, me } = await opened({ searchIndex: store });
  assert.deepEqual(
    (await toolfs.searchRag("a sail", me, { topK: 1 })).results.map(({ id, content }) => [id, content]),
    [["s", "red sails"]],
  );
  await toolfs.snapshots.create(me, { name: "before" });
  await store.upsert([
    { id: "s", text: "changed keel" },
    { id: "n", text: "new" },
  ]);
  assert.deepEqual((await toolfs.snapshots.diff("before", null, me)).states, ["rag"]);
  await toolfs.snapshots.rollback("before", me);
  assert.deepEqual((await toolfs.snapshots.diff("before", null, me)).states, []);
  assert.equal(await store.count(), 2);
  assert.equal((await toolfs.searchRag("a sail", me)).results[0].content, "red sails");
});

test("several operations are one request", async () => {
  const { toolfs, me } = await opened();
  const results = await toolfs.run(
    [
      { type: "write_file", path: "/toolfs/data/a", content: "1" },
      { type: "read_file", path: "/toolfs/data/../../etc" },
      { type: "list_dir", path: "/toolfs/data" },
      { type: "search_memory", query: "x" },
    ],
    me,
  );
  assert.deepEqual(
    results.map(({ type, success }) => [type, success]),
    [
      ["file", true],
      ["file", false],
      ["file", true],
      ["memory", true],
    ],
  );
  assert.equal(results[2].content, "a");
});

const PLUGIN = `
class Plugin:
    name, version = "upper", "2"
    skill_document = "---\\nname: upper\\ndescription: Shouts\\n---\\n"
    operations = {"shout": {"description": "In capitals.", "parameters": {"type": "object", "properties": {"path": {"type": "string"}}}}}
    async def execute(self, request, files):
        return {"success": True, "result": (await files.read(request["path"])).decode().upper()}
`;

test("a plugin does what it was granted, and is a tool", async () => {
  const { toolfs, me } = await opened();
  await toolfs.write("/toolfs/data/in/a", "quiet", me);
  await toolfs.write("/toolfs/data/b", "secret", me);
  const installed = await toolfs.plugins.install({ source: PLUGIN, grant: { paths: { "/toolfs/data/in": "read" } }, timeoutMs: 2000 });
  assert.deepEqual([installed.name, installed.version, installed.kind, installed.timeoutS], ["upper", "2", "python", 2]);
  assert.deepEqual(installed.grant.paths, { "/toolfs/data/in": ["read"] });
  assert.deepEqual(await toolfs.execute("upper", { operation: "shout", path: "/toolfs/data/in/a" }, me), {
    success: true,
    result: "QUIET",
  });
  const refused = await toolfs.execute("upper", { operation: "shout", path: "/toolfs/data/b" }, me);
  assert.match(refused.error, /may not read/);
  const tools = await toolfs.tools(me);
  const shout = tools.find(({ name }) => name === "upper_shout");
  assert.equal(await shout.execute({ path: "/toolfs/data/in/a" }), "QUIET");
  assert.deepEqual(
    (await toolfs.list("/toolfs/plugins", me)).map(({ name }) => name),
    ["upper"],
  );
  await toolfs.plugins.remove("upper");
  assert.deepEqual(await toolfs.plugins.list(), []);
  const source = `export default { name: "lower", version: "1", execute: async ({ path }, files) => ({ success: true, result: await files.read(path, "text") }) }`;
  const script = await toolfs.plugins.install({
    kind: "javascript",
    name: "lower",
    source,
    grant: { paths: { "/toolfs/data/in": "read" } },
  });
  assert.equal(script.kind, "javascript");
  assert.match((await toolfs.execute("lower", { operation: "x", path: "/toolfs/data/b" }, me)).error, /may not read/);
  await toolfs.plugins.remove("lower");
  await assert.rejects(toolfs.plugins.install({ source: "nothing = 1" }), { name: "ConfigError", message: /class Plugin/ });
  await assert.rejects(toolfs.plugins.install({ kind: "fortran", data: new Uint8Array(1) }), { name: "ConfigError", message: /fortran/ });
});

test("an agent works with its tools, under its session", async () => {
  const { toolfs, me } = await opened();
  await toolfs.write("/toolfs/data/plan.txt", "sail east", me);
  const session = toolfs.session({ name: "agent", paths: { "/toolfs/data": "read list", "/toolfs/memory": "read list write" } });
  const tools = await toolfs.tools(session);
  assert.deepEqual(tools.map(({ name }) => name).sort(), [
    "edit_file",
    "list_files",
    "read_file",
    "recall",
    "remember",
    "search_files",
    "write_file",
  ]);
  const call = (name, args) => ({ name, arguments: args });
  const box = await provider.box(
    {
      tool_calls: [
        call("read_file", { path: "/toolfs/data/plan.txt" }),
        call("write_file", { path: "/toolfs/data/plan.txt", content: "west" }),
        call("remember", { content: "heading east" }),
      ],
    },
    { text: "East." },
  );
  const agent = new openai.Agent({ apiKey: "k", model: "gpt-4o", baseURL: box.url, tools });
  const reply = await agent.run("Where to?");
  assert.equal(reply.text, "East.");
  const [read, written] = reply.steps[0].toolResults;
  assert.deepEqual([read.text, written.isError], ["sail east", true]);
  assert.match(written.text, /may not write/);
  assert.equal(await toolfs.readText("/toolfs/data/plan.txt", me), "sail east");
  assert.equal((await toolfs.memory.search("heading", session)).results.length, 1);
});

test("after a crash of Python it is set up again, as it was", async () => {
  const { toolfs, me } = await opened();
  await toolfs.plugins.install({ source: PLUGIN, grant: { paths: ALL } });
  const tools = await toolfs.tools(me);
  shutdown();
  await toolfs.write("/toolfs/data/a", "again", me);
  assert.equal((await toolfs.execute("upper", { operation: "shout", path: "/toolfs/data/a" }, me)).result, "AGAIN");
  assert.equal(await tools.find(({ name }) => name === "read_file").execute({ path: "/toolfs/data/a" }), "again");
});

/** The example plugin, built. */
async function ragModule() {
  const folder = await mkdtemp(join(tmpdir(), "rag-"));
  const root = new URL("../../", import.meta.url);
  const python = new URL(".venv/bin/python", root).pathname;
  execFileSync(python, ["-m", "tools.plugins", "examples/plugins/rag/rag.c", join(folder, "rag.wasm")], { cwd: root });
  const data = readFileSync(join(folder, "rag.wasm"));
  await rm(folder, { recursive: true });
  return new Uint8Array(data);
}

test("a WASM plugin is looked into, installed under a grant, called and ended", async () => {
  const { toolfs, me } = await opened();
  const data = await ragModule();
  const { wasm, sha256 } = await toolfs.plugins.inspect({ kind: "wasm", name: "rag", data });
  assert.deepEqual([wasm.abi, wasm.runs, wasm.needs.files, wasm.needs.network, sha256.length], ["extism", true, true, false, 64]);
  assert.ok(wasm.exports.some(({ name, type }) => name === "execute" && type === "() -> (i32)"));
  await toolfs.write("/toolfs/data/documents.jsonl", `${JSON.stringify({ id: "a", content: "Sails, masts and stays." })}\n`, me);
  const config = { path: "/toolfs/data/documents.jsonl", documents: [{ id: "b", content: "Nothing of it." }] };
  const installed = await toolfs.plugins.install({
    kind: "wasm",
    name: "rag",
    data,
    hash: sha256,
    config,
    grant: { paths: { "/toolfs/data": "read" } },
  });
  assert.deepEqual([installed.kind, installed.version, Object.keys(installed.operations)], ["wasm", "1.0.0", ["search"]]);
  const found = await toolfs.execute("rag", { operation: "search", data: { query: "stays" } }, me);
  assert.deepEqual(
    found.result.results.map(({ id }) => id),
    ["a"],
  );
  const narrow = toolfs.session({ name: "narrow", paths: { "/toolfs/plugins": "execute" } });
  assert.match((await toolfs.execute("rag", { operation: "search", data: { query: "stays" } }, narrow)).error, /may not read/);
  await toolfs.plugins.remove("rag");
  await assert.rejects(toolfs.plugins.install({ kind: "wasm", name: "rag", data, hash: "0".repeat(64) }), {
    name: "ConfigError",
    message: /SHA-256/,
  });
  await toolfs.close();
});

test("a JavaScript plugin runs where it is, or in a worker from its source, with the same contract", async () => {
  const { toolfs, me } = await opened();
  await toolfs.write("/toolfs/data/in/f", "hello", me);
  let said;
  const plugin = {
    name: "here",
    version: "2",
    init: (config) => void ({ said } = config),
    execute: async ({ operation, path }, files) =>
      operation === "list"
        ? { success: true, result: (await files.list(path)).map(({ name }) => name) }
        : { success: true, result: said + new TextDecoder().decode(await files.read(path)) },
  };
  const source = `export default { execute: async ({ path }, files) => ({ success: true, result: (await files.read(path)).length }) }`;
  const grant = { paths: { "/toolfs/data/in": "read list" } };
  assert.equal((await toolfs.plugins.install({ plugin, grant, config: { said: "so: " } })).version, "2");
  await toolfs.plugins.install({ kind: "javascript", name: "apart", source, grant });
  const ask = (name, operation, path) => toolfs.execute(name, { operation, path }, me);
  assert.deepEqual(await ask("here", "read", "/toolfs/data/in/f"), { success: true, result: "so: hello" });
  assert.deepEqual((await ask("here", "list", "/toolfs/data/in")).result, ["f"]);
  assert.deepEqual(await ask("apart", "read", "/toolfs/data/in/f"), { success: true, result: 5 });
  for (const name of ["here", "apart"]) assert.match((await ask(name, "read", "/toolfs/secret")).error, /may not read/);
  await assert.rejects(toolfs.plugins.install({ plugin: { name: "x" } }), { name: "ConfigError", message: /execute/ });
  await toolfs.close();
});
