// The proxy for the edge, in workerd where it is installed (`make test-edge`), and staysail's own ways there.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import proxy from "../../proxy/worker.js";
import { startProvider } from "./provider.mjs";

const workerd = fileURLToPath(new URL("../edge/node_modules/.bin/workerd", import.meta.url));
const ORIGIN = "https://example.org";
const KEY = "sk-edge-secret";

let provider;
before(async () => {
  provider = await startProvider();
});
after(() => provider?.stop());

/** A request of a page. */
const asked = (path, { origin = ORIGIN, method = "POST" } = {}) =>
  new Request(`http://edge.invalid${path}`, {
    method,
    headers: { origin, "content-type": "application/json", "x-other": "1" },
    body: method === "POST" ? JSON.stringify({ model: "m", input: "Hello", stream: true }) : undefined,
  });

const environment = (url) => ({ SITE_ORIGIN: ORIGIN, OPENAI_API_KEY: KEY, OPENAI_ADDRESS: url.replace(/\/v1$/, "") });

describe("the proxy for the edge", () => {
  test("adds the key, passes the stream on, and takes the key out of the answer wherever it is cut", async () => {
    for (const bytes of [1, 3, 7]) {
      const box = await provider.box({ text: `The key is ${KEY}.`, chunk_bytes: bytes });
      const answer = await proxy.fetch(asked("/llm/openai/v1/responses"), environment(box.url));
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("access-control-allow-origin"), ORIGIN);
      const text = await answer.text();
      assert.ok(!text.includes(KEY) && text.includes("[key removed]"), text);
      const [seen] = await box.seen(1, 1);
      assert.equal(seen.headers.authorization, `Bearer ${KEY}`);
      assert.equal(seen.headers["x-other"], undefined);
    }
  });

  test("refuses other origins, paths and methods, and answers preflights", async () => {
    const env = environment("http://127.0.0.1:9/v1");
    assert.equal((await proxy.fetch(asked("/llm/openai/v1/responses", { origin: "https://evil.example" }), env)).status, 403);
    assert.equal((await proxy.fetch(asked("/llm/openai/v1/files"), env)).status, 404);
    assert.equal((await proxy.fetch(asked("/llm/constructor/v1/files"), env)).status, 404);
    assert.equal((await proxy.fetch(asked("/llm/openai/v1/responses", { method: "GET" }), env)).status, 404);
    assert.equal((await proxy.fetch(asked("/llm/openai/v1/responses", { method: "OPTIONS" }), env)).status, 204);
    const limited = { ...env, LIMIT: { limit: async () => ({ success: false }) } };
    assert.equal((await proxy.fetch(asked("/llm/openai/v1/responses"), limited)).status, 429);
  });

  test("takes the key out in base64 and out of headers, and refuses odd headers and a provider without a key", async () => {
    const coded = btoa(KEY).replace(/=+$/, "");
    const box = await provider.box({ text: `Basic ${coded}.`, chunk_bytes: 5 });
    const answer = await proxy.fetch(asked("/llm/openai/v1/responses"), environment(box.url));
    assert.ok(!(await answer.text()).includes(coded));
    const env = environment("http://127.0.0.1:9/v1");
    for (const [name, value] of Object.entries({ accept: "a\tb", "anthropic-beta": "\xe9" })) {
      const request = asked("/llm/openai/v1/responses");
      request.headers.set(name, value);
      assert.equal((await proxy.fetch(request, env)).status, 400);
    }
    assert.equal((await proxy.fetch(asked("/llm/openai/v1/responses"), { ...env, OPENAI_API_KEY: undefined })).status, 404);
    const server = createHttpServer((_, response) => response.writeHead(401, { "x-request-id": `of ${KEY}` }).end(KEY)).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    const echo = await proxy.fetch(asked("/llm/openai/v1/responses"), environment(`http://127.0.0.1:${server.address().port}/v1`));
    assert.ok(!JSON.stringify([...echo.headers]).includes(KEY) && (await echo.text()) === "[key removed]");
    server.close();
  });

  test("runs in workerd", { skip: existsSync(workerd) ? false : "workerd is not installed: make test-edge" }, async () => {
    const box = await provider.box({ text: `The key is ${KEY}.` });
    const folder = await mkdtemp(join(tmpdir(), "staysail-edge-"));
    const port = await freePort();
    await cp(fileURLToPath(new URL("../../proxy/worker.js", import.meta.url)), join(folder, "worker.js"));
    await writeFile(join(folder, "config.capnp"), config(port, environment(box.url)));
    const child = spawn(workerd, ["serve", join(folder, "config.capnp")], { stdio: "inherit" });
    try {
      const url = `http://127.0.0.1:${port}/llm/openai/v1/responses`;
      const request = () =>
        fetch(url, { method: "POST", headers: { origin: ORIGIN, "content-type": "application/json" }, body: '{"stream":true}' });
      let answer;
      for (let tries = 0; !answer && tries < 100; tries++) answer = await request().catch(() => sleep(100));
      assert.equal(answer.status, 200);
      assert.match(await answer.text(), /\[key removed\]/);
    } finally {
      child.kill();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** A free port of this machine. @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** workerd's settings: one worker on a port, which may reach this machine. */
function config(port, env) {
  const bindings = Object.entries(env).map(([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      bindings = [${bindings.join(", ")}],
      compatibilityDate = "2026-11-01",
    )),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`;
}
