// Eight programs written for rig-wasm, as they stand but for the package's name, as a user runs them: installed from a folder, by Node; but with
// the runtime and the snapshot of wheels/.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, mkdir, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startProvider } from "./provider.mjs";

const web = fileURLToPath(new URL("../../web/", import.meta.url));
const seeds = new URL("./seeds/", import.meta.url);
const withRuntime = new URL("with-runtime.mjs", import.meta.url).href;
const ts = createRequire(`${web}package.json`)("typescript");

let provider;
let folder;
before(async () => {
  provider = await startProvider();
  folder = await mkdtemp(join(tmpdir(), "staysail-seeds-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(web, join(folder, "node_modules", "staysail"));
  for (const name of await readdir(seeds)) {
    const source = await readFile(new URL(name, seeds), "utf8");
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: "ESNext", target: "ES2022", verbatimModuleSyntax: true },
    });
    await writeFile(join(folder, name.replace(".ts", ".mjs")), outputText);
  }
});
after(async () => {
  provider.stop();
  await rm(folder, { recursive: true });
});

/** Runs programs in one process, as imports of one module, until nothing is left to do. */
async function run(names, environment) {
  const entry = join(folder, "entry.mjs");
  await writeFile(entry, names.map((name) => `import "./${name}.mjs";`).join("\n"));
  const child = spawn(process.execPath, ["--import", withRuntime, entry], {
    cwd: folder,
    env: { ...process.env, OPENAI_API_KEY: "sk-test", ...environment },
  });
  let output = "";
  child.stdout.on("data", (data) => (output += data));
  child.stderr.on("data", (data) => (output += data));
  const [code] = await once(child, "exit");
  assert.equal(code, 0, output);
  return output;
}

const embedding = (text, vector, more = {}) => ({
  if: `"${text}"`,
  body: { data: [{ index: 0, embedding: vector }], usage: { total_tokens: 3 } },
  ...more,
});

test("agents, tools, streams, conversations, a store of one's own and retries", { timeout: 180_000 }, async () => {
  const documents = ["Rust is a systems", "WebAssembly is a binary", "Machine learning is", "The Rust programming", "WebAssembly enables"];
  const question = "What can you tell me about Rust and WebAssembly?";
  const box = await provider.box(
    ...documents.map((start, n) => ({ if: start, body: { data: [{ index: 0, embedding: [Number(n !== 2), n / 10, 1] }] } })),
    { if: question, body: { data: [{ index: 0, embedding: [1, 0, 0] }] } },
    { if: question, text: "Rust is fast." },
    { if: "Lorem Ipsum", text: "Lorem ipsum dolor." },
    { if: "function_call_output", text: "The number is 5325." },
    { if: "increment the counter", tool_calls: [{ name: "counter", arguments: {} }] },
    { if: "robot learning", text: "A robot painted a boat." },
    { if: "basic concepts", text: "Start with ownership." },
    { if: "learning Rust", text: "Of course." },
    { if: "resilience", status: 500, body: { error: { message: "server error" } }, times: 4 },
    { if: "resilience", text: "Bend, not break." },
  );
  const names = ["1-basic-agent", "2-agent-with-tools", "3-streaming", "5-multi-turn-chat", "7-custom-vector-store", "8-retries"];
  const output = await run(names, { STAYSAIL_OPENAI_BASE_URL: box.url });
  for (const line of [
    "Response: Lorem ipsum dolor.",
    "Response: The number is 5325.",
    "Complete story: A robot painted a boat.",
    "First response: Of course.",
    "Second response: Start with ownership.",
    "Response: Rust is fast.",
    "Attempt 1 failed: ",
    "Response: Bend, not break.",
  ])
    assert.ok(output.includes(line), `${line}\n--\n${output}`);
  assert.ok(!/^(Final )?[Ee]rror:/m.test(output), output);
  const bodies = (await box.seen()).map((request) => request.json);
  const counted = bodies.flatMap((body) => body.input).find((item) => item.type === "function_call_output");
  assert.equal(counted.output, '{"result": 5325}');
  const asked = bodies.find((body) => body.model === "gpt-4o" && JSON.stringify(body).includes(question));
  assert.ok(JSON.stringify(asked).includes("Rust is a systems") && !JSON.stringify(asked).includes("Machine learning is"));
  assert.equal(bodies.find((body) => JSON.stringify(body).includes("basic concepts")).input.length, 3);
});

test("custom tools take their arguments apart", { timeout: 120_000 }, async () => {
  const box = await provider.box(
    {
      tool_calls: [
        { name: "calculator", arguments: { operation: "multiply", a: 15, b: 23 } },
        { name: "weather", arguments: { location: "Tokyo" } },
        { name: "calculator", arguments: { operation: "divide", a: 1, b: 0 } },
      ],
    },
    { text: "345, and sunny." },
  );
  const output = await run(["6-custom-tools"], { STAYSAIL_OPENAI_BASE_URL: box.url });
  assert.match(output, /Response: 345, and sunny\./);
  const results = (await box.seen())[1].json.input.filter((item) => item.type === "function_call_output").map((item) => item.output);
  assert.equal(results[0], '{"result": 345}');
  assert.equal(JSON.parse(results[1]).location, "Tokyo");
  assert.match(results[2], /Division by zero/);
});

test("embeddings go into Qdrant", { timeout: 120_000 }, async (t) => {
  const asked = [];
  const qdrant = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    asked.push([request.method, request.url, body && JSON.parse(body)]);
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ result: request.url.endsWith("/exists") ? { exists: false } : { status: "acknowledged" }, status: "ok" }),
    );
  });
  qdrant.listen(6333, "127.0.0.1"); // the program names this port
  try {
    await once(qdrant, "listening");
  } catch (error) {
    return t.skip(`port 6333 is taken: ${error.message}`);
  }
  const vector = Array.from({ length: 1536 }, (_, n) => n / 1536);
  const box = await provider.box(embedding("hello world!", vector), {
    body: { data: [0, 1, 2].map((index) => ({ index, embedding: vector })) },
  });
  const output = await run(["4-embeddings-and-qdrant"], { STAYSAIL_OPENAI_BASE_URL: box.url });
  qdrant.close();
  for (const line of [
    "Embedding length: 1536",
    "Embedded text: hello world!",
    "Generated 3 embeddings",
    "Document successfully inserted",
  ]) {
    assert.ok(output.includes(line), output);
  }
  assert.deepEqual(
    asked.map(([method, path]) => `${method} ${path}`),
    ["GET /collections/test_collection/exists", "PUT /collections/test_collection", "PUT /collections/test_collection/points?wait=true"],
  );
  assert.deepEqual(asked[1][2], { vectors: { size: 1536, distance: "Cosine" } });
  assert.deepEqual(asked[2][2].points[0].payload, { document: "hello world!" });
  assert.equal(asked[2][2].points[0].vector.length, 1536);
});
