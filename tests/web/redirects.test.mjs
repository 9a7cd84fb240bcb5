// Redirects in Node: a key and a prompt stay with their origin.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { Agent, boot, shutdown } from "../../web/index.js";

const KEY = "sk-redirected-0123456789";
const ANSWER = JSON.stringify({ choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Here." } }] });

/** A server that redirects every old path, and answers every new one. */
async function start(location) {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push(request);
    if (request.url.includes("/new/")) return response.writeHead(200, { "content-type": "application/json" }).end(ANSWER);
    response.writeHead(Number(request.url.split("/")[1]), { location: `${location ?? ""}/new/chat/completions` }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, seen, url: `http://127.0.0.1:${server.address().port}` };
}

const elsewhere = await start();
const here = await start();
const away = await start(elsewhere.url);
before(() => boot({ runtimeURL: new URL("../../wheels/", import.meta.url) }));
after(() => {
  for (const { server } of [elsewhere, here, away]) server.close();
  shutdown();
});

const ask = (url) => new Agent({ model: "openai-chat:m", apiKey: KEY, baseURL: url, retry: false }).prompt("secret plans");

for (const status of [307, 308]) {
  test(`a call follows a ${status} within its origin`, async () => {
    assert.equal(await ask(`${here.url}/${status}/v1`), "Here.");
    assert.equal(here.seen.at(-1).headers.authorization, `Bearer ${KEY}`);
    assert.equal(here.seen.at(-1).method, "POST");
  });
}

for (const status of [301, 302, 303]) {
  test(`a ${status}, by which a POST loses its body, says the new address`, async () => {
    await assert.rejects(ask(`${here.url}/${status}/v1`), {
      name: "NetworkError",
      code: "redirect",
      message: new RegExp(`${here.url}/new/chat/completions`),
    });
  });
}

for (const status of [301, 302, 303, 307, 308]) {
  test(`neither key nor prompt follow a ${status} to another origin`, async () => {
    await assert.rejects(ask(`${away.url}/${status}/v1`), (error) => {
      assert.deepEqual([error.name, error.code], ["NetworkError", "redirect"]);
      assert.ok(error.message.includes(away.url) && error.message.includes(elsewhere.url), error.message);
      return true;
    });
    assert.deepEqual(elsewhere.seen, []);
  });
}
